import { union } from "../../core/scopes.ts";
import type { WithoutToken } from "../../resource-server/without-token.ts";
import { jsonRpcError } from "../messages/json-rpc.ts";
import type { Registration } from "../tools/registration.ts";
import type { RegistrationView } from "../tools/registrations.ts";
import { challengingTool, namesNoSession, type ResultChallenges } from "../tools/result-challenges.ts";
import type { SchemesOf } from "../tools/security-schemes.ts";
import { calledTool, onlyReached } from "../tools/step-up.ts";
import { isForAnyone, namesOnlyPublic } from "./messages.ts";

/**
 * What becomes of a request that is not for anyone: an answer, or what stands in for the tool that it calls. Undefined where
 * it is for anyone.
 */
export type RefuseWithoutToken = (request: Request, body: unknown) => Response | Registration | undefined;

/** How people sign in where the first call that needs it asks them to. */
export type SignInAtCall = {
  /** What every request with a token needs. */
  readonly requiredScopes: readonly string[];
  /** Which clients are asked by the result of a tool. */
  readonly resultChallenges: ResultChallenges;
  readonly schemesOf: SchemesOf;
};

/** Leads to a sign-in, the same for what needs one and for what there is not: only tools tell more about themselves. */
export function askingToSignIn(
  registrations: RegistrationView,
  { requiredScopes, resultChallenges }: SignInAtCall,
  withoutToken: Pick<WithoutToken, "challenge" | "challengeInResult">,
): RefuseWithoutToken {
  return (request, body) => {
    // Sessions are people's.
    const isInSession = request.headers.has("mcp-session-id") && !namesNoSession(request);
    if (!isInSession && (body === undefined || isForAnyone(body, registrations))) return undefined;
    const tool = calledTool(body, registrations);
    const needed = union(requiredScopes, tool?.scopes ?? []);
    return tool && resultChallenges.wantedBy(request, body)
      ? challengingTool(tool.name, "Sign in to use this tool.", withoutToken.challengeInResult(needed))
      : withoutToken.challenge(needed);
  };
}

/** Where there is no sign-in. What is not public is unknown here, and the SDK says so of what it looks up. */
export function refusingOthers(registrations: RegistrationView): RefuseWithoutToken {
  return (_request, body) => {
    if (body === undefined || namesOnlyPublic(body, registrations)) return undefined;
    // A single call, prompt or resource gets a server that has nothing. Elsewhere the SDK would find something by itself.
    if (onlyReached(body, registrations) !== undefined) return undefined;
    return jsonRpcError(400, -32602, "There is nothing public by that name.");
  };
}
