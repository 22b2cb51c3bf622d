import { setImmediate } from "node:timers/promises";
import { type CallToolResult, McpServer } from "@modelcontextprotocol/server";
import { describe, expect, it } from "vitest";
import { call, INITIALIZE, startEndpoint, textOf } from "../../test/support/mcp-endpoint.ts";
import { silentLog } from "../platform/logging.ts";

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
    // A session goes on without a lease, and its server is not closed for one call.
    const staysInSession = "sessions" in options && rig.endpoint.openSessions() > 0;
    expect(signal.aborted).toBe(!staysInSession);
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
  it("and uses its id again in the session makes it fail, which is no failure of the tool", async () => {
    const logged: string[] = [];
    const rig = startEndpoint({
      sessions: true,
      log: { ...silentLog, error: (message) => logged.push(message) },
    });
    const gate = Promise.withResolvers<void>();
    const failed = Promise.withResolvers<unknown>();
    rig.registrations.registerTool("quick", {}, () => ({ content: [] }));
    rig.registrations.registerTool("talks", {}, async ({ mcpReq: { notify } }) => {
      const say = () =>
        notify({ method: "notifications/message", params: { level: "info", data: "a word" } });
      await say();
      await gate.promise;
      await say().catch((cause) => {
        failed.resolve(cause);
        throw cause;
      });
      return { content: [] };
    });
    const token = rig.tokenFor();
    const session = {
      "mcp-session-id": (await rig.post(token, INITIALIZE)).headers.get("mcp-session-id") ?? "",
    };
    await (await rig.post(token, call("talks"), session)).body?.cancel();
    await (await rig.post(token, call("quick"), session)).text();
    gate.resolve();
    expect(String(await failed.promise)).toContain("No connection established");
    await told();
    expect(logged).toEqual([]);
  });
});
