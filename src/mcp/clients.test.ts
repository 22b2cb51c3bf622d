import { setTimeout as sleep } from "node:timers/promises";
import {
  Client,
  type ClientOptions,
  InsufficientScopeError,
  StreamableHTTPClientTransport,
} from "@modelcontextprotocol/client";
import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { startEndpoint } from "../../test/support/mcp-endpoint.ts";

const ERAS = {
  "2025-11-25 without a session": { sessions: false, negotiation: { mode: "legacy" } },
  "2025-11-25 in a session": { sessions: true, negotiation: { mode: "legacy" } },
  "2026-07-28": { sessions: true, negotiation: { mode: { pin: "2026-07-28" } } },
} as const;

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** The SDK's own client, over a socket, with a token that it was given. */
async function connect(era: keyof typeof ERAS, options: ClientOptions = {}) {
  const { sessions, negotiation } = ERAS[era];
  const rig = startEndpoint({ sessions });
  rig.registrations.registerTool(
    "greet",
    { inputSchema: z.object({ greeting: z.string() }), outputSchema: z.object({ said: z.string() }) },
    ({ greeting }, { person }) => {
      const said = `${greeting}, ${person.name}!`;
      return { content: [{ type: "text", text: said }], structuredContent: { said } };
    },
  );
  rig.registrations.registerTool("write", { scopes: ["write"] }, () => ({ content: [] }));
  rig.registrations.registerTool("ask", {}, async ({ mcpReq }) => {
    const { action } = await mcpReq.elicitInput({
      message: "Sure?",
      requestedSchema: { type: "object", properties: { sure: { type: "boolean" } } },
    });
    return { content: [{ type: "text", text: action }] };
  });
  rig.registrations.registerTool("slow", {}, async ({ mcpReq }) => {
    const progressToken = mcpReq._meta?.progressToken;
    if (progressToken !== undefined) {
      await mcpReq.notify({
        method: "notifications/progress",
        params: { progressToken, progress: 1, total: 1 },
      });
    }
    return { content: [{ type: "text", text: "done" }] };
  });
  const { url, close } = await rig.listen();
  closing.push(close);
  const authorization = `Bearer ${rig.tokenFor({ grantId: "grant-1" })}`;
  const client = new Client({ name: "test", version: "1" }, { ...options, versionNegotiation: negotiation });
  const transport = new StreamableHTTPClientTransport(url, { requestInit: { headers: { authorization } } });
  await client.connect(transport);
  closing.push(() => client.close());
  return { ...rig, client, transport };
}

describe.each(Object.keys(ERAS) as (keyof typeof ERAS)[])("the SDK's client of %s", (era) => {
  it("lists, calls and hears of progress", async () => {
    const { client } = await connect(era);
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual([
      "greet",
      "write",
      "ask",
      "slow",
    ]);
    const { structuredContent } = await client.callTool({ name: "greet", arguments: { greeting: "Hello" } });
    expect(structuredContent).toEqual({ said: "Hello, Ada!" });
    const heard: number[] = [];
    await client.callTool({ name: "slow" }, { onprogress: ({ progress }) => heard.push(progress) });
    expect(heard).toEqual([1]);
    expect(client.getServerVersion()).toMatchObject({ name: "test-server", version: "1.2.3" });
  });

  it("is told which scopes to come back with", async () => {
    const { client } = await connect(era);
    const refusal = await client.callTool({ name: "write" }).catch((cause: unknown) => cause);
    expect(refusal).toBeInstanceOf(InsufficientScopeError);
    expect(refusal).toMatchObject({ requiredScope: "mcp write" });
  });

  it("finds no way in once its grant is revoked", async () => {
    const { client, revoke } = await connect(era);
    revoke("grant-1");
    await expect(client.callTool({ name: "slow" })).rejects.toThrow("invalid_token");
  });

  it.each([
    ["before it has said anything", "silent", /invalid_token/],
    ["in its stream", "talks", /has ended or changed/],
  ])("is told at once where its grant is revoked during a call (%s)", async (_, name, reason) => {
    const { client, registrations, revoke } = await connect(era);
    const running = Promise.withResolvers<void>();
    registrations.registerTool("silent", {}, async ({ mcpReq: { signal } }) => {
      running.resolve();
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      return { content: [] };
    });
    registrations.registerTool("talks", {}, async ({ mcpReq: { signal, notify } }) => {
      await notify({ method: "notifications/message", params: { level: "info", data: "begun" } });
      // The client reads it, so its stream has begun.
      setTimeout(running.resolve, 100);
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      return { content: [] };
    });
    const called = expect(client.callTool({ name })).rejects.toThrow(reason);
    await running.promise;
    revoke("grant-1");
    await called;
  });
});

describe("a session", () => {
  it("carries the server's questions to the client", async () => {
    const { client, transport } = await connect("2025-11-25 in a session", {
      capabilities: { elicitation: { form: {} } },
    });
    expect(transport.sessionId).toBeDefined();
    client.setRequestHandler("elicitation/create", () => ({ action: "decline" }));
    expect((await client.callTool({ name: "ask" })).content).toEqual([{ type: "text", text: "decline" }]);
  });

  it("keeps no stream for a call that its client gave up", async () => {
    const { client, registrations, endpoint } = await connect("2025-11-25 in a session");
    const gate = Promise.withResolvers<{ content: [] }>();
    registrations.registerTool("silent", {}, () => gate.promise);
    await expect.poll(() => endpoint.openStreams()).toBe(1);
    await expect(client.callTool({ name: "silent" }, { timeout: 100 })).rejects.toThrow("timed out");
    await expect.poll(() => endpoint.openStreams()).toBe(1);
    gate.resolve({ content: [] });
    expect((await client.callTool({ name: "slow" })).content).toEqual([{ type: "text", text: "done" }]);
  });

  it("is not given where the server has none", async () => {
    const { transport } = await connect("2025-11-25 without a session");
    expect(transport.sessionId).toBeUndefined();
  });
});

describe("a change of the list", () => {
  it.each(["2025-11-25 in a session", "2026-07-28"] as const)("reaches the client of %s", async (era) => {
    const heard: (readonly string[])[] = [];
    const { registrations } = await connect(era, {
      listChanged: {
        tools: { debounceMs: 0, onChanged: (_, tools) => heard.push((tools ?? []).map(({ name }) => name)) },
      },
    });
    // The client opens its stream when it likes: what changes before is not told.
    for (let i = 0; heard.length === 0; i++) {
      registrations.registerTool(`late_${i}`, {}, () => ({ content: [] }));
      await sleep(50);
    }
    expect(heard[0]).toContain("late_0");
  });
});
