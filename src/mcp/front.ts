import type { Context, Hono } from "hono";
import { htmlResponse, PAGE_STYLES } from "../authorization-server/responses.ts";
import type { GatehouseEnv } from "../authorization-server/routes.ts";
import type { Settings } from "../config/settings.ts";
import { prefersPage } from "../core/accept.ts";
import { statusPage } from "../pages/status.ts";
import { allowOrigin, preflight } from "../platform/cors.ts";
import type { RouteName } from "../platform/telemetry/metrics.ts";
import type { Observe } from "../platform/telemetry/observe.ts";
import type { Documents } from "../resource-server/documents.ts";
import type { McpEndpoint } from "./endpoint.ts";
import type { AnswerMetrics } from "./operations/metrics-endpoint.ts";
import { alive, type Readiness } from "./operations/probes.ts";

const MCP_METHODS = ["GET", "POST", "DELETE"];

export type Front = {
  readonly settings: Settings;
  readonly endpoint: McpEndpoint;
  readonly documents: Documents;
  readonly readiness: Readiness;
  readonly observe: Observe;
  /** Undefined where they are not on this port, or nowhere. */
  readonly metrics: AnswerMetrics | undefined;
};

/** Mounts the MCP endpoint, the discovery documents of the resource, the status page, the probes and the metrics. */
export function mountFront(app: Hono<GatehouseEnv>, front: Front): void {
  const { settings, endpoint, documents, readiness, observe, metrics } = front;
  const { basePath, path, resource, cors } = settings;
  const watched = (name: RouteName, at: string, serve: (request: Request) => Promise<Response>) => {
    const route = { name, path: at };
    return ({ req: { raw } }: Context<GatehouseEnv>) => observe(route, raw, () => serve(raw));
  };

  const page = statusPage({ appName: settings.name, mcpUrl: resource });
  const mcp = async (request: Request) => {
    if (request.method === "OPTIONS") return preflight(request, cors, MCP_METHODS);
    const response = withPage(await endpoint.fetch(request), request, page);
    return request.headers.has("origin") ? allowOrigin(response, request, cors) : response;
  };
  // Both, without a redirect: clients drop the token when they follow one.
  for (const at of [`${basePath}${path}`, `${basePath}${path}/`]) app.all(at, watched("mcp", at, mcp));

  const get = (name: RouteName, at: string, serve: (request: Request) => Promise<Response>) =>
    app.get(at, watched(name, at, serve));
  get("health", `${basePath}/health`, async () => alive());
  get("ready", `${basePath}/ready`, readiness.answer);
  if (metrics) get("metrics", `${basePath}/metrics`, metrics);
  for (const root of new Set([basePath || "/", `${basePath}/`]))
    get("status", root, async () => htmlResponse(page, PAGE_STYLES));

  app.notFound(({ req: { raw } }) =>
    observe({ name: isWellKnown(raw) ? "resource_metadata" : "not_found" }, raw, async () => {
      return (await documents(raw)) ?? notFound(raw, `${basePath}${path}`);
    }),
  );
}

/** A person who opens the MCP URL in a browser learns where to paste it; the status and the challenge stay. */
function withPage(response: Response, { method, headers }: Request, page: string): Response {
  const challenge = response.headers.get("www-authenticate");
  if (response.status !== 401 || challenge === null) return response;
  if (method !== "GET" || !prefersPage(headers.get("accept"))) return response;
  return htmlResponse(page, PAGE_STYLES, 401, { "WWW-Authenticate": challenge });
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

function isWellKnown({ url }: Request): boolean {
  return new URL(url).pathname.startsWith("/.well-known/");
}
