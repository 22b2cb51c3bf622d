import { prefersPage } from "../core/accept.ts";
import type { CorsPolicy } from "../http/cors.ts";
import { htmlResponse } from "../http/responses.ts";
import type { Endpoint, Route } from "../http/route.ts";
import type { McpEndpoint } from "../mcp/endpoint.ts";
import type { Look } from "../pages/look.ts";
import { statusPage } from "../pages/status.ts";

export type McpRouteParts = {
  readonly look: Look;
  readonly endpoint: Pick<McpEndpoint, "fetch">;
  /** The path of the MCP endpoint below the base path. */
  readonly path: string;
  /** The URL that people type into their client. */
  readonly resource: string;
  readonly cors: CorsPolicy;
};

/** The MCP endpoint, and the page that says where it is. */
export function mcpRoutes({ look, endpoint, path, resource, cors }: McpRouteParts): readonly Route[] {
  const page = statusPage({ look, mcpUrl: resource });
  const mcp: Endpoint = async (request) => withPage(await endpoint.fetch(request), request, { page, look });
  return [
    {
      name: "mcp",
      // Both, without a redirect: clients drop the token when they follow one.
      paths: [path, `${path}/`],
      methods: { GET: mcp, POST: mcp, DELETE: mcp },
      // The guard refuses before the method is looked at.
      otherMethods: mcp,
      refusals: "json",
      cors,
    },
    {
      name: "status",
      paths: ["", "/"],
      methods: { GET: async () => htmlResponse(page, look.styles) },
      otherMethods: "not_found",
      refusals: "page",
    },
  ];
}

/** A person who opens the MCP URL in a browser learns where to paste it; the status and the challenge stay. */
function withPage(
  response: Response,
  { method, headers }: Request,
  { page, look }: { readonly page: string; readonly look: Look },
): Response {
  const challenge = response.headers.get("www-authenticate");
  if (response.status !== 401 || challenge === null) return response;
  if (method !== "GET" || !prefersPage(headers.get("accept"))) return response;
  return htmlResponse(page, look.styles, 401, { "WWW-Authenticate": challenge });
}
