import { Hono } from "hono";
import type { UnauditedEvent } from "../core/events.ts";
import { createBoundary } from "../http/boundary.ts";
import { foreignHostRefusal } from "../http/host-header.ts";
import { type GatehouseEnv, mountRoutes, pathsOf } from "../http/mount.ts";
import type { ConnectionInfo } from "../http/peer.ts";
import type { Route } from "../http/route.ts";
import type { Look } from "../pages/look.ts";
import { json } from "../platform/json.ts";
import type { Log } from "../platform/logging.ts";
import type { Instrument } from "../platform/telemetry/instrument.ts";

export type AppParts = {
  readonly routes: readonly Route[];
  readonly look: Look;
  readonly issuer: string;
  /** The address that the listener has. */
  readonly host: string;
  readonly basePath: string;
  /** The path of the MCP endpoint below it. */
  readonly path: string;
  readonly trustProxy: boolean;
  readonly instrument: Instrument;
  readonly log: Log<UnauditedEvent>;
};

/** Answers every request of a server, by its routes. Never rejects. */
export type Fetch = (request: Request, connection?: ConnectionInfo) => Promise<Response>;

/** How requests are called in metrics that no route is for. */
export const WITHOUT_ROUTE = { notFound: "not_found", wrongHost: "wrong_host" } as const;

export function createApp(parts: AppParts): Fetch {
  const { routes, look, issuer, host, basePath, path, instrument, log } = parts;
  const app = new Hono<GatehouseEnv>();
  mountRoutes(app, routes, { ...parts, boundary: createBoundary({ look, log }) });
  app.notFound(({ req: { raw } }) =>
    instrument({ name: WITHOUT_ROUTE.notFound }, raw, async () => notFound(raw, `${basePath}${path}`)),
  );
  app.onError((cause) => {
    log.error("a request failed", { cause });
    return json({ error: "server_error" }, { status: 500 });
  });
  const probes = routes
    .filter(({ askedBy }) => askedBy === "probe")
    .flatMap((route) => pathsOf(route, basePath));
  const refuseForeign = foreignHostRefusal(issuer, host, probes);
  return async (request, connection = {}) => {
    const refusal = refuseForeign(request);
    return refusal
      ? instrument({ name: WITHOUT_ROUTE.wrongHost }, request, async () => refusal)
      : app.fetch(request, connection);
  };
}

/** Most often the server is mounted below a path that `publicUrl` lacks, or has lost on the way here. */
function notFound({ url }: Request, expected: string): Response {
  const { pathname } = new URL(url);
  const text = `Not found: ${pathname.slice(0, 200)}. The MCP endpoint of this server is at ${expected}, as publicUrl and path say.\n`;
  return new Response(text, {
    status: 404,
    headers: { "Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff" },
  });
}
