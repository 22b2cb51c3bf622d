import { prefersPage } from "../core/accept.ts";
import type { CorsPolicy } from "../http/cors.ts";
import { htmlResponse, PAGE_STYLES } from "../http/responses.ts";
import type { Endpoint, Route } from "../http/route.ts";
import { statusPage } from "../pages/status.ts";

export type McpRouteParts = {
  readonly appName: string;
  /** Answers requests to the MCP endpoint. */
  readonly mcp: Endpoint;
  /** Answers requests for what is public, at a path of its own; undefined where the MCP endpoint does that, or nothing is. */
  readonly publicMcp?: Endpoint | undefined;
  /** The path of the MCP endpoint below the base path. */
  readonly path: string;
  readonly publicPath: string | undefined;
  /** The URL that people type into their client. */
  readonly resource: string;
  readonly cors: CorsPolicy;
};

/** The MCP endpoint, and the page that says where it is. */
export function mcpRoutes(parts: McpRouteParts): readonly Route[] {
  const { appName, mcp, publicMcp, path, publicPath, resource, cors } = parts;
  const page = statusPage({ appName, mcpUrl: resource });
  const withStatus: Endpoint = async (request, peer) => withPage(await mcp(request, peer), request, page);
  return [
    { name: "mcp", ...mcpRoute(path, withStatus, cors) },
    ...(publicMcp && publicPath !== undefined
      ? [{ name: "mcp_public", ...mcpRoute(publicPath, publicMcp, cors) }]
      : []),
    {
      name: "status",
      paths: ["", "/"],
      methods: { GET: async () => htmlResponse(page, PAGE_STYLES) },
      otherMethods: "not_found",
      refusals: "page",
    },
  ];
}

function mcpRoute(path: string, endpoint: Endpoint, cors: CorsPolicy): Omit<Route, "name"> {
  return {
    // Both, without a redirect: clients drop the token when they follow one.
    paths: [path, `${path}/`],
    methods: { GET: endpoint, POST: endpoint, DELETE: endpoint },
    // The guard refuses before the method is looked at.
    otherMethods: endpoint,
    refusals: "json",
    cors,
  };
}

/** A person who opens the MCP URL in a browser learns where to paste it; the status and the challenge stay. */
function withPage(response: Response, { method, headers }: Request, page: string): Response {
  const { status } = response;
  const isRefusal = status === 401 ? response.headers.has("www-authenticate") : status === 405;
  if (!isRefusal || method !== "GET" || !prefersPage(headers.get("accept"))) return response;
  const kept = ["www-authenticate", "allow"].flatMap((name) => {
    const value = response.headers.get(name);
    return value === null ? [] : [[name, value] as const];
  });
  return htmlResponse(page, PAGE_STYLES, status, Object.fromEntries(kept));
}
