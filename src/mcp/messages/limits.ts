import { jsonRpcError, listenedUris, membersOf, readMessages, requestIdsIn } from "./json-rpc.ts";

/*
 * What is kept of a message for longer than it takes to answer it: the ids of what its client cancelled in a session, and the
 * addresses to which it subscribed. A body has room for far more than anyone may fill the memory with.
 */

/** Characters. A UUID has 36. */
const LONGEST_ID = 256;
const LONGEST_URI = 2048;
/** More than this is not a client that means to be told. */
export const MOST_SUBSCRIPTIONS = 1000;

/** The answer to a body that has too much of what is kept. */
export function refuseOversized(body: unknown): Response | undefined {
  const id = requestIdsIn(body).find((one) => isLonger(one, LONGEST_ID));
  if (id !== undefined) return oversized("id of a request", String(id), LONGEST_ID);
  for (const message of readMessages(body)) {
    const uris = SUBSCRIBED.get(message.method)?.(membersOf(message.params)) ?? [];
    if (uris.length > MOST_SUBSCRIPTIONS) {
      const said = `The subscription names ${uris.length} resources; at most ${MOST_SUBSCRIPTIONS} are allowed.`;
      return jsonRpcError(400, -32602, said);
    }
    const uri = uris.find((one) => isLonger(one, LONGEST_URI));
    if (uri !== undefined) return oversized("URI of a subscription", String(uri), LONGEST_URI);
  }
  return undefined;
}

/** Method → the URIs that are kept. */
const SUBSCRIBED: ReadonlyMap<unknown, (params: Readonly<Record<string, unknown>>) => readonly unknown[]> =
  new Map([
    ["resources/subscribe", ({ uri }) => [uri]],
    ["subscriptions/listen", listenedUris],
  ]);

function isLonger(value: unknown, most: number): boolean {
  return typeof value === "string" && value.length > most;
}

function oversized(what: string, { length }: string, most: number): Response {
  return jsonRpcError(400, -32600, `The ${what} has ${length} characters; at most ${most} are allowed.`);
}
