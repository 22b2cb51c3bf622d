import { WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/server";
import type { AnyExchange } from "../../../../../src/mcp/requests/exchange.ts";
import type { StatelessParts } from "../../../../../src/mcp/servers/stateless.ts";

/** Whatever it is goes to the transport of 2025. */
export async function serveStateless(
  { request, authInfo, body, reached }: AnyExchange,
  { makeServer }: StatelessParts,
): Promise<Response> {
  const shown = authInfo && { authInfo };
  const server = await makeServer(
    { era: "legacy", requestInfo: request, ...shown },
    { kind: "request", reached },
  );
  const transport = new WebStandardStreamableHTTPServerTransport();
  await server.connect(transport);
  return transport.handleRequest(request, { parsedBody: body, ...shown });
}
