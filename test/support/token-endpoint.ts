import { createServer, type IncomingHttpHeaders } from "node:http";
import { listening } from "./listening.ts";

export type Answer = {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON unless it is text; undefined closes the connection without an answer. */
  readonly body: unknown;
};

export type Asked = {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly params: URLSearchParams;
};

/** A server on loopback that answers by a script, and keeps what it was asked. */
export type ScriptedServer = {
  readonly url: string;
  readonly asked: readonly Asked[];
  close(): Promise<void>;
};

export async function startScripted(
  answer: (asked: Asked, count: number) => Answer | Promise<Answer>,
): Promise<ScriptedServer> {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const { method = "", url: path = "", headers } = request;
    const one = { method, path, headers, body, params: new URLSearchParams(body) };
    asked.push(one);
    const answered = await answer(one, asked.length);
    if (answered.body === undefined) {
      request.socket.destroy();
      return;
    }
    const isText = typeof answered.body === "string";
    response.writeHead(answered.status ?? 200, {
      "content-type": isText ? "text/html" : "application/json",
      ...answered.headers,
    });
    response.end(isText ? answered.body : JSON.stringify(answered.body));
  });
  const port = await listening(server);
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** What a token endpoint answers. */
export const issued = (token: string, expiresIn: unknown = 3600) => ({
  body: { access_token: token, token_type: "Bearer", expires_in: expiresIn },
});

/** A clock that the test moves, waits that only move it, and no chance: every wait is three quarters of its most. */
export function testTime() {
  let now = Date.UTC(2026, 10, 1);
  const waits: number[] = [];
  return {
    waits,
    pass(seconds: number) {
      now += seconds * 1000;
    },
    /** The options that go by this time. */
    options: {
      clock: () => now,
      async sleep(milliseconds: number) {
        waits.push(milliseconds);
        now += milliseconds;
      },
      random: () => 0.5,
    },
  };
}
