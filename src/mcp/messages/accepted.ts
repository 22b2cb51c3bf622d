import { qualities } from "../../core/accept.ts";
import { isEventStream } from "./buffered-response.ts";
import { type Message, readMessage } from "./json-rpc.ts";

/** The forms in which a client takes answers. */
export type Accepted = { readonly json: boolean; readonly events: boolean };

const JSON_TYPE = "application/json";
const EVENTS_TYPE = "text/event-stream";

export function acceptedBy({ headers }: Request): Accepted {
  const qualityOf = qualities(headers.get("accept"));
  return { json: qualityOf(JSON_TYPE) > 0, events: qualityOf(EVENTS_TYPE) > 0 };
}

/** The same request with the `Accept` that the SDK's transports look for: both types, by name. Its body was read before. */
export function acceptingBoth(request: Request): Request {
  const accept = request.headers.get("accept") ?? "";
  if (accept.includes(JSON_TYPE) && accept.includes(EVENTS_TYPE)) return request;
  const headers = new Headers(request.headers);
  headers.set("accept", `${JSON_TYPE}, ${EVENTS_TYPE}`);
  return new Request(request.url, { method: request.method, headers, signal: request.signal });
}

/**
 * The answer to a POST in a form that the client takes. One that takes JSON only does not see what a call says while it
 * runs, as with the SDK's own JSON mode. Errors about the HTTP request as a whole stay JSON.
 */
export async function inAcceptedForm(
  response: Response,
  accepted: Accepted,
  isBatch: boolean,
): Promise<Response> {
  if (isEventStream(response))
    return accepted.json && !accepted.events ? asJson(response, isBatch) : response;
  return accepted.json || response.status !== 200 ? response : asEvents(response);
}

const DATA = "data: ";

/** The event with which a message travels in a stream. */
export function eventOf(message: string): string {
  return `event: message\n${DATA}${message}\n\n`;
}

/** The messages of such a stream. Only a line feed ends a line of it: JSON may have U+2028 and its kind in it as they are. */
export function messagesOf(events: string): readonly string[] {
  const lines = events.split("\n").filter((line) => line.startsWith(DATA));
  return lines.map((line) => line.slice(DATA.length)).filter((message) => message !== "");
}

async function asJson(response: Response, isBatch: boolean): Promise<Response> {
  const answers = messagesOf(await response.text()).filter((message) =>
    isAnswer(readMessage(JSON.parse(message))),
  );
  // Its client has cancelled all of it.
  if (answers.length === 0) return new Response(null, { status: 202 });
  const headers = new Headers(response.headers);
  headers.set("content-type", JSON_TYPE);
  return new Response(isBatch ? `[${answers.join(",")}]` : answers[0], { headers });
}

async function asEvents(response: Response): Promise<Response> {
  const headers = new Headers(response.headers);
  headers.set("content-type", EVENTS_TYPE);
  headers.delete("content-length");
  return new Response(eventOf(await response.text()), { headers });
}

function isAnswer(message: Message): boolean {
  return "result" in message || "error" in message;
}
