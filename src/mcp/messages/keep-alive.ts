import { within } from "../../platform/within.ts";
import { eventOf } from "./accepted.ts";
import { isEventStream } from "./buffered-response.ts";

export type KeepAlive = {
  /** How long a call may be silent before its answer becomes a stream. */
  readonly afterMilliseconds: number;
  /** How often the stream says that the call is still running. */
  readonly everyMilliseconds: number;
};

/** Proxies give up on an answer that sends nothing for 60 to 100 seconds. */
export const KEEP_ALIVE: KeepAlive = { afterMilliseconds: 5000, everyMilliseconds: 15_000 };

const COMMENT = ": keepalive\n\n";

/**
 * The answer where it comes soon, else a stream of events that stays alive until it comes. In the 2026 era the SDK sends
 * no byte before a tool has something to say.
 */
export async function keptAlive(answer: Promise<Response>, keepAlive: KeepAlive): Promise<Response> {
  const soon =
    (await inThisTurn(answer)) ?? (await within(keepAlive.afterMilliseconds, answer, () => undefined));
  if (soon) return soon;
  return new Response(streamUntil(answer, keepAlive.everyMilliseconds), {
    headers: {
      "Content-Type": "text/event-stream",
      "Cache-Control": "no-cache, no-transform",
      "X-Accel-Buffering": "no",
    },
  });
}

/** Most calls are answered before the event loop turns, and need no timer. Undefined where this one is not. */
function inThisTurn(answer: Promise<Response>): Promise<Response | undefined> {
  return Promise.race([answer, new Promise<undefined>((resolve) => setImmediate(resolve, undefined))]);
}

function streamUntil(answer: Promise<Response>, everyMilliseconds: number): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let beat: NodeJS.Timeout | undefined;
  let left = false;
  let rest: ReadableStreamDefaultReader<Uint8Array> | undefined;
  return new ReadableStream<Uint8Array>({
    start(controller) {
      const say = () => controller.enqueue(encoder.encode(COMMENT));
      say();
      beat = setInterval(say, everyMilliseconds);
    },
    async pull(controller) {
      if (rest === undefined) {
        const response = await answer.finally(() => clearInterval(beat));
        if (left) return void response.body?.cancel();
        if (response.body === null) return controller.close();
        if (!isEventStream(response)) {
          controller.enqueue(encoder.encode(eventOf(await response.text())));
          return controller.close();
        }
        rest = response.body.getReader();
      }
      const { done, value } = await rest.read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel(reason) {
      left = true;
      clearInterval(beat);
      await rest?.cancel(reason);
    },
  });
}
