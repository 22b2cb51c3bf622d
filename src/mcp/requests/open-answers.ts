import type { Auth } from "../../core/auth.ts";
import type { Clock } from "../../platform/clock.ts";
import { textOf } from "../../platform/text-response.ts";
import { eventOf } from "../messages/accepted.ts";
import { isEventStream } from "../messages/buffered-response.ts";
import { ENDED } from "../messages/json-rpc.ts";
import { atClosingTime, closable } from "../messages/streams.ts";
import type { CurrentMessage } from "./current-message.ts";

/**
 * The answers that are under way, from when a request was let in to the last byte of its answer: each for no longer than the
 * authorization of its request.
 */
export type OpenAnswers = {
  /**
   * The response that comes of a message. Undefined where the message was cut before there was one. A response that is a stream
   * closes where it is cut, and when its token expires: whoever waits for an answer in it is told.
   */
  answer(message: CurrentMessage, begin: () => Promise<Response>): Promise<Response | undefined>;
  /** The tokens that were let in for those that are open. */
  opened(): ReadonlySet<Auth>;
  /** How many there are that were let in so, and last until they are closed. */
  lasting(condition: (auth: Auth) => boolean): number;
  /** Cuts those that were let in so. None without a token is. */
  closeWhere(condition: (auth: Auth) => boolean): void;
  /** Cuts those that end by themselves: neither subscriptions nor the streams of sessions. */
  closeCalls(why: string): void;
  closeAll(): void;
  /** How many streams are open. */
  streams(): number;
};

export function createOpenAnswers(clock: Clock): OpenAnswers {
  const open = new Set<CurrentMessage>();
  let streams = 0;

  const withStream = (source: ReadableStream<Uint8Array>, message: CurrentMessage) => {
    const { body, close } = closable(source, () => message.end());
    const cancelTimer = atClosingTime(message.auth, clock, () => message.end(ENDED));
    streams += 1;
    message.atEnd((cut) => {
      streams -= 1;
      cancelTimer();
      close(cut && lastWords(message, cut));
    });
    return body;
  };

  return {
    async answer(message, begin) {
      open.add(message);
      const over = new Promise<undefined>((resolve) => {
        message.atEnd(() => {
          open.delete(message);
          resolve(undefined);
        });
      });
      try {
        const response = await Promise.race([begin(), over]);
        if (!response || !isEventStream(response) || textOf(response) !== undefined || !response.body) {
          message.end();
          return response;
        }
        const { status, headers } = response;
        return new Response(withStream(response.body, message), { status, headers });
      } catch (cause) {
        message.end();
        throw cause;
      }
    },
    opened: () => new Set([...open].flatMap(({ auth }) => auth ?? [])),
    lasting: (condition) => [...open].filter(({ auth, lasts }) => lasts && auth && condition(auth)).length,
    closeWhere(condition) {
      for (const message of open) if (message.auth && condition(message.auth)) message.end(ENDED);
    },
    closeCalls(why) {
      for (const message of open) if (!message.lasts) message.end(why);
    },
    closeAll() {
      for (const message of open) message.end(ENDED);
    },
    streams: () => streams,
  };
}

/**
 * Clients wait for an answer until they give up, also where its stream has ended. Of a batch it is not known which of its
 * requests have theirs.
 */
function lastWords({ requestIds: [id, ...others] }: CurrentMessage, message: string): string | undefined {
  if (id === undefined || others.length > 0) return undefined;
  return eventOf(JSON.stringify({ jsonrpc: "2.0", id, error: { code: -32000, message } }));
}
