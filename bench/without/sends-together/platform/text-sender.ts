import type { ServerResponse } from "node:http";
import { textOf } from "../../../../src/platform/text-response.ts";

/** In one piece, and each by itself. */
export function textSender() {
  return (response: Response, outgoing: ServerResponse): boolean => {
    const text = textOf(response);
    if (text === undefined || outgoing.destroyed) return false;
    const headers = ["Content-Length", String(Buffer.byteLength(text))];
    for (const [name, value] of response.headers) headers.push(name, value);
    outgoing.writeHead(response.status, headers).end(text);
    return true;
  };
}
