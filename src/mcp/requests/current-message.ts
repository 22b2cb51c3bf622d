import { readMessage, requestIdsIn } from "../messages/json-rpc.ts";
import type { AnyExchange } from "./exchange.ts";

/** @param cut why it was ended before its time; undefined where it was answered, or its client left */
type AtEnd = (cut: string | undefined) => void;

/** What stays with a message for as long as anything that it began: not the request, nor its body of up to 4 MB. */
export class CurrentMessage {
  readonly auth: AnyExchange["auth"];
  readonly reached: AnyExchange["reached"];
  /** Those of its requests that want an answer; in a batch there may be several. */
  readonly requestIds: readonly (string | number)[];
  /** Whether it lasts until it is closed: a subscription, or the stream of a session. */
  readonly lasts: boolean;
  readonly #atEnd: AtEnd[] = [];
  #isOver = false;
  #cut: string | undefined;

  constructor({ request, auth, body, reached }: Pick<AnyExchange, "request" | "auth" | "body" | "reached">) {
    this.auth = auth;
    this.reached = reached;
    this.lasts = request.method === "GET" || readMessage(body).method === "subscriptions/listen";
    this.requestIds = this.lasts || body === undefined ? [] : requestIdsIn(body);
  }

  /** Calls back at its end; at once where that was before. */
  atEnd(callback: AtEnd): void {
    if (this.#isOver) callback(this.#cut);
    else this.#atEnd.push(callback);
  }

  /** @param cut why, where it is ended before its time: as whoever waits for an answer is told */
  end(cut?: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#cut = cut;
    for (const callback of this.#atEnd) callback(cut);
  }
}
