import { createServer, request as httpRequest } from "node:http";
import { listening } from "../support/listening.ts";

export type Forwarder = { readonly url: string; close(): Promise<void> };

/**
 * Passes every request on with a token in it, everything else as it came, Host and Origin too: the runner's server
 * scenarios cannot send one.
 */
export async function startForwarder(mcpUrl: string, token: string): Promise<Forwarder> {
  const { hostname, port: upstreamPort, pathname } = new URL(mcpUrl);
  const server = createServer((incoming, outgoing) => {
    const forwarded = httpRequest({
      hostname,
      port: upstreamPort,
      path: pathname,
      method: incoming.method,
      headers: { ...incoming.headers, authorization: `Bearer ${token}` },
    });
    forwarded.on("response", (response) => {
      outgoing.writeHead(response.statusCode ?? 502, response.headers);
      outgoing.flushHeaders();
      response.pipe(outgoing);
    });
    forwarded.on("error", () => outgoing.destroy());
    outgoing.on("close", () => forwarded.destroy());
    incoming.pipe(forwarded);
  });
  const port = await listening(server);
  return {
    url: `http://127.0.0.1:${port}${pathname}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
