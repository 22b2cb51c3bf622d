import type { FastifyPluginCallback, FastifyReply, FastifyRequest, onRequestAsyncHookHandler } from "fastify";
import { type AnyRouteGuard, admit, type Documented, openToPage, type RequestAuth } from "./admit.ts";
import { headOf } from "./node.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** What Gatehouse's guard verified, on guarded routes; {@link authOf} returns it or throws. */
    auth?: RequestAuth | null;
  }
}

export type FastifyGatehouse = {
  /**
   * Guards every route of the context that it is registered in. Await it before the routes: those that follow are
   * answered `OPTIONS`, too, before any authentication.
   */
  readonly guard: FastifyPluginCallback;
  /**
   * An `onRequest` hook for single routes: a token without these scopes is answered 403, naming every one that it needs.
   */
  requireScopes(...needed: readonly string[]): onRequestAsyncHookHandler;
};

/**
 * Fastify plugins for ordinary routes, which are protected as MCP tools are.
 *
 * @param routeGuard what `protect` returned, or `createOAuthServer`
 * @example
 * ```ts
 * import fastify from "fastify";
 * import { protect } from "mcp-gatehouse";
 * import { authOf, gatehouse, metadata } from "mcp-gatehouse/fastify";
 *
 * const protection = protect({
 *   issuer: "https://idp.example.com",
 *   audience: "https://api.example.com/todos",
 *   resource: "https://api.example.com/todos",
 * });
 * const { guard, requireScopes } = gatehouse(protection);
 *
 * const app = fastify();
 * await app.register(metadata(protection));
 * await app.register(async (todos) => {
 *   await todos.register(guard);
 *   todos.get("/todos", async (request) => ({ of: authOf(request).person.id }));
 *   todos.post("/todos", { onRequest: requireScopes("todo:write") }, async (_request, reply) => reply.code(201).send());
 * });
 * ```
 */
export function gatehouse(routeGuard: AnyRouteGuard): FastifyGatehouse {
  const requireScopes =
    (...needed: readonly string[]): onRequestAsyncHookHandler =>
    async (request, reply) => {
      const head = headOf(request.raw, request.originalUrl);
      openToPage(routeGuard, head, {
        get: (name) => reply.getHeader(name),
        set: (name, value) => void reply.header(name, value),
      });
      const auth = await admit(routeGuard, head, needed);
      if (!("person" in auth)) return send(auth, reply);
      request.auth = auth;
    };

  const guard: FastifyPluginCallback = (instance, _options, done) => {
    if (!instance.hasRequestDecorator("auth")) instance.decorateRequest("auth", null);
    instance.addHook("onRequest", requireScopes());
    // Fastify runs no hook of a context for a method that has no route in it. The guard answers before this handler.
    instance.addHook("onRoute", function ({ method, url, routePath, constraints = {} }) {
      if ([method].flat().includes("OPTIONS") || this.hasRoute({ method: "OPTIONS", url, constraints }))
        return;
      this.options(routePath, { constraints }, (_request, reply) => reply.code(204).send());
    });
    done();
  };
  return { guard: sameContext(guard), requireScopes };
}

/** Serves the discovery documents of `protect`, wherever they are asked for, and passes everything else on. */
export function metadata({ metadata: documents }: Documented): FastifyPluginCallback {
  return sameContext((instance, _options, done) => {
    instance.addHook("onRequest", async (request, reply) => {
      const document = await documents(headOf(request.raw, request.originalUrl));
      if (document) return send(document, reply);
    });
    done();
  });
}

/**
 * What the guard verified about a request.
 * @throws Error where no guard stands before the route: nobody is then nobody, and never somebody.
 */
export function authOf({ auth }: FastifyRequest): RequestAuth {
  if (!auth) throw new Error("This request did not come through Gatehouse's guard.");
  return auth;
}

async function send(response: Response, reply: FastifyReply): Promise<FastifyReply> {
  return reply
    .code(response.status)
    .headers(Object.fromEntries(response.headers))
    .send(await response.text());
}

/** What a plugin adds belongs to the context that registers it, not to one of its own. */
function sameContext(plugin: FastifyPluginCallback): FastifyPluginCallback {
  return Object.assign(plugin, { [Symbol.for("skip-override")]: true });
}
