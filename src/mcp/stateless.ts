import { WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/server";
import type { Log } from "../platform/logging.ts";
import type { Answer, Exchange } from "./exchange.ts";
import type { MakeServer } from "./servers.ts";

/** Serves one POST of a 2025-era client without a session: a server and a transport for it alone. */
export async function serveStateless(exchange: Exchange, makeServer: MakeServer, log: Log): Promise<Answer> {
  const { request, authInfo, body, reached } = exchange;
  const server = await makeServer(
    { era: "legacy", authInfo, requestInfo: request },
    { kind: "request", reached },
  );
  const done = () => {
    server.close().catch((cause) => log.error("a server did not close", { cause }));
  };
  try {
    // Without a session id generator: the SDK's stateless mode.
    const transport = new WebStandardStreamableHTTPServerTransport();
    await server.connect(transport);
    const response = await transport.handleRequest(request, { authInfo, parsedBody: body });
    return { response, done };
  } catch (cause) {
    done();
    throw cause;
  }
}
