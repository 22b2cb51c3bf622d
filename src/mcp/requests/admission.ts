import type { Auth } from "../../core/auth.ts";
import { union } from "../../core/scopes.ts";
import { authInfoFor } from "../../resource-server/auth-info.ts";
import type { Guard } from "../../resource-server/guard.ts";
import { acceptedBy } from "../messages/accepted.ts";
import { readBody, WITH_TOKEN } from "../messages/request-body.ts";
import type { Registration } from "../tools/registration.ts";
import type { RegistrationView } from "../tools/registrations.ts";
import { challengingTool, type ResultChallenges } from "../tools/result-challenges.ts";
import { calledTool, neededScopes, onlyReached } from "../tools/step-up.ts";
import type { Exchange } from "./exchange.ts";

/** Who asks and for what, or the answer to somebody who may not ask it. */
export type Admit = (request: Request) => Promise<Exchange | Response>;

export type AdmissionParts = {
  readonly guard: Pick<Guard, "identify" | "isOutdated" | "requireScopes">;
  readonly resource: string;
  /** What every request needs. */
  readonly requiredScopes: readonly string[];
  /** What a message can name, with the scopes of each; undefined where an `mcp` factory serves. */
  readonly registrations: RegistrationView | undefined;
  /** The clients that are asked for more by the result of a tool; undefined where there are none. */
  readonly resultChallenges?: ResultChallenges | undefined;
};

export function createAdmission(parts: AdmissionParts): Admit {
  const { guard, resource, requiredScopes, registrations } = parts;
  const toAuthInfo = authInfoFor(resource);

  /** What every request needs, and what this one does, in one challenge: whoever steps up does so once. */
  const refuseLesser = (auth: Auth, needed: readonly string[] = []): Response | undefined =>
    guard.requireScopes(auth, needed.length > 0 ? union(requiredScopes, needed) : requiredScopes);

  return async (request) => {
    const identified = await guard.identify(request);
    if (!("person" in identified)) return identified;
    const accepted = acceptedBy(request);
    const read = await readBody(request, accepted, WITH_TOKEN);
    if (read instanceof Response) return refuseLesser(identified) ?? read;
    // A body may take its time. Asking again gives the answer that a new request with this token would get.
    const auth = guard.isOutdated(identified) ? await guard.identify(request) : identified;
    if (!("person" in auth)) return auth;
    const { body } = read;
    const refusal = refuseLesser(auth, registrations && neededScopes(body, registrations));
    const inResult = refusal && refusalInResult(refusal, request, body, parts);
    if (refusal && !inResult) return refusal;
    const reached = inResult ? [inResult] : registrations && onlyReached(body, registrations);
    return { request, auth, authInfo: toAuthInfo(auth), accepted, body, reached };
  };
}

/** What says the same as the 403 in place of the tool; undefined where the 403 itself does. */
function refusalInResult(
  refusal: Response,
  request: Request,
  body: unknown,
  { registrations, resultChallenges }: AdmissionParts,
): Registration | undefined {
  const challenge = refusal.headers.get("www-authenticate");
  if (!registrations || challenge === null || !resultChallenges?.wantedBy(request, body)) return undefined;
  const tool = calledTool(body, registrations);
  return tool && challengingTool(tool.name, "This tool needs more than was approved.", challenge);
}
