import type { Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/**
 * The connections of a server, with the answer that each one is waiting for. Node closes idle connections only where a
 * request has come before; one that a browser opened in advance and never used would hold the exit.
 */
export type Connections = {
  /** Ends the idle ones now, and the others after their answer. */
  endIdle(): void;
  /** Ends every one now. */
  closeAll(): void;
};

export function watchConnections(server: Server, tls: boolean): Connections {
  // Under TLS there is a second socket below: Node's HTTP server does not know it until the handshake is over.
  const sockets = new Set<Socket>();
  const answers = new Map<Socket, ServerResponse | undefined>();
  let ending = false;
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.on(tls ? "secureConnection" : "connection", (socket: Socket) => {
    // Its handshake was under way when the end began.
    if (ending) {
      socket.destroy();
      return;
    }
    answers.set(socket, undefined);
    socket.once("close", () => answers.delete(socket));
  });
  server.on("request", (request, response) => answers.set(request.socket, response));
  return {
    endIdle() {
      ending = true;
      for (const [socket, answer] of answers) {
        if (answer === undefined || answer.writableFinished) {
          socket.destroy();
          continue;
        }
        if (!answer.headersSent) answer.setHeader("Connection", "close");
        answer.once("finish", () => socket.end());
      }
      for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
    },
    closeAll() {
      for (const socket of [...answers.keys(), ...sockets]) socket.destroy();
    },
  };
}
