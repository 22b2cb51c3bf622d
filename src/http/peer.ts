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
  return new RequestPeer(forwarded || connection.address);
}

/**
 * Few requests are refused and named, and every one has a peer. It is a class because an accessor in an object literal is a
 * shape of its own for each object, which V8 keeps, with all that it reaches, until the next large collection (0056).
 */
class RequestPeer implements Peer {
  readonly address: string | undefined;
  #correlationId: string | undefined;

  constructor(address: string | undefined) {
    this.address = address;
  }

  get correlationId(): string {
    this.#correlationId ??= randomId().slice(0, 12);
    return this.#correlationId;
  }
}
