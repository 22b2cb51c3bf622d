import { randomId } from "../platform/random.ts";

/** What the listener tells beside the request. */
export type ConnectionInfo = { readonly address?: string | undefined };

/** Who is asking, as far as the connection tells. */
export type Peer = {
  /** The address for logs and limits; undefined where the host of `server.fetch` gives none. */
  readonly address: string | undefined;
  /** On the error page and in the log line, so that one finds the other. */
  readonly correlationId: string;
};

/**
 * The address is the connection's, or what the operator's own proxy appended (the last entry; others can be made up).
 * @param trustProxy whether there is such a proxy
 */
export function peerOf(request: Request, connection: ConnectionInfo, trustProxy: boolean): Peer {
  const forwarded = trustProxy
    ? request.headers.get("x-forwarded-for")?.split(",").at(-1)?.trim()
    : undefined;
  let correlationId: string | undefined;
  return {
    address: forwarded || connection.address,
    // Few requests are refused, and every one passes here.
    get correlationId() {
      correlationId ??= randomId().slice(0, 12);
      return correlationId;
    },
  };
}
