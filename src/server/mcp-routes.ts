import type { SignedInHere } from "../authorization-server/account/signed-in-here.ts";
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
  /** Undefined where people have no account at this server. */
  readonly account?: SignedInHere | undefined;
};

/** The MCP endpoint, and the page that says where it is. */
export function mcpRoutes(parts: McpRouteParts): readonly Route[] {
  const { endpoint, path, cors } = parts;
  const mcp: Endpoint = async (request) => withPage(await endpoint.fetch(request), request, parts);
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
      methods: { GET: (request) => statusResponse(request, parts) },
      otherMethods: "not_found",
      refusals: "page",
    },
  ];
}

/** A person who opens the MCP URL in a browser learns where to paste it; the status and the challenge stay. */
async function withPage(response: Response, request: Request, parts: McpRouteParts): Promise<Response> {
  const challenge = response.headers.get("www-authenticate");
  if (response.status !== 401 || challenge === null) return response;
  if (request.method !== "GET" || !prefersPage(request.headers.get("accept"))) return response;
  return statusResponse(request, parts, 401, { "WWW-Authenticate": challenge });
}

async function statusResponse(
  request: Request,
  { look, resource, account }: McpRouteParts,
  status?: number,
  headers?: Readonly<Record<string, string>>,
): Promise<Response> {
  const shown = account && { url: account.url, personName: await account.personName(request) };
  const page = statusPage({ look, mcpUrl: resource, account: shown });
  return htmlResponse(page, look.styles, status, headers);
}
