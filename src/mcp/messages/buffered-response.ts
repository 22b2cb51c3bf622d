import { textResponse } from "../../platform/text-response.ts";

type Reader = ReadableStreamDefaultReader<Uint8Array>;

/**
 * The same response, with its text at hand where there is nothing to wait for. Most calls are answered before the event
 * loop turns, though as a stream of events, and a stream costs the listener many times what a text does. What is still
 * being written is passed on as it comes.
 */
export async function buffered(response: Response): Promise<Response> {
  if (response.body === null) return response;
  if (isEventStream(response)) return bufferedEvents(response, response.body.getReader());
  return textResponse(await response.text(), response);
}

export function isEventStream(response: Response): boolean {
  return response.headers.get("content-type")?.startsWith("text/event-stream") === true;
}

async function bufferedEvents({ status, headers }: Response, reader: Reader): Promise<Response> {
  const turn = new Promise<undefined>((resolve) => setImmediate(resolve, undefined));
  const chunks: Uint8Array[] = [];
  for (;;) {
    const next = reader.read();
    // What fails is passed on to the client's reader, where it failed.
    const read = await Promise.race([next, turn]).catch(() => undefined);
    if (read === undefined) return new Response(resumed(chunks, next, reader), { status, headers });
    if (read.done) return textResponse(Buffer.concat(chunks).toString(), { status, headers });
    chunks.push(read.value);
  }
}

/** What was read, then what comes. */
function resumed(
  chunks: readonly Uint8Array[],
  next: ReturnType<Reader["read"]>,
  reader: Reader,
): ReadableStream<Uint8Array> {
  let pending: ReturnType<Reader["read"]> | undefined = next;
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        for (const chunk of chunks) controller.enqueue(chunk);
      },
      async pull(controller) {
        const { done, value } = await (pending ?? reader.read());
        pending = undefined;
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    // Nothing is read ahead of the client.
    { highWaterMark: 0 },
  );
}
