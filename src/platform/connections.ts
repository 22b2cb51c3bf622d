import type { Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/**
 * The connections of a server, with the answer that each one is waiting for. Node closes idle connections only where a
 * request has come before; one that a browser opened in advance and never used would hold the exit.
 */
export type Connections = {
  /** Ends the idle ones now, and the others after their answer. */
  endIdle(): void;
};

export function watchConnections(server: Server, tls: boolean): Connections {
  const answers = new Map<Socket, ServerResponse | undefined>();
  server.on(tls ? "secureConnection" : "connection", (socket: Socket) => {
    answers.set(socket, undefined);
    socket.once("close", () => answers.delete(socket));
  });
  server.on("request", (request, response) => answers.set(request.socket, response));
  return {
    endIdle() {
      for (const [socket, answer] of answers) {
        if (answer === undefined || answer.writableFinished) socket.destroy();
        else answer.once("finish", () => socket.end());
      }
    },
  };
}
