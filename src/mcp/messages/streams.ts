import type { Auth } from "../../core/auth.ts";
import type { Clock } from "../../platform/clock.ts";

/**
 * The same stream, which can be closed from here, with a last event before its end.
 * @param onClosed called once, in whatever way it comes to its end
 */
export function closable(
  source: ReadableStream<Uint8Array>,
  onClosed: () => void,
): { readonly body: ReadableStream<Uint8Array>; close(last?: string): void } {
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
    close(last) {
      if (closed) return;
      finish();
      if (last !== undefined) controller?.enqueue(new TextEncoder().encode(last));
      controller?.close();
      reader.cancel().catch(() => {});
    },
  };
}

/** A provider's token is let in a little after its end, because clocks differ. What it asks for then is answered. */
const LATE_MILLISECONDS = 30_000;

const WITHOUT_TOKEN_MILLISECONDS = 30 * 60 * 1000;

/**
 * Calls back when the token that opened a stream expires, and half an hour after a stream was opened without one.
 * @returns what calls it off
 */
export function atClosingTime(auth: Auth | null, clock: Clock, callback: () => void): () => void {
  return atTime(closingTime(auth, clock()), clock, callback);
}

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
