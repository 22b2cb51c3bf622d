import { WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/server";
import type { AnyExchange } from "./exchange.ts";
import type { ResultChallenges } from "./result-challenges.ts";
import type { MakeServer } from "./servers.ts";

export type StatelessParts = {
  readonly makeServer: MakeServer;
  readonly resultChallenges?: Pick<ResultChallenges, "sessionIdFor"> | undefined;
};

/** Serves one POST of a 2025-era client without a session: a server and a transport for it alone. */
export async function serveStateless(
  { request, authInfo, body, reached }: AnyExchange,
  { makeServer, resultChallenges }: StatelessParts,
): Promise<Response> {
  const server = await makeServer(
    { era: "legacy", requestInfo: request, ...(authInfo && { authInfo }) },
    { kind: "request", reached },
  );
  // Without a session id generator: the SDK's stateless mode.
  const transport = new WebStandardStreamableHTTPServerTransport();
  await server.connect(transport);
  const response = await transport.handleRequest(request, {
    parsedBody: body,
    ...(authInfo && { authInfo }),
  });
  const sessionId = resultChallenges?.sessionIdFor(body);
  if (sessionId !== undefined) response.headers.set("mcp-session-id", sessionId);
  return response;
}
