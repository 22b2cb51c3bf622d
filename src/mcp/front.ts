import type { Context, Hono } from "hono";
import { htmlResponse, PAGE_STYLES } from "../authorization-server/responses.ts";
import type { GatehouseEnv } from "../authorization-server/routes.ts";
import type { Settings } from "../config/settings.ts";
import { statusPage } from "../pages/status.ts";
import { allowOrigin, preflight } from "../platform/cors.ts";
import type { Documents } from "../resource-server/documents.ts";
import type { McpEndpoint } from "./endpoint.ts";
import { alive, type Readiness } from "./probes.ts";

const MCP_METHODS = ["GET", "POST", "DELETE"];

export type Front = {
  readonly settings: Settings;
  readonly endpoint: McpEndpoint;
  readonly documents: Documents;
  readonly readiness: Readiness;
};

/** Mounts the MCP endpoint, the discovery documents of the resource, the status page and the probes. */
export function mountFront(
  app: Hono<GatehouseEnv>,
  { settings, endpoint, documents, readiness }: Front,
): void {
  const { basePath, path, resource, cors } = settings;
  const mcp = async ({ req: { raw } }: Context<GatehouseEnv>) => {
    if (raw.method === "OPTIONS") return preflight(raw, cors, MCP_METHODS);
    const response = await endpoint.fetch(raw);
    return raw.headers.has("origin") ? allowOrigin(response, raw, cors) : response;
  };
  // Both, without a redirect: clients drop the token when they follow one.
  app.all(`${basePath}${path}`, mcp);
  app.all(`${basePath}${path}/`, mcp);

  app.get(`${basePath}/health`, alive);
  app.get(`${basePath}/ready`, readiness.answer);
  const page = statusPage({ appName: settings.name, mcpUrl: resource });
  for (const root of new Set([basePath || "/", `${basePath}/`]))
    app.get(root, () => htmlResponse(page, PAGE_STYLES));
  app.notFound(
    async ({ req: { raw } }) => (await documents(raw)) ?? new Response("Not found\n", { status: 404 }),
  );
}
