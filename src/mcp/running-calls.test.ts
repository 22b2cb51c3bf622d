import { setImmediate } from "node:timers/promises";
import { type CallToolResult, McpServer } from "@modelcontextprotocol/server";
import { describe, expect, it, vi } from "vitest";
import {
  call,
  INITIALIZE,
  messagesOf,
  RESOURCE,
  startEndpoint,
  textOf,
} from "../../test/support/mcp-endpoint.ts";

const JSON_ONLY = { accept: "application/json" };
const NEVER_SILENT = { afterMilliseconds: 60_000, everyMilliseconds: 60_000 };
const MODERN = { method: "tools/call", params: { name: "wait" } };
const SILENT = { method: "tools/call", params: { name: "silent" } };

/** A tool that says that it began, and then nothing until it is let go; and one that says nothing at all before. */
function startWaiting({ keepAlive = NEVER_SILENT, sessions = false } = {}) {
  const rig = startEndpoint({ keepAlive, sessions });
  const running = Promise.withResolvers<AbortSignal>();
  const gate = Promise.withResolvers<void>();
  const wait = async (signal: AbortSignal): Promise<CallToolResult> => {
    running.resolve(signal);
    await gate.promise;
    return { content: [{ type: "text", text: "at last" }] };
  };
  rig.registrations.registerTool("wait", {}, async ({ mcpReq: { signal, notify } }) => {
    await notify({ method: "notifications/message", params: { level: "info", data: "begun" } });
    return wait(signal);
  });
  rig.registrations.registerTool("silent", {}, ({ mcpReq: { signal } }) => wait(signal));
  return {
    ...rig,
    token: rig.tokenFor({ grantId: "grant-1" }),
    running: running.promise,
    open: gate.resolve,
  };
}

type Rig = ReturnType<typeof startWaiting>;

async function inSession({ token, post }: Rig): Promise<Response> {
  const opened = await post(token, INITIALIZE);
  const id = opened.headers.get("mcp-session-id") ?? "";
  return post(token, call("wait"), { ...JSON_ONLY, "mcp-session-id": id });
}

/** The ways in which a call is not answered before it has its whole answer. */
const ASKED = [
  ["2025, as JSON", {}, ({ token, post }: Rig) => post(token, call("wait"), JSON_ONLY)],
  ["2025, as JSON in a session", { sessions: true }, inSession],
  ["2026, as JSON", {}, ({ token, postModern }: Rig) => postModern(token, MODERN, JSON_ONLY)],
  ["2025, silent", {}, ({ token, post }: Rig) => post(token, call("silent"))],
  ["2026, silent", {}, ({ token, postModern }: Rig) => postModern(token, SILENT)],
] as const;

const ENDS = [
  ["its grant is revoked", (rig: Rig) => rig.revoke("grant-1"), 401],
  ["its person is put out", (rig: Rig) => rig.changePerson("ada"), 401],
  ["its client is disabled", (rig: Rig) => rig.disableClient("client-1"), 401],
  ["nobody knows any more what was revoked", (rig: Rig) => rig.endpoint.revocationLeaseLapsed(), 503],
  ["the server closes and it takes too long", (rig: Rig) => rig.endpoint.close(), 503],
] as const;

const ALL = ASKED.flatMap(([form, options, ask]) =>
  ENDS.map(([end, doEnd, status]) => ({ form, options, ask, end, doEnd, status })),
);

/** A tool is told in the next turn. */
const told = () => setImmediate();

describe("a call that is running", () => {
  it.concurrent.each(ALL)("($form) ends when $end: $status", async ({ options, ask, doEnd, status }) => {
    const rig = startWaiting(options);
    const answer = ask(rig);
    const signal = await rig.running;
    const ended = doEnd(rig);
    const response = await answer;
    expect(response.status).toBe(status);
    expect(response.headers.has(status === 503 ? "retry-after" : "www-authenticate")).toBe(true);
    expect(await response.json()).toMatchObject(
      status === 503 ? { jsonrpc: "2.0", id: null, error: { code: -32000 } } : { error: "invalid_token" },
    );
    await ended;
    await told();
    expect(signal.aborted).toBe(true);
    rig.open();
  });

  it("goes on where another person changes, or another client is disabled", async () => {
    const rig = startWaiting();
    const answer = rig.post(rig.token, call("wait"), JSON_ONLY);
    const signal = await rig.running;
    rig.changePerson("grace");
    rig.disableClient("client-2");
    rig.revoke("grant-2");
    await told();
    expect(signal.aborted).toBe(false);
    rig.open();
    expect(await textOf(await answer)).toBe("at last");
  });

  it.each(["post", "postModern"] as const)("ends as a stream too, silent as it is (%s)", async (era) => {
    const rig = startWaiting({ keepAlive: { afterMilliseconds: 1, everyMilliseconds: 1 } });
    const response = await rig[era](rig.token, call("silent"));
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    rig.revoke("grant-1");
    await response.text();
    await told();
    expect((await rig.running).aborted).toBe(true);
    rig.open();
  });
});

it("a request whose body comes after the revocation lease lapsed is not served", async () => {
  const rig = startWaiting();
  const called = vi.fn(() => ({ content: [] }));
  rig.registrations.registerTool("quick", {}, called);
  const body = new TransformStream<string, string>();
  const answer = rig.endpoint.fetch(
    new Request(RESOURCE, {
      method: "POST",
      headers: { authorization: `Bearer ${rig.token}`, "content-type": "application/json", ...JSON_ONLY },
      body: body.readable.pipeThrough(new TextEncoderStream()),
      duplex: "half",
    }),
  );
  await told();
  rig.loseStore();
  const writer = body.writable.getWriter();
  await writer.write(JSON.stringify(call("quick")));
  await writer.close();
  expect((await answer).status).toBe(503);
  expect(called).not.toHaveBeenCalled();
});

describe("a call that has succeeded", () => {
  it.each(ASKED)("(%s) is told of no end", async (_, options, ask) => {
    const rig = startWaiting(options);
    const answer = ask(rig);
    const signal = await rig.running;
    rig.open();
    expect(await textOf(await answer)).toBe("at last");
    await told();
    expect(signal.aborted).toBe(false);
  });

  it.each(["post", "postModern"] as const)(
    "(in the turn in which it began, %s) is told of none",
    async (era) => {
      const signals: AbortSignal[] = [];
      const { registrations, tokenFor, ...rig } = startEndpoint();
      registrations.registerTool("quick", {}, ({ mcpReq: { signal } }) => {
        signals.push(signal);
        return { content: [{ type: "text", text: "done" }] };
      });
      expect(await textOf(await rig[era](tokenFor(), call("quick")))).toBe("done");
      await told();
      expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
    },
  );

  it("of a factory's server is told of none", async () => {
    const signals: AbortSignal[] = [];
    const { tokenFor, postModern } = startEndpoint({
      factory: () => {
        const server = new McpServer({ name: "own", version: "1" });
        server.registerTool("quick", {}, ({ mcpReq: { signal } }) => {
          signals.push(signal);
          return { content: [{ type: "text", text: "done" }] };
        });
        return server;
      },
    });
    expect(await textOf(await postModern(tokenFor(), call("quick")))).toBe("done");
    await told();
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
  });
});

describe("a client that leaves during a call", () => {
  it.each([
    ["a call as JSON", call("wait")],
    ["a batch as JSON", [call("wait"), call("wait", {}, 2)]],
  ])("(%s) ends it", async (_, message) => {
    const rig = startWaiting();
    const client = new AbortController();
    const answer = rig.post(rig.token, message, JSON_ONLY, client.signal);
    const signal = await rig.running;
    client.abort();
    await expect.poll(() => signal.aborted).toBe(true);
    rig.open();
    await answer;
  });
});

describe("a handshake", () => {
  it("that is cut begins no session", async () => {
    const opening = Promise.withResolvers<void>();
    const made: McpServer[] = [];
    const rig = startEndpoint({
      sessions: true,
      async factory() {
        made.push(new McpServer({ name: "own", version: "1" }));
        await opening.promise;
        return made[0] as McpServer;
      },
    });
    const answer = rig.post(rig.tokenFor({ grantId: "grant-1" }), INITIALIZE);
    await expect.poll(() => made).toHaveLength(1);
    rig.revoke("grant-1");
    expect((await answer).status).toBe(401);
    opening.resolve();
    await told();
    await told();
    expect(made[0]?.isConnected()).toBe(false);
    expect(rig.endpoint.openSessions()).toBe(0);
  });
});

describe("in a session", () => {
  async function startSession() {
    const rig = startWaiting({ sessions: true });
    const { headers } = await rig.post(rig.token, INITIALIZE);
    const id = { "mcp-session-id": headers.get("mcp-session-id") ?? "" };
    rig.registrations.registerTool("quick", {}, () => ({ content: [{ type: "text", text: "quick" }] }));
    const lesser = rig.tokenFor({ grantId: "grant-2" });
    return { ...rig, id, lesser };
  }

  it("what a call says after its end reaches nobody who uses its id again", async () => {
    const { token, lesser, post, id, running, revoke, open } = await startSession();
    const answer = post(token, call("wait", {}, 7), { ...id, ...JSON_ONLY });
    const signal = await running;
    // The session stays with the grant that used it last, and began it.
    await post(lesser, call("quick"), id);
    revoke("grant-1");
    expect((await answer).status).toBe(401);
    await told();
    expect(signal.aborted).toBe(true);
    const again = await post(lesser, call("quick", {}, 7), { ...id, ...JSON_ONLY });
    open();
    expect(await again.text()).not.toContain("at last");
  });

  it("what a tool says after its answer reaches nobody who uses its id again", async () => {
    const { registrations, token, lesser, post, id } = await startSession();
    const later = Promise.withResolvers<void>();
    const said = Promise.withResolvers<void>();
    registrations.registerTool("late", {}, ({ mcpReq: { notify, log } }) => {
      void later.promise.then(async () => {
        await notify({ method: "notifications/message", params: { level: "info", data: "LATE" } });
        await log("info", "LATE");
        said.resolve();
      });
      return { content: [] };
    });
    await (await post(token, call("late", {}, 7), id)).text();
    const answer = post(lesser, call("wait", {}, 7), id);
    const stream = await answer;
    later.resolve();
    await said.promise;
    await post(lesser, { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 7 } }, id);
    const text = await stream.text();
    expect(text).toContain("begun");
    expect(text).not.toContain("LATE");
  });

  it.each(["elicitInput", "requestSampling", "send"] as const)(
    "a call that has ended asks no one (%s)",
    async (how) => {
      const { registrations, tokenFor, token, lesser, post, send, id, revoke } = await startSession();
      const asked = Promise.withResolvers<unknown>();
      const begun = Promise.withResolvers<void>();
      registrations.registerTool("asks", {}, async ({ mcpReq }) => {
        begun.resolve();
        await new Promise((resolve) => mcpReq.signal.addEventListener("abort", resolve));
        const ask: Record<typeof how, () => Promise<unknown>> = {
          elicitInput: () =>
            mcpReq.elicitInput({ message: "PIN", requestedSchema: { type: "object", properties: {} } }),
          requestSampling: () => mcpReq.requestSampling({ messages: [], maxTokens: 1 }),
          send: () => mcpReq.send({ method: "roots/list" }),
        };
        await ask[how]().catch(asked.resolve);
        return { content: [] };
      });
      const other = tokenFor({ grantId: "grant-3" });
      const answer = post(lesser, call("asks", {}, 7), id);
      await begun.promise;
      const listening = await send(other, "GET", id);
      expect(listening.status).toBe(200);
      // The session stays with its first grant and the last one.
      await post(token, call("quick", {}, 8), id);
      revoke("grant-2");
      expect(String(await asked.promise)).toContain("This call is over");
      await (await answer).text();
      await listening.body?.cancel();
    },
  );

  it("an id is used by one request at a time", async () => {
    const { token, post, id, running, open } = await startSession();
    const first = await post(token, call("wait", {}, 7), id);
    await running;
    const second = await post(token, call("quick", {}, 7), id);
    expect(second.status).toBe(400);
    expect((await messagesOf(second))[0]?.error?.message).toMatch(/The id 7 is used/);
    expect(await textOf(await post(token, call("quick", {}, "7"), id))).toBe("quick");
    open();
    expect(await textOf(first)).toBe("at last");
    expect(await textOf(await post(token, call("quick", {}, 7), id))).toBe("quick");
  });

  it("an id of a request that the transport refused can be used again", async () => {
    const { token, post, id } = await startSession();
    const wrong = { ...id, "mcp-protocol-version": "1999-01-01" };
    expect((await post(token, call("quick", {}, 7), wrong)).status).toBe(400);
    expect(await textOf(await post(token, call("quick", {}, 7), id))).toBe("quick");
  });

  it.each([
    ["as JSON", JSON_ONLY, 503],
    ["as a stream", {}, 200],
  ])("that its client ends, a call (%s) is told so", async (_, accept, status) => {
    const { endpoint, token, post, send, id, running } = await startSession();
    const answer = post(token, call("wait", {}, 7), { ...id, ...accept });
    const signal = await running;
    await expect.poll(() => endpoint.openStreams()).toBe(status === 200 ? 1 : 0);
    expect((await send(token, "DELETE", id)).status).toBe(200);
    const response = await answer;
    expect(response.status).toBe(status);
    expect((await messagesOf(response)).at(-1)?.error?.message).toMatch(/Send it again/);
    await told();
    expect(signal.aborted).toBe(true);
  });

  describe("what its client cancels", () => {
    const cancel = (requestId: number) => ({
      jsonrpc: "2.0",
      method: "notifications/cancelled",
      params: { requestId, reason: "I gave up" },
    });

    it.each([
      ["as JSON", JSON_ONLY, 202],
      ["as a stream", {}, 200],
    ])("(%s) is over: its answer ends without one, and the tool is told", async (_, accept, status) => {
      const { endpoint, token, tokenFor, advance, post, id, running, open } = await startSession();
      const answer = post(token, call("wait", {}, 7), { ...id, ...accept });
      const signal = await running;
      await expect.poll(() => endpoint.openStreams()).toBe(status === 200 ? 1 : 0);
      expect((await post(token, cancel(7), id)).status).toBe(202);
      const response = await answer;
      expect(response.status).toBe(status);
      expect(await response.text()).not.toMatch(/"(result|error)"/);
      expect(endpoint.openStreams()).toBe(0);
      await expect.poll(() => signal.aborted).toBe(true);
      // A tool that does not listen keeps the session no longer than one that does.
      expect(await textOf(await post(token, call("quick", {}, 8), id))).toBe("quick");
      advance(60 * 60 * 1000 + 1);
      const later = tokenFor({ grantId: "grant-1" });
      expect((await post(later, call("quick", {}, 9), id)).status).toBe(404);
      open();
    });

    it("keeps its id, under which the tool may still say something", async () => {
      const { token, post, id, running, open } = await startSession();
      const answer = post(token, call("wait", {}, 7), id);
      await running;
      await post(token, cancel(7), id);
      await (await answer).text();
      expect((await post(token, call("quick", {}, 7), id)).status).toBe(400);
      open();
    });

    it("a thousand times ends the session, which would keep each id", async () => {
      const { endpoint, registrations, token, post, id } = await startSession();
      let begin = () => {};
      registrations.registerTool("stuck", {}, () => {
        begin();
        return new Promise<never>(() => {});
      });
      for (let n = 0; n < 1000; n += 1) {
        expect(endpoint.openSessions()).toBe(1);
        const begun = new Promise<void>((resolve) => {
          begin = resolve;
        });
        const answer = post(token, call("stuck", {}, n), { ...id, ...JSON_ONLY });
        await begun;
        await post(token, cancel(n), id);
        await answer;
      }
      expect(endpoint.openSessions()).toBe(0);
      expect((await post(token, call("quick"), id)).status).toBe(404);
    });

    it.each([JSON_ONLY, {}])("of a batch leaves the others their answer (%o)", async (accept) => {
      const { token, post, id, running, open } = await startSession();
      const batch = [call("wait", {}, 7), call("quick", {}, 8)];
      const answer = post(token, batch, { ...id, ...accept });
      await running;
      await post(token, cancel(7), id);
      const answers = (await messagesOf(await answer)).flat().filter((said) => "result" in said);
      expect(answers.map((said) => said.id)).toEqual([8]);
      open();
    });

    it("is only what runs: another one's id ends nothing", async () => {
      const { token, post, id, running, open } = await startSession();
      const answer = post(token, call("wait", {}, 7), { ...id, ...JSON_ONLY });
      const signal = await running;
      expect((await post(token, cancel(8), id)).status).toBe(202);
      await told();
      expect(signal.aborted).toBe(false);
      open();
      expect(await textOf(await answer)).toBe("at last");
    });
  });
});
