import { createServer, type IncomingMessage, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { onTestFinished } from "vitest";
import { testCertificate } from "./https-origin.ts";
import { listening } from "./listening.ts";

/** A proxy that lets connections through to this computer, whatever host they name. */
export type ConnectProxy = {
  /** `http://localhost:<port>`, or `https://`. */
  readonly url: string;
  /** What it was asked to connect to, in order: `host:port`. */
  readonly asked: readonly string[];
  /** The credentials of each. */
  readonly credentials: readonly (string | undefined)[];
  /** From here on it answers this status in place of a tunnel; 0 for no answer. Undefined: tunnels again. */
  refuse(status: number | undefined, authority?: string): void;
};

export async function startProxy({ isTls = false } = {}): Promise<ConnectProxy> {
  const asked: string[] = [];
  const credentials: (string | undefined)[] = [];
  const refusals = new Map<string, number>();
  const sockets = new Set<Duplex>();
  const server: Server = isTls ? createTlsServer(testCertificate) : createServer();
  server.on("connect", (request: IncomingMessage, client: Duplex) => {
    const authority = request.url ?? "";
    asked.push(authority);
    credentials.push(request.headers["proxy-authorization"]);
    sockets.add(client.on("error", () => {}));
    const status = refusals.get(authority) ?? refusals.get("");
    if (status === 0) return;
    if (status !== undefined) {
      client.end(`HTTP/1.1 ${status} No\r\n\r\n`);
      return;
    }
    const origin = connect(Number(authority.slice(authority.lastIndexOf(":") + 1)), "127.0.0.1", () => {
      client.write("HTTP/1.1 200 Connection established\r\n\r\n");
      origin.pipe(client).pipe(origin);
    });
    sockets.add(origin.on("error", () => client.destroy()));
  });
  const port = await listening(server);
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    url: `${isTls ? "https" : "http"}://localhost:${port}`,
    asked,
    credentials,
    refuse(status, authority = "") {
      if (status === undefined) refusals.delete(authority);
      else refusals.set(authority, status);
    },
  };
}
