import type { ServerResponse } from "node:http";
import { textOf } from "./text-response.ts";

/**
 * Sends a response whose text is at hand in one piece, and the ones of one turn of the event loop together: each write
 * wakes who reads it (a proxy beside us, say), and waking them one by one costs more than all the rest of a write.
 * @returns a function that is false where the text is not at hand, or nobody is there any more.
 */
export function textSender(): (response: Response, outgoing: ServerResponse) => boolean {
  let ready: (() => void)[] = [];
  const flush = () => {
    const batch = ready;
    ready = [];
    for (const send of batch) send();
  };
  return (response, outgoing) => {
    const text = textOf(response);
    if (text === undefined || outgoing.destroyed) return false;
    const headers = ["Content-Length", String(Buffer.byteLength(text))];
    for (const [name, value] of response.headers) headers.push(name, value);
    // Now, because it throws where Node does not take a header. Nothing is written by it.
    outgoing.writeHead(response.status, headers);
    if (ready.length === 0) setImmediate(flush);
    ready.push(() => outgoing.end(text));
    return true;
  };
}
