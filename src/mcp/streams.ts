import type { Auth } from "../core/auth.ts";
import type { Clock } from "../platform/clock.ts";
import { textOf } from "../platform/text-response.ts";
import { isEventStream } from "./buffered-response.ts";
import type { Answer } from "./exchange.ts";

/** The streams that are open, each for no longer than the authorization that opened it. */
export type Streams = {
  /**
   * The response, whose stream (if it still is one) closes when it is done, when the reader leaves, when the token expires, when
   * the grant is revoked, when the person changes or when the server closes. The answer is done then; at once where there is no stream.
   * @param auth null for one that was opened without a token: it closes after half an hour
   */
  bind(answer: Answer, auth: Auth | null): Response;
  /** The tokens that those that are open were opened with. */
  opened(): ReadonlySet<Auth>;
  /** Closes those that were opened so. None without a token is. */
  closeWhere(condition: (auth: Auth) => boolean): void;
  closeAll(): void;
  /** How many are open. */
  count(): number;
};

type Stream = { readonly auth: Auth | null; close(): void };

export function createStreams(clock: Clock): Streams {
  const open = new Set<Stream>();

  const closeWhere = (condition: (auth: Auth) => boolean) => {
    for (const stream of open) if (stream.auth && condition(stream.auth)) stream.close();
  };

  const bindStream = (source: ReadableStream<Uint8Array>, auth: Auth | null, done: () => void) => {
    const { body, close } = closable(source, () => {
      cancelTimer();
      open.delete(stream);
      done();
    });
    const stream = { auth, close };
    const cancelTimer = atTime(closingTime(auth, clock()), clock, close);
    open.add(stream);
    return body;
  };

  return {
    bind({ response, done }, auth) {
      if (isEventStream(response) && textOf(response) === undefined && response.body) {
        const { status, headers } = response;
        return new Response(bindStream(response.body, auth, done), { status, headers });
      }
      done();
      return response;
    },
    opened: () => new Set([...open].flatMap(({ auth }) => auth ?? [])),
    closeWhere,
    closeAll() {
      for (const stream of open) stream.close();
    },
    count: () => open.size,
  };
}

/** The same stream, which can be closed from here. `onClosed` is called once, in whatever way it comes to its end. */
function closable(
  source: ReadableStream<Uint8Array>,
  onClosed: () => void,
): { readonly body: ReadableStream<Uint8Array>; close(): void } {
  const reader = source.getReader();
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  let closed = false;
  const finish = () => {
    closed = true;
    onClosed();
  };
  const body = new ReadableStream<Uint8Array>(
    {
      start(started) {
        controller = started;
      },
      async pull(pulled) {
        try {
          const { done, value } = await reader.read();
          if (closed) return;
          if (!done) return pulled.enqueue(value);
          finish();
          pulled.close();
        } catch (cause) {
          if (!closed) finish();
          pulled.error(cause);
        }
      },
      cancel(reason) {
        if (!closed) finish();
        return reader.cancel(reason);
      },
    },
    // Nothing is read ahead of the client.
    { highWaterMark: 0 },
  );
  return {
    body,
    close() {
      if (closed) return;
      finish();
      controller?.close();
      reader.cancel().catch(() => {});
    },
  };
}

/** A provider's token is let in a little after its end, because clocks differ. What it asks for then is answered. */
const LATE_MILLISECONDS = 30_000;

const WITHOUT_TOKEN_MILLISECONDS = 30 * 60 * 1000;

function closingTime(auth: Auth | null, now: number): number {
  if (auth === null) return now + WITHOUT_TOKEN_MILLISECONDS;
  const { expiresAt, grantId } = auth;
  const end = expiresAt * 1000;
  return grantId === null && end <= now ? now + LATE_MILLISECONDS : end;
}

/**
 * Timers of one duration cost next to nothing, and each duration of its own costs a list. Streams that have long to live
 * all wait for the same, over and over.
 */
const WAIT_MILLISECONDS = 60_000;

/** Calls back at a time, in epoch milliseconds. Returns what calls it off. Does not keep the process alive. */
function atTime(time: number, clock: Clock, callback: () => void): () => void {
  const wait = () => {
    const remaining = time - clock();
    return setTimeout(
      () => {
        if (remaining > WAIT_MILLISECONDS) timer = wait();
        else callback();
      },
      Math.min(Math.max(remaining, 0), WAIT_MILLISECONDS),
    ).unref();
  };
  let timer = wait();
  return () => clearTimeout(timer);
}
