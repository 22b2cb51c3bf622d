import type { Auth } from "../core/auth.ts";
import { type ScopeCatalogue, union } from "../core/scopes.ts";
import { type CorsPolicy, corsHeaders, preflight } from "../http/cors.ts";
import type { AdmissionLog } from "./admission-log.ts";
import { authInfoFor, type GuardedAuthInfo } from "./auth-info.ts";
import type { Guard, RequestHead } from "./guard.ts";

/** The guard as routes need it that are not ours: in front of any handler, in any framework. */
export type RouteGuard = {
  /**
   * Who a request comes from, or the answer to send instead. `OPTIONS` is answered before any authentication: a
   * preflight carries none. Reads the head of a request, never its body.
   * @param needed scopes that this request needs, beside the ones that every request does
   */
  guard(request: RequestHead, ...needed: readonly string[]): Promise<Auth | Response>;
  /** The 403 that names every scope this operation needs, or undefined where the token has them. */
  requireScopes(auth: Auth, ...needed: readonly string[]): Response | undefined;
  /** What to add to every answer, refusals too, so that the browser page that asked may read it (Fetch §3.2). */
  corsHeaders(request: RequestHead): Readonly<Record<string, string>>;
  /**
   * The `authInfo` that a handler of the official SDK takes, such as `createMcpHandler(…).fetch(request, { authInfo })`;
   * `authOf(context)` in its tools then tells who is calling.
   */
  authInfo(auth: Auth): GuardedAuthInfo;
};

export type RouteGuardOptions = {
  readonly catalogue: Pick<ScopeCatalogue, "required">;
  readonly cors: CorsPolicy;
  readonly resource: string;
  /** Says who was let in, where that is wanted. */
  readonly logAdmission: AdmissionLog | undefined;
};

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

export function createRouteGuard(
  guard: Guard,
  { catalogue, cors, resource, logAdmission }: RouteGuardOptions,
): RouteGuard {
  const logged = async (request: RequestHead, answer: Promise<Auth | Response>): Promise<Auth | Response> => {
    const auth = await answer;
    // Not `instanceof Response`: listeners replace the global one.
    if ("person" in auth) {
      // A query may hold what nobody should read.
      logAdmission?.(auth, { method: request.method, path: URL.parse(request.url)?.pathname });
    }
    return auth;
  };
  return {
    async guard(request, ...needed) {
      if (request.method === "OPTIONS") return preflight(request, cors, METHODS);
      const answer = guard(request, ...needed);
      return logAdmission ? logged(request, answer) : answer;
    },
    requireScopes: (auth, ...needed) => guard.requireScopes(auth, union(catalogue.required, needed)),
    corsHeaders: (request) => corsHeaders(request, cors),
    authInfo: authInfoFor(resource),
  };
}
