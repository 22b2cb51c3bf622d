import type { SignedInHere } from "../authorization-server/account/signed-in-here.ts";
import { prefersPage } from "../core/accept.ts";
import type { CorsPolicy } from "../http/cors.ts";
import { htmlResponse } from "../http/responses.ts";
import { type Endpoint, type Route, urlOf } from "../http/route.ts";
import type { Look } from "../pages/look.ts";
import { statusPage } from "../pages/status.ts";

export type McpRouteParts = {
  readonly look: Look;
  /** Answers requests to the MCP endpoint. */
  readonly mcp: Endpoint;
  /** Answers requests for what is public, at a path of its own; undefined where the MCP endpoint does that, or nothing is. */
  readonly publicMcp?: Endpoint | undefined;
  /** Whether something is public there now. */
  readonly hasPublic?: (() => boolean) | undefined;
  /** The path of the MCP endpoint below the base path. */
  readonly path: string;
  readonly publicPath: string | undefined;
  readonly issuer: string;
  /** The URL that people type into their client. */
  readonly resource: string;
  readonly cors: CorsPolicy;
  /** Undefined where people have no account at this server. */
  readonly account?: SignedInHere | undefined;
};

/** The MCP endpoint, and the page that says where it is. */
export function mcpRoutes(parts: McpRouteParts): readonly Route[] {
  const { mcp, publicMcp, path, publicPath, cors } = parts;
  const withStatus: Endpoint = async (request, peer) => withPage(await mcp(request, peer), request, parts);
  return [
    { name: "mcp", pathOption: "path", ...mcpRoute(path, withStatus, cors) },
    ...(publicMcp && publicPath !== undefined
      ? [{ name: "mcp_public", pathOption: "publicPath", ...mcpRoute(publicPath, publicMcp, cors) }]
      : []),
    {
      name: "status",
      paths: ["", "/"],
      methods: { GET: (request) => statusResponse(request, parts) },
      otherMethods: "not_found",
      refusals: "page",
    },
  ];
}

function mcpRoute(path: string, endpoint: Endpoint, cors: CorsPolicy): Omit<Route, "name" | "pathOption"> {
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
async function withPage(response: Response, request: Request, parts: McpRouteParts): Promise<Response> {
  const { status } = response;
  const isRefusal = status === 401 ? response.headers.has("www-authenticate") : status === 405;
  const { method, headers } = request;
  if (!isRefusal || method !== "GET" || !prefersPage(headers.get("accept"))) return response;
  const kept = ["www-authenticate", "allow"].flatMap((name) => {
    const value = response.headers.get(name);
    return value === null ? [] : [[name, value] as const];
  });
  return statusResponse(request, parts, status, Object.fromEntries(kept));
}

async function statusResponse(
  request: Request,
  { look, resource, issuer, publicPath, hasPublic, account }: McpRouteParts,
  status?: number,
  headers?: Readonly<Record<string, string>>,
): Promise<Response> {
  const shown = account && { url: account.url, personName: await account.personName(request) };
  const publicUrl = publicPath !== undefined && hasPublic?.() ? urlOf(issuer, publicPath) : undefined;
  const page = statusPage({ look, mcpUrl: resource, publicUrl, account: shown });
  return htmlResponse(page, look.styles, status, headers);
}
