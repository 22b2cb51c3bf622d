import type { McpServer } from "@modelcontextprotocol/server";
import type { AnyExchange } from "./exchange.ts";

/** What stays with a message for as long as anything that it began: not the request, nor its body of up to 4 MB. */
export class CurrentMessage {
  readonly auth: AnyExchange["auth"];
  readonly reached: AnyExchange["reached"];
  readonly #closed: (cause: unknown) => void;
  #server: McpServer | undefined;
  #isOver = false;

  /** @param closed is told why a server did not close */
  constructor({ auth, reached }: Pick<AnyExchange, "auth" | "reached">, closed: (cause: unknown) => void) {
    this.auth = auth;
    this.reached = reached;
    this.#closed = closed;
  }

  /** Its server, which serves no other message. */
  servedBy(server: McpServer): void {
    this.#server = server;
    if (this.#isOver) this.end();
  }

  /** Whether nobody waits for its answer any more. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Closes its server, now or once there is one: what still runs is told to stop, and says nothing more. */
  end(): void {
    this.#isOver = true;
    this.#server?.close().catch(this.#closed);
  }
}
