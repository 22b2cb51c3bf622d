import type { Auth } from "../core/auth.ts";
import type { GuardedAuthInfo } from "../resource-server/auth-info.ts";
import type { RequestHead } from "../resource-server/guard.ts";

/** What an adapter translates: `protect(…)` is one, and so is every server that `createOAuthServer` makes. */
export type AnyRouteGuard = {
  guard(request: RequestHead, ...needed: readonly string[]): Promise<Auth | Response>;
  requireScopes(
    auth: Auth,
    ...needed: readonly string[]
  ): Response | undefined | Promise<Response | undefined>;
  corsHeaders(request: RequestHead): Readonly<Record<string, string>>;
  authInfo(auth: Auth): GuardedAuthInfo;
};

/** What answers the discovery documents: `protect(…)` does. */
export type Documented = { metadata(request: RequestHead): Promise<Response | undefined> };

/** What a handler finds: what the guard verified. The SDK takes it as the `authInfo` of a request, too. */
export type RequestAuth = Auth & GuardedAuthInfo;

/** Somebody, or the answer to send instead. Each request gets an object of its own: what is written into it stays there. */
export async function admit(
  routeGuard: AnyRouteGuard,
  request: RequestHead,
  needed: readonly string[],
): Promise<RequestAuth | Response> {
  const auth = await routeGuard.guard(request, ...needed);
  // Not `instanceof Response`: listeners replace the global one, and whoever is not known to be somebody stays out.
  if (!("person" in auth)) return auth;
  // Once more: a guard that somebody wrapped may not pass on what is needed.
  const refusal = await routeGuard.requireScopes(auth, ...needed);
  return refusal ?? { ...auth, ...routeGuard.authInfo(auth) };
}

/** The headers of a framework's response. */
type ResponseHeaders = {
  get(name: string): unknown;
  set(name: string, value: string): void;
};

/** Lets the page that asks read the answer, unless the application's own CORS middleware has spoken. */
export function openToPage(routeGuard: AnyRouteGuard, request: RequestHead, headers: ResponseHeaders): void {
  if (request.headers.get("origin") === null || headers.get("access-control-allow-origin")) return;
  for (const [name, value] of Object.entries(routeGuard.corsHeaders(request))) {
    // A list, which others may have begun.
    const before = name === "Vary" ? headers.get(name) : undefined;
    headers.set(name, before ? `${before}, ${value}` : value);
  }
}
