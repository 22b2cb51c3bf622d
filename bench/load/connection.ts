import { connect, type Socket } from "node:net";

/** One keep-alive connection that sends the next request as soon as the answer to the last one is complete. */
export type Connection = {
  /** How long each answer took until it was complete, in milliseconds. */
  readonly latencies: readonly number[];
  /** Sends nothing more, and resolves once the answer under way is here. */
  stop(): Promise<void>;
};

export type ConnectionOptions = {
  readonly port: number;
  /** The next request, as it goes over the wire. Gets the body of the answer before. */
  readonly next: (lastBody: string | undefined) => string;
  readonly onFailure: (why: string) => void;
};

/**
 * A client of its own, because it must not be what is measured: it writes requests that are ready, and of an answer it
 * reads the status, the length and (for those who ask) the body.
 */
export function openConnection({ port, next, onFailure }: ConnectionOptions): Connection {
  const latencies: number[] = [];
  let sentAt = 0;
  let received = "";
  let stopping = false;
  const stopped = Promise.withResolvers<void>();
  const socket: Socket = connect({ host: "127.0.0.1", port, noDelay: true });
  // Tokens and JSON are ASCII; one character is one byte.
  socket.setEncoding("latin1");

  const fail = (why: string) => {
    stopping = true;
    onFailure(why);
    socket.destroy();
    stopped.resolve();
  };
  const send = (body: string | undefined) => {
    if (stopping) {
      socket.destroy();
      stopped.resolve();
    } else {
      const request = next(body);
      sentAt = performance.now();
      socket.write(request);
    }
  };

  socket.on("connect", () => send(undefined));
  socket.on("data", (chunk: string) => {
    received = received === "" ? chunk : received + chunk;
    const body = completeBody(received);
    if (body === undefined) return;
    const status = received.slice(9, 12);
    received = "";
    if (status[0] !== "2") return fail(`answered ${status}: ${body.slice(0, 300)}`);
    latencies.push(performance.now() - sentAt);
    send(body);
  });
  socket.on("error", (error) => fail(error.message));
  socket.on("close", () => {
    if (!stopping) fail("the server closed the connection");
  });
  return {
    latencies,
    stop() {
      stopping = true;
      return stopped.promise;
    },
  };
}

const CONTENT_LENGTH = /\r\ncontent-length: *(\d+)\r\n/i;
const LAST_CHUNK = "\r\n0\r\n\r\n";

/** The body, once all of it is here. A chunked one keeps its framing: nobody asks for what is in it. */
function completeBody(received: string): string | undefined {
  const end = received.indexOf("\r\n\r\n");
  if (end === -1) return undefined;
  const start = end + 4;
  const length = CONTENT_LENGTH.exec(received.slice(0, start))?.[1];
  if (length !== undefined) {
    return received.length >= start + Number(length) ? received.slice(start) : undefined;
  }
  return received.endsWith(LAST_CHUNK) ? received.slice(start) : undefined;
}
