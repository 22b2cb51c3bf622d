import type { Auth } from "../core/auth.ts";
import type { Clock } from "../platform/clock.ts";
import { textOf } from "../platform/text-response.ts";
import { isEventStream } from "./buffered-response.ts";
import type { CurrentMessage } from "./current-message.ts";
import type { Answer } from "./exchange.ts";
import { closable } from "./streams.ts";

/**
 * The answers that are under way, from when a request was let in to the last byte of its answer: each for no longer than the
 * authorization of its request.
 */
export type OpenAnswers = {
  /**
   * The response that comes of a message. Undefined where it was closed before there was one: when the grant was revoked, the
   * person changed or the server closed. A response that is a stream closes then, and also when its token expires.
   * @param finished called once nothing of it is under way any more
   */
  answer(
    message: CurrentMessage,
    begin: () => Promise<Answer>,
    finished: () => void,
  ): Promise<Response | undefined>;
  /** The tokens that were let in for those that are open. */
  opened(): ReadonlySet<Auth>;
  /** Closes those that were let in so. None without a token is. */
  closeWhere(condition: (auth: Auth) => boolean): void;
  /** Closes those of which there is no response yet. */
  closeUnanswered(): void;
  closeAll(): void;
  /** How many streams are open. */
  streams(): number;
};

type OpenAnswer = { readonly auth: Auth | null; close(): void };

export function createOpenAnswers(clock: Clock): OpenAnswers {
  const unanswered = new Set<OpenAnswer>();
  const streams = new Set<OpenAnswer>();
  const all = () => [...unanswered, ...streams];

  const withStream = (source: ReadableStream<Uint8Array>, { auth }: CurrentMessage, done: () => void) => {
    const { body, close } = closable(source, auth, clock, () => {
      streams.delete(stream);
      done();
    });
    const stream = { auth, close };
    streams.add(stream);
    return body;
  };

  return {
    async answer(message, begin, finished) {
      const closed = Promise.withResolvers<undefined>();
      const one: OpenAnswer = {
        auth: message.auth,
        close() {
          unanswered.delete(one);
          message.end();
          closed.resolve(undefined);
        },
      };
      unanswered.add(one);
      const end = ({ done }: Answer) => {
        message.end();
        done();
        finished();
      };
      try {
        const answering = begin();
        const answer = await Promise.race([answering, closed.promise]);
        if (answer === undefined) {
          answering.then(end, finished);
          return undefined;
        }
        const { response } = answer;
        if (!isEventStream(response) || textOf(response) !== undefined || !response.body) {
          end(answer);
          return response;
        }
        const { status, headers } = response;
        return new Response(
          withStream(response.body, message, () => end(answer)),
          { status, headers },
        );
      } catch (cause) {
        message.end();
        finished();
        throw cause;
      } finally {
        unanswered.delete(one);
      }
    },
    opened: () => new Set(all().flatMap(({ auth }) => auth ?? [])),
    closeWhere(condition) {
      for (const one of all()) if (one.auth && condition(one.auth)) one.close();
    },
    closeUnanswered() {
      for (const one of unanswered) one.close();
    },
    closeAll() {
      for (const one of all()) one.close();
    },
    streams: () => streams.size,
  };
}
