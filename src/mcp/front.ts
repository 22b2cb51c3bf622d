import type { Context, Hono } from "hono";
import { htmlResponse, PAGE_STYLES } from "../authorization-server/responses.ts";
import type { GatehouseEnv } from "../authorization-server/routes.ts";
import type { Settings } from "../config/settings.ts";
import { protectedResourceMetadata, protectedResourceMetadataPaths } from "../core/metadata.ts";
import { statusPage } from "../pages/status.ts";
import { allowOrigin, preflight } from "../platform/cors.ts";
import type { McpEndpoint } from "./endpoint.ts";

const METADATA_MAX_AGE_SECONDS = 60;
const MCP_METHODS = ["GET", "POST", "DELETE"];

type Front = {
  readonly settings: Settings;
  readonly endpoint: McpEndpoint;
};

/** Mounts what is not the authorization server: the MCP endpoint, its metadata, the status page and `/health`. */
export function mountFront(app: Hono<GatehouseEnv>, { settings, endpoint }: Front): void {
  const { basePath, path, resource, cors } = settings;
  const document = protectedResourceMetadata({
    resource,
    authorizationServers: [settings.issuer],
    scopes: minimalScopes(settings),
    name: settings.name,
  });
  for (const metadataPath of protectedResourceMetadataPaths(resource)) {
    app.all(metadataPath, ({ req: { raw } }) => metadataResponse(raw, document));
  }

  const mcp = async ({ req: { raw } }: Context<GatehouseEnv>) => {
    if (raw.method === "OPTIONS") return preflight(raw, cors, MCP_METHODS);
    const response = await endpoint.fetch(raw);
    return raw.headers.has("origin") ? allowOrigin(response, raw, cors) : response;
  };
  // Both, without a redirect: clients drop the token when they follow one.
  app.all(`${basePath}${path}`, mcp);
  app.all(`${basePath}${path}/`, mcp);

  app.get(`${basePath}/health`, () =>
    Response.json({ status: "ok" }, { headers: { "Cache-Control": "no-store" } }),
  );
  const page = statusPage({ appName: settings.name, mcpUrl: resource });
  for (const root of new Set([basePath || "/", `${basePath}/`]))
    app.get(root, () => htmlResponse(page, PAGE_STYLES));
  app.notFound(() => new Response("Not found\n", { status: 404 }));
}

/** The set that a client should ask for first: what every request needs, or everything where nothing is required. */
function minimalScopes({ catalogue }: Settings): readonly string[] {
  return catalogue.required.length > 0 ? catalogue.required : [...catalogue.descriptions.keys()];
}

function metadataResponse(request: Request, document: object): Response {
  if (request.method === "OPTIONS") return preflight(request, "*", ["GET"]);
  if (request.method !== "GET" && request.method !== "HEAD") {
    return new Response("Method not allowed\n", { status: 405, headers: { Allow: "GET" } });
  }
  const headers = { "Cache-Control": `public, max-age=${METADATA_MAX_AGE_SECONDS}` };
  return allowOrigin(Response.json(document, { headers }), request, "*");
}
