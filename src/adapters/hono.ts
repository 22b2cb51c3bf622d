import type { Context, MiddlewareHandler } from "hono";
import { type AnyRouteGuard, admit, type Documented, openToPage, type RequestAuth } from "./admit.ts";

/** The environment of guarded routes: `c.get("auth")` is what the guard verified. */
export type AuthEnv = { readonly Variables: { readonly auth: RequestAuth } };

export type HonoGatehouse = {
  /** Guards what is mounted behind it. `OPTIONS` is answered before any authentication. */
  readonly guard: MiddlewareHandler<AuthEnv>;
  /** The same for single routes: a token without these scopes is answered 403, naming every one that it needs. */
  requireScopes(...needed: readonly string[]): MiddlewareHandler<AuthEnv>;
};

/**
 * Hono middleware for ordinary routes, which are protected as MCP tools are.
 *
 * @param routeGuard what `protect` returned, or `createOAuthServer`
 * @example
 * ```ts
 * import { Hono } from "hono";
 * import { protect } from "mcp-gatehouse";
 * import { gatehouse, metadata } from "mcp-gatehouse/hono";
 *
 * const protection = protect({
 *   issuer: "https://idp.example.com",
 *   audience: "https://api.example.com/todos",
 *   resource: "https://api.example.com/todos",
 * });
 * const { guard, requireScopes } = gatehouse(protection);
 *
 * const app = new Hono()
 *   .use(metadata(protection))
 *   .use("/todos/*", guard)
 *   .get("/todos", (c) => c.json({ of: c.get("auth").person.id }))
 *   .post("/todos", requireScopes("todo:write"), (c) => c.body(null, 201));
 * ```
 */
export function gatehouse(routeGuard: AnyRouteGuard): HonoGatehouse {
  const requireScopes =
    (...needed: readonly string[]): MiddlewareHandler<AuthEnv> =>
    async (c, next) => {
      openToPage(routeGuard, c.req.raw, responseHeaders(c));
      const auth = await admit(routeGuard, c.req.raw, needed);
      if (!("person" in auth)) return auth;
      c.set("auth", auth);
      return next();
    };
  return { guard: requireScopes(), requireScopes };
}

/** Serves the discovery documents of `protect`, wherever they are asked for, and passes everything else on. */
export function metadata({ metadata: documents }: Documented): MiddlewareHandler {
  return async (c, next) => (await documents(c.req.raw)) ?? next();
}

/** Those of the response to come: Hono adds them to whatever a handler or the error handler returns. */
function responseHeaders(c: Context) {
  return {
    get: (name: string) => c.res.headers.get(name),
    set: (name: string, value: string) => c.res.headers.set(name, value),
  };
}
