import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from "node:http";
import { listening } from "./listening.ts";

/** Tavily's search API on loopback: answers as the API does, and remembers what it was asked. */
export type Tavily = {
  readonly url: string;
  readonly asked: { readonly path: string; readonly headers: IncomingHttpHeaders; readonly body: unknown }[];
  /** How it answers from now on. */
  answer: TavilyAnswer;
  close(): Promise<void>;
};

export type TavilyAnswer = (response: ServerResponse) => void;

export async function startTavily(): Promise<Tavily> {
  const asked: Tavily["asked"] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    asked.push({ path: request.url ?? "", headers: request.headers, body: JSON.parse(body) });
    tavily.answer(response);
  });
  const port = await listening(server);
  const url = `http://127.0.0.1:${port}`;
  const tavily: Tavily = { url, asked, answer: results(), close: () => close(server) };
  return tavily;
}

/** 200 with these results, in the API's form. */
export function results(...found: readonly object[]): TavilyAnswer {
  return body(200, {
    query: "as asked",
    follow_up_questions: null,
    answer: null,
    images: [],
    results: found,
    response_time: 0.42,
    request_id: "123e4567-e89b-12d3-a456-426614174111",
  });
}

/** An error with a sentence, as the API sends it. */
export function refusal(status: number, error: string): TavilyAnswer {
  return body(status, { detail: { error } });
}

export function body(status: number, content: object | string, type = "application/json"): TavilyAnswer {
  const text = typeof content === "string" ? content : JSON.stringify(content);
  return (response) => {
    response.writeHead(status, { "content-type": type }).end(text);
  };
}

export const silence: TavilyAnswer = () => {};

/** Goes on sending, so that the connection is never idle, and never comes to an end. */
export const trickle: TavilyAnswer = (response) => {
  response.writeHead(200, { "content-type": "application/json" });
  const sending = setInterval(() => response.write(" "), 50);
  response.once("close", () => clearInterval(sending));
};

export const hangUp: TavilyAnswer = (response) => {
  response.socket?.destroy();
};

function close(server: Server): Promise<void> {
  return new Promise((closed) => {
    server.closeAllConnections();
    server.close(() => closed());
  });
}
