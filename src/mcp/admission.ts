import { isJsonContentType } from "@modelcontextprotocol/server";
import type { Auth } from "../core/auth.ts";
import { union } from "../core/scopes.ts";
import { authInfoFor } from "../resource-server/auth-info.ts";
import type { Guard } from "../resource-server/guard.ts";
import { type Accepted, acceptedBy } from "./accepted.ts";
import { readJson } from "./body.ts";
import type { Exchange } from "./exchange.ts";
import { jsonRpcError } from "./json-rpc.ts";
import type { RegistrationView } from "./registrations.ts";
import { neededScopes, onlyReached } from "./step-up.ts";

/** Who asks and for what, or the answer to somebody who may not ask it. */
export type Admit = (request: Request) => Promise<Exchange | Response>;

export type AdmissionParts = {
  readonly guard: Pick<Guard, "identify" | "isOutdated" | "requireScopes">;
  readonly resource: string;
  /** What every request needs. */
  readonly requiredScopes: readonly string[];
  /** What a message can name, with the scopes of each; undefined where an `mcp` factory serves. */
  readonly registrations: RegistrationView | undefined;
};

export function createAdmission({ guard, resource, requiredScopes, registrations }: AdmissionParts): Admit {
  const toAuthInfo = authInfoFor(resource);

  /** What every request needs, and what this one does, in one challenge: whoever steps up does so once. */
  const refuseLesser = (auth: Auth, needed: readonly string[] = []): Response | undefined =>
    guard.requireScopes(auth, needed.length > 0 ? union(requiredScopes, needed) : requiredScopes);

  return async (request) => {
    const identified = await guard.identify(request);
    if (!("person" in identified)) return identified;
    const accepted = acceptedBy(request);
    const read = await readBody(request, accepted);
    if (read instanceof Response) return refuseLesser(identified) ?? read;
    // A body may take its time. Asking again gives the answer that a new request with this token would get.
    const auth = guard.isOutdated(identified) ? await guard.identify(request) : identified;
    if (!("person" in auth)) return auth;
    const { body } = read;
    const refusal = refuseLesser(auth, registrations && neededScopes(body, registrations));
    if (refusal) return refusal;
    const reached = registrations && onlyReached(body, registrations);
    return { request, auth, authInfo: toAuthInfo(auth), accepted, body, reached };
  };
}

/** The body of a POST of JSON, or what is wrong with the request. What is not JSON the SDK refuses by its headers, unread. */
async function readBody(request: Request, accepted: Accepted): Promise<Pick<Exchange, "body"> | Response> {
  const unacceptable = refuseForms(request, accepted);
  if (unacceptable) return unacceptable;
  const { method, headers } = request;
  if (method !== "POST" || !isJsonContentType(headers.get("content-type"))) return { body: undefined };
  const read = await readJson(request);
  switch (read.kind) {
    case "json":
      return { body: read.value };
    case "too large":
      return jsonRpcError(413, -32000, "The body is larger than 4 MB.");
    case "malformed":
      return jsonRpcError(400, -32700, "Parse error: the body is not JSON.");
  }
}

/** A stream is all that a session's GET can be answered with. Without a session the SDK refuses it by its method. */
function refuseForms({ method, headers }: Request, { json, events }: Accepted): Response | undefined {
  if (events || method === "DELETE") return undefined;
  if (method === "POST") return json ? undefined : notAcceptable("application/json or text/event-stream");
  return headers.has("mcp-session-id") ? notAcceptable("text/event-stream") : undefined;
}

function notAcceptable(forms: string): Response {
  return jsonRpcError(406, -32000, `Accept must allow ${forms}.`);
}
