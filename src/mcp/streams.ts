import type { Auth } from "../core/auth.ts";
import type { Clock } from "../platform/clock.ts";
import { textOf } from "../platform/text-response.ts";
import { isEventStream } from "./buffered-response.ts";

/** The streams that are open, each ending with the authorization that opened it. */
export type Streams = {
  /**
   * The response, whose stream (if it still is one) ends when it is done, when the reader leaves, when the token expires, when
   * the grant is revoked or when the server closes. `onEnd` is called once then; at once where there is no stream.
   */
  bind(response: Response, auth: Auth, onEnd: () => void): Response;
  closeGrant(grantId: string): void;
  /** Ends those that came of a grant, whichever it is. */
  closeGrants(): void;
  closeAll(): void;
  /** How many are open. */
  count(): number;
};

type Stream = { readonly grantId: string | null; end(): void };

export function createStreams(clock: Clock): Streams {
  const open = new Set<Stream>();

  const bind = (response: Response, auth: Auth, onEnd: () => void): Response => {
    if (!isEventStream(response) || textOf(response) !== undefined || !response.body) {
      onEnd();
      return response;
    }
    const reader = response.body.getReader();
    let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
    let cancelTimer = () => {};
    let ended = false;
    const finish = () => {
      ended = true;
      cancelTimer();
      open.delete(stream);
      onEnd();
    };
    const stream: Stream = {
      grantId: auth.grantId,
      end() {
        if (ended) return;
        finish();
        controller?.close();
        reader.cancel().catch(() => {});
      },
    };
    open.add(stream);
    cancelTimer = atTime(endOf(auth, clock()), clock, stream.end);
    const body = new ReadableStream<Uint8Array>(
      {
        start(started) {
          controller = started;
        },
        async pull(pulled) {
          try {
            const { done, value } = await reader.read();
            if (ended) return;
            if (!done) return pulled.enqueue(value);
            finish();
            pulled.close();
          } catch (cause) {
            if (!ended) finish();
            pulled.error(cause);
          }
        },
        cancel(reason) {
          if (!ended) finish();
          return reader.cancel(reason);
        },
      },
      // Nothing is read ahead of the client.
      { highWaterMark: 0 },
    );
    return new Response(body, { status: response.status, headers: response.headers });
  };

  return {
    bind,
    closeGrant(grantId) {
      for (const stream of open) if (stream.grantId === grantId) stream.end();
    },
    closeGrants() {
      for (const stream of open) if (stream.grantId !== null) stream.end();
    },
    closeAll() {
      for (const stream of open) stream.end();
    },
    count: () => open.size,
  };
}

/** A provider's token is let in a little after its end, because clocks differ. What it asks for then is answered. */
const LATE_MILLISECONDS = 30_000;

function endOf({ expiresAt, grantId }: Auth, now: number): number {
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
