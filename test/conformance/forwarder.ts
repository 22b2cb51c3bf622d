import { createServer, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";

export type Forwarder = { readonly url: string; close(): Promise<void> };

/**
 * Passes every request on with a token in it, everything else as it came, Host and Origin too: the runner's server
 * scenarios cannot send one.
 */
export async function startForwarder(mcpUrl: string, token: string): Promise<Forwarder> {
  const { hostname, port, pathname } = new URL(mcpUrl);
  const server = createServer((incoming, outgoing) => {
    const forwarded = httpRequest({
      hostname,
      port,
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
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${pathname}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
