import { getRequestListener } from "@hono/node-server";
import type { Request as ExpressRequest, Response as ExpressResponse, RequestHandler } from "express";
import { type AnyRouteGuard, admit, type Documented, openToPage, type RequestAuth } from "./admit.ts";
import { headOf, parsedBodyOf } from "./node.ts";

declare global {
  namespace Express {
    interface Request {
      /** What Gatehouse's guard verified, on guarded routes; {@link authOf} returns it or throws. */
      auth?: RequestAuth;
    }
  }
}

export type ExpressGatehouse = {
  /** Guards what is mounted behind it. `OPTIONS` is answered before any authentication. */
  readonly guard: RequestHandler;
  /** The same for single routes: a token without these scopes is answered 403, naming every one that it needs. */
  requireScopes(...needed: readonly string[]): RequestHandler;
};

/**
 * Express middleware for ordinary routes, which are protected as MCP tools are.
 *
 * @param routeGuard what `protect` returned, or `createOAuthServer`
 * @example
 * ```ts
 * import express from "express";
 * import { protect } from "mcp-gatehouse";
 * import { authOf, gatehouse, metadata } from "mcp-gatehouse/express";
 *
 * const protection = protect({
 *   issuer: "https://idp.example.com",
 *   audience: "https://api.example.com/todos",
 *   resource: "https://api.example.com/todos",
 * });
 * const { guard, requireScopes } = gatehouse(protection);
 *
 * const app = express();
 * app.use(metadata(protection));
 * app.use("/todos", guard);
 * app.get("/todos", (req, res) => void res.json({ of: authOf(req).person.id }));
 * app.post("/todos", requireScopes("todo:write"), (_req, res) => void res.status(201).end());
 * ```
 */
export function gatehouse(routeGuard: AnyRouteGuard): ExpressGatehouse {
  const requireScopes =
    (...needed: readonly string[]): RequestHandler =>
    async (req, res, next) => {
      const head = headOf(req, req.originalUrl);
      openToPage(routeGuard, head, {
        get: (name) => res.getHeader(name),
        set: (name, value) => res.set(name, value),
      });
      const auth = await admit(routeGuard, head, needed);
      if (!("person" in auth)) return send(auth, res);
      req.auth = auth;
      next();
    };
  return { guard: requireScopes(), requireScopes };
}

/** Serves the discovery documents of `protect`, wherever they are asked for, and passes everything else on. */
export function metadata({ metadata: documents }: Documented): RequestHandler {
  return async (req, res, next) => {
    const document = await documents(headOf(req, req.originalUrl));
    if (!document) return next();
    await send(document, res);
  };
}

/** A server of `createOAuthServer`: signing in, tokens, discovery and MCP. */
export type Mountable = {
  fetch(request: Request, connection: { readonly address: string | undefined }): Promise<Response>;
};

/**
 * Serves a server of `createOAuthServer` inside an Express application, with its body parsers before it or without.
 * Where it is mounted below a path, as in `app.use("/app", mount(server))`, `publicUrl` ends with that path.
 *
 * @example
 * ```ts
 * import express from "express";
 * import { createOAuthServer } from "mcp-gatehouse";
 * import { mount } from "mcp-gatehouse/express";
 *
 * const server = createOAuthServer("my-app", checkMyUsers, { publicUrl: "https://mcp.example.com" });
 *
 * const app = express();
 * app.use(express.json());
 * app.use(mount(server));
 * ```
 */
export function mount(server: Mountable): RequestHandler {
  const handle = getRequestListener(
    (request, { incoming }) => server.fetch(request, { address: (incoming as ExpressRequest).ip }),
    { overrideGlobalObjects: false },
  );
  return async (req, res) => {
    const rawBody = parsedBodyOf(req.headers["content-type"], req.body);
    // The listener reads this instead of the stream, which a body parser has emptied.
    Object.assign(req, { url: req.originalUrl }, rawBody && { rawBody });
    await handle(req, res);
  };
}

/**
 * What the guard verified about a request.
 * @throws Error where no guard stands before the route: nobody is then nobody, and never somebody.
 */
export function authOf({ auth }: ExpressRequest): RequestAuth {
  if (auth === undefined) throw new Error("This request did not come through Gatehouse's guard.");
  return auth as RequestAuth;
}

async function send(response: Response, res: ExpressResponse): Promise<void> {
  res.status(response.status).setHeaders(response.headers);
  res.end(await response.text());
}
