import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { textOf } from "../../platform/text-response.ts";
import { buffered } from "./buffered-response.ts";

const HEADERS = { "content-type": "text/event-stream", "mcp-session-id": "abc" };

type Source = (controller: ReadableStreamDefaultController<Uint8Array>) => void | Promise<void>;

function events(write: Source, state: { cancelled?: boolean } = {}): Response {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      void write(controller);
    },
    cancel() {
      state.cancelled = true;
    },
  });
  return new Response(body, { status: 200, headers: HEADERS });
}

const bytes = (text: string) => new TextEncoder().encode(text);

describe("an answer", () => {
  it("whose events are all written before the event loop turns is at hand, with its headers", async () => {
    const answer = await buffered(
      events(async (controller) => {
        controller.enqueue(bytes("event: message\n"));
        for (let i = 0; i < 50; i += 1) await undefined;
        // A character of two bytes, cut between them.
        controller.enqueue(bytes("data: Zoë\n\n").subarray(0, 9));
        controller.enqueue(bytes("data: Zoë\n\n").subarray(9));
        controller.close();
      }),
    );
    expect(textOf(answer)).toBe("event: message\ndata: Zoë\n\n");
    expect(Object.fromEntries(answer.headers)).toMatchObject(HEADERS);
    expect(await answer.text()).toBe("event: message\ndata: Zoë\n\n");
  });

  it("that takes longer begins with what is there, and goes on as it comes", async () => {
    const later = Promise.withResolvers<void>();
    const answer = await buffered(
      events((controller) => {
        controller.enqueue(bytes("1"));
        controller.enqueue(bytes("2"));
        void later.promise.then(() => {
          controller.enqueue(bytes("3"));
          controller.close();
        });
      }),
    );
    expect(textOf(answer)).toBeUndefined();
    expect(Object.fromEntries(answer.headers)).toMatchObject(HEADERS);
    const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
    expect(await reader?.read()).toEqual({ done: false, value: "1" });
    expect(await reader?.read()).toEqual({ done: false, value: "2" });
    later.resolve();
    expect(await reader?.read()).toEqual({ done: false, value: "3" });
    expect(await reader?.read()).toMatchObject({ done: true });
  });

  it("that nobody waits for any more is let go", async () => {
    const state = { cancelled: false };
    const answer = await buffered(events(() => {}, state));
    await answer.body?.cancel();
    expect(state.cancelled).toBe(true);
  });

  it.each([
    ["at once", async () => {}],
    ["later", () => sleep(5)],
  ])("that fails %s fails for the reader", async (_, wait) => {
    const answer = await buffered(
      events((controller) => {
        controller.enqueue(bytes("1"));
        void wait().then(() => controller.error(new Error("broken")));
      }),
    );
    expect(textOf(answer)).toBeUndefined();
    await expect(answer.text()).rejects.toThrow("broken");
  });

  it("in JSON is at hand, and one without a body stays as it is", async () => {
    const json = await buffered(Response.json({ ok: true }, { status: 400, headers: { "X-Other": "1" } }));
    expect(json.status).toBe(400);
    expect(json.headers.get("x-other")).toBe("1");
    expect(json.headers.get("content-type")).toBe("application/json");
    expect(textOf(json)).toBe('{"ok":true}');
    const accepted = new Response(null, { status: 202 });
    expect(await buffered(accepted)).toBe(accepted);
  });
});
