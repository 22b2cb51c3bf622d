import { createServer, connect as dial, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import { listening } from "../listening.ts";

/** What a person on the way to a mail server can read. */
export type Wire = {
  readonly port: number;
  /** What was sent to the server, of all connections. Bytes of TLS are in it as they are. */
  sent(): string;
};

/**
 * Stands between a server and its mail server, and passes everything on.
 * @param hidesTls whether it takes STARTTLS out of what is said, and refuses it
 */
export async function tapWire(to: number, hidesTls: () => boolean = () => false): Promise<Wire> {
  const sent: Buffer[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const there = dial(to, "127.0.0.1");
    for (const socket of [client, there]) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        client.destroy();
        there.destroy();
      });
    }
    client.on("data", (bytes: Buffer) => {
      sent.push(bytes);
      if (hidesTls() && bytes.toString("latin1") === "STARTTLS\r\n") client.write("502 not implemented\r\n");
      else there.write(bytes);
    });
    there.on("data", (bytes: Buffer) => {
      const text = bytes.toString("latin1");
      client.write(hidesTls() ? Buffer.from(text.replace("250-STARTTLS\r\n", ""), "latin1") : bytes);
    });
  });
  const port = await listening(server);
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return { port, sent: () => Buffer.concat(sent).toString("latin1") };
}
