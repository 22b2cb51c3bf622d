import { setTimeout as sleep } from "node:timers/promises";
import { McpServer } from "@modelcontextprotocol/server";
import { afterEach, describe, expect, it, vi } from "vitest";
import { call, messagesOf, startEndpoint, textOf } from "../../../test/support/mcp-endpoint.ts";
import type { Auth } from "../../core/auth.ts";
import { eventOf } from "../messages/accepted.ts";
import { CurrentMessage } from "./current-message.ts";
import { createOpenAnswers, type OpenAnswers } from "./open-answers.ts";

afterEach(() => {
  vi.useRealTimers();
});

/** An event stream that never ends of itself, and whether somebody let go of it. */
function endless() {
  const state = { cancelled: false };
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(": open\n\n"));
    },
    cancel() {
      state.cancelled = true;
    },
  });
  return { response: new Response(body, { headers: { "content-type": "text/event-stream" } }), state };
}

function authUntil(expiresAt: number, grantId: string | null = "grant-1"): Auth {
  return { expiresAt, grantId } as Auth;
}

const NEVER = 9e9;
const REFUSED = {
  jsonrpc: "2.0",
  id: 1,
  error: { code: -32000, message: "The authorization of this request has ended or changed. Send it again." },
};
const ofGrant1 = ({ grantId }: Auth) => grantId === "grant-1";

/** What becomes of a message that is answered with this. */
async function opened(open: OpenAnswers, response: Response, auth: Auth) {
  const finished = vi.fn();
  const request = new Request("https://mcp.example/mcp", { method: "POST" });
  const message = new CurrentMessage({ request, auth, body: call("any"), reached: undefined });
  message.atEnd(finished);
  const given = await open.answer(message, async () => response);
  if (!given) throw new Error("It was closed before it was answered.");
  return { given, finished };
}

describe("a stream", () => {
  it.each([
    ["its grant is revoked", (open: OpenAnswers) => open.closeWhere(ofGrant1)],
    ["the server closes", (open: OpenAnswers) => open.closeAll()],
  ])("ends when %s: the reader is told, the source is let go", async (_, end) => {
    const open = createOpenAnswers(Date.now);
    const { response, state } = endless();
    const { given, finished } = await opened(open, response, authUntil(NEVER));
    const read = given.text();
    await sleep(1);
    expect(finished).not.toHaveBeenCalled();
    end(open);
    expect(await read).toBe(`: open\n\n${eventOf(JSON.stringify(REFUSED))}`);
    expect(state.cancelled).toBe(true);
    expect(finished).toHaveBeenCalledTimes(1);
    end(open);
    expect(finished).toHaveBeenCalledTimes(1);
  });

  it("of another grant stays open", async () => {
    const open = createOpenAnswers(Date.now);
    const others = [
      await opened(open, endless().response, authUntil(NEVER, "grant-2")),
      await opened(open, endless().response, authUntil(NEVER, null)),
    ];
    open.closeWhere(ofGrant1);
    for (const { finished } of others) expect(finished).not.toHaveBeenCalled();
  });

  it("ends when its token expires, however far off that is", async () => {
    vi.useFakeTimers({ now: 0 });
    // A timer holds no more than 24.8 days.
    const days = 60;
    const { finished } = await opened(
      createOpenAnswers(Date.now),
      endless().response,
      authUntil(days * 86_400),
    );
    await vi.advanceTimersByTimeAsync(days * 86_400_000 - 1);
    expect(finished).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(finished).toHaveBeenCalledTimes(1);
  });

  it("lets go of its source when the reader leaves", async () => {
    const { response, state } = endless();
    const { given, finished } = await opened(createOpenAnswers(Date.now), response, authUntil(NEVER));
    await given.body?.cancel();
    expect(state.cancelled).toBe(true);
    expect(finished).toHaveBeenCalledTimes(1);
  });

  it("passes on what its source fails with, and ends", async () => {
    const broken = new ReadableStream({ pull: (controller) => controller.error(new Error("broken")) });
    const response = new Response(broken, { headers: { "content-type": "text/event-stream" } });
    const { given, finished } = await opened(createOpenAnswers(Date.now), response, authUntil(NEVER));
    await expect(given.text()).rejects.toThrow("broken");
    expect(finished).toHaveBeenCalledTimes(1);
  });

  it("is only what is one: another answer passes untouched", async () => {
    const response = Response.json({});
    const { given, finished } = await opened(createOpenAnswers(Date.now), response, authUntil(0));
    expect(given).toBe(response);
    expect(finished).toHaveBeenCalledTimes(1);
  });
});

describe("a long call", () => {
  function startLong() {
    const rig = startEndpoint();
    const aborted = Promise.withResolvers<void>();
    const started = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    rig.registrations.registerTool("long", {}, async ({ mcpReq }) => {
      await mcpReq.notify({ method: "notifications/message", params: { level: "info", data: "begun" } });
      mcpReq.signal.addEventListener("abort", () => aborted.resolve());
      started.resolve();
      await release.promise;
      return { content: [{ type: "text", text: "finished" }] };
    });
    return { ...rig, aborted: aborted.promise, started: started.promise, release: release.resolve };
  }

  it("is aborted when its grant is revoked: neither the stream nor the handler outlives it", async () => {
    const { tokenFor, post, revoke, aborted, started, release } = startLong();
    const response = await post(tokenFor({ grantId: "grant-1" }), call("long"));
    await started;
    revoke("grant-1");
    expect((await messagesOf(response)).at(-1)).toEqual(REFUSED);
    await aborted;
    release();
  });

  it("is aborted so on the modern revision too", async () => {
    const { tokenFor, postModern, revoke, aborted, started, release } = startLong();
    const message = { method: "tools/call", params: { name: "long", _meta: {} } };
    const response = postModern(tokenFor({ grantId: "grant-1" }), message);
    await started;
    const streaming = await response;
    expect(streaming.headers.get("content-type")).toBe("text/event-stream");
    revoke("grant-1");
    expect((await messagesOf(streaming)).at(-1)).toEqual(REFUSED);
    await aborted;
    release();
  });

  it("finishes before the server closes, while new ones are turned away", async () => {
    const { endpoint, tokenFor, post, started, release } = startLong();
    const token = tokenFor();
    const response = await post(token, call("long"));
    await started;
    const closed = endpoint.close();
    expect((await post(token, call("long"))).status).toBe(503);
    // Longer than a close that did not wait.
    await sleep(50);
    release();
    expect(await textOf(response)).toBe("finished");
    await closed;
  });
});

describe("a subscription (2026-07-28)", () => {
  const LISTEN = { method: "subscriptions/listen", params: { notifications: { toolsListChanged: true } } };

  it("hears of what is registered late, and ends with its grant", async () => {
    const { registrations, tokenFor, postModern, revoke } = startEndpoint();
    registrations.registerTool("first", {}, () => ({ content: [] }));
    const response = await postModern(tokenFor({ grantId: "grant-1" }), LISTEN);
    registrations.registerTool("late", {}, () => ({ content: [] }));
    const read = messagesOf(response);
    await sleep(1);
    revoke("grant-1");
    expect((await read).map(({ method }) => method)).toEqual([
      "notifications/subscriptions/acknowledged",
      "notifications/tools/list_changed",
    ]);
  });

  it("is refused where its grant ended while it was being opened", async () => {
    const rig = startEndpoint({
      factory: () => {
        rig.revoke("grant-1");
        return new McpServer({ name: "test-server", version: "1" }, { capabilities: { tools: {} } });
      },
    });
    const response = await rig.postModern(rig.tokenFor({ grantId: "grant-1" }), LISTEN);
    expect(response.status).toBe(401);
    expect(rig.endpoint.openStreams()).toBe(0);
  });

  it("is told goodbye when the server closes, which does not wait for it", async () => {
    const { registrations, endpoint, tokenFor, postModern } = startEndpoint();
    registrations.registerTool("first", {}, () => ({ content: [] }));
    const read = messagesOf(await postModern(tokenFor(), LISTEN));
    await endpoint.close();
    expect((await read).at(-1)?.result).toMatchObject({ resultType: "complete" });
  });

  const PROVIDERS = { grantId: null } as const;

  it.each([
    ["our own token", {}],
    ["a provider's token", PROVIDERS],
  ])("of %s ends when its person changes, and no one else's does", async (_whose, auth) => {
    const { endpoint, registrations, tokenFor, postModern, changePerson } = startEndpoint();
    registrations.registerTool("first", {}, () => ({ content: [] }));
    const read = messagesOf(await postModern(tokenFor({ ...auth, person: { id: "ada" } }), LISTEN));
    const others = [auth, PROVIDERS].map((one) => tokenFor({ ...one, person: { id: "grace" } }));
    for (const other of others) await postModern(other, LISTEN);
    changePerson("ada");
    await read;
    await sleep(1);
    expect(endpoint.openStreams()).toBe(2);
  });

  it("of a provider's token ends where it is about somebody else now, whoever it was that changed", async () => {
    const { endpoint, registrations, tokenFor, postModern, changePerson } = startEndpoint();
    registrations.registerTool("first", {}, () => ({ content: [] }));
    const token = tokenFor({ ...PROVIDERS, person: { id: "okta:1" } });
    const read = messagesOf(await postModern(token, LISTEN));
    changePerson("okta:1", "ada");
    await read;
    const again = messagesOf(await postModern(token, LISTEN));
    changePerson("grace");
    await sleep(1);
    expect(endpoint.openStreams()).toBe(1);
    changePerson("ada");
    await again;
  });

  it("is refused where its person was put out while it was being opened", async () => {
    const rig = startEndpoint({
      factory: () => {
        rig.changePerson("okta:1");
        return new McpServer({ name: "test-server", version: "1" }, { capabilities: { tools: {} } });
      },
    });
    const token = rig.tokenFor({ ...PROVIDERS, person: { id: "okta:1" } });
    const response = await rig.postModern(token, LISTEN);
    expect(response.status).toBe(401);
    expect(rig.endpoint.openStreams()).toBe(0);
  });

  it("is refused to a person who has a hundred, and to no one else", async () => {
    const { endpoint, registrations, tokenFor, postModern } = startEndpoint();
    registrations.registerTool("first", {}, () => ({ content: [] }));
    const token = tokenFor();
    const streams = await Promise.all(Array.from({ length: 100 }, () => postModern(token, LISTEN)));
    const refused = await postModern(tokenFor(), LISTEN);
    expect(refused.status).toBe(429);
    expect(refused.headers.get("retry-after")).toBe("60");
    expect((await messagesOf(refused))[0]?.error?.message).toMatch(/100 open streams.*Close one/);
    expect((await postModern(token, { method: "tools/call", params: { name: "first" } })).status).toBe(200);
    for (const other of [{ person: { id: "grace" } }, { issuer: "https://other.example" }]) {
      expect((await postModern(tokenFor(other), LISTEN)).status).toBe(200);
    }
    await streams[0]?.body?.cancel();
    expect((await postModern(token, LISTEN)).status).toBe(200);
    expect(endpoint.openStreams()).toBe(102);
  });

  it("ends with its key, also while a provider does not say what its own tokens are worth", async () => {
    let provider = Promise.resolve();
    const { endpoint, registrations, tokenFor, postModern, disableClient } = startEndpoint({
      verifying: ({ grantId }) => (grantId === null ? provider : Promise.resolve()),
    });
    registrations.registerTool("first", {}, () => ({ content: [] }));
    for (let n = 0; n < 3; n += 1) await postModern(tokenFor(PROVIDERS), LISTEN);
    const read = messagesOf(await postModern(tokenFor({ client: { id: "client-2", name: null } }), LISTEN));
    expect(endpoint.openStreams()).toBe(4);
    const hanging = Promise.withResolvers<void>();
    provider = hanging.promise;
    disableClient("client-2");
    await read;
    expect(endpoint.openStreams()).toBe(3);
    hanging.resolve();
  });
});
