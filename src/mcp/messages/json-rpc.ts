import { json } from "../../platform/json.ts";
/** A message as its sender wrote it: each member is still to be checked. */
export type Message = {
  readonly method?: unknown;
  readonly params?: unknown;
  readonly id?: unknown;
  readonly result?: unknown;
  readonly error?: unknown;
};

/** What is no object has no members, and is answered as a message without them. */
export function readMessage(value: unknown): Message {
  return membersOf(value);
}

/** The messages of a POST body: clients of 2025-03-26 send batches. */
export function readMessages(body: unknown): readonly Message[] {
  return Array.isArray(body) ? body.map(readMessage) : [readMessage(body)];
}

/** The ids of the messages that want an answer. */
export function requestIdsIn(body: unknown): readonly (string | number)[] {
  return readMessages(body).flatMap(({ method, id }) =>
    typeof method === "string" && (typeof id === "string" || typeof id === "number") ? [id] : [],
  );
}

/** The members of an object; of anything else, none. */
export function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return isObject(value) ? value : {};
}

/** The URIs that `subscriptions/listen` names (MCP 2026-07-28). */
export function listenedUris({ notifications }: Readonly<Record<string, unknown>>): readonly unknown[] {
  const uris = membersOf(notifications).resourceSubscriptions;
  return Array.isArray(uris) ? uris : [];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

/** Why there is no answer. Whoever sends the request again learns whether it would be let in. */
export const ENDED = "The authorization of this request has ended or changed. Send it again.";
export const SHUTTING_DOWN = "The server is shutting down.";

/** An error about the HTTP request as a whole: no message of it can be named, so its id is null. */
export function jsonRpcError(
  status: number,
  code: number,
  message: string,
  headers: Record<string, string> = {},
): Response {
  return json({ jsonrpc: "2.0", error: { code, message }, id: null }, { status, headers });
}
