import { createServer } from "node:http";
import { listening } from "../listening.ts";

/** What a client on this computer listens with while a person signs in. */
export type Callback = {
  /** Its redirect URI. */
  readonly url: string;
  /** What browsers brought, in the order in which they came. */
  readonly answers: readonly URLSearchParams[];
  /** The cookies that browsers sent with them. */
  readonly cookies: readonly string[];
  close(): Promise<void>;
};

export async function startCallback(): Promise<Callback> {
  const answers: URLSearchParams[] = [];
  const cookies: string[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://127.0.0.1");
    if (url.pathname !== "/callback") {
      response.writeHead(404).end();
      return;
    }
    answers.push(url.searchParams);
    cookies.push(request.headers.cookie ?? "");
    response
      .writeHead(200, { "content-type": "text/html" })
      .end("<title>Back</title><p>Back in the app.</p>");
  });
  const port = await listening(server);
  return {
    url: `http://127.0.0.1:${port}/callback`,
    answers,
    cookies,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
