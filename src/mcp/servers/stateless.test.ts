import { McpServer, requireScopes } from "@modelcontextprotocol/server";
import { describe, expect, it, vi } from "vitest";
import { call, messagesOf, RESOURCE, startEndpoint, textOf } from "../../../test/support/mcp-endpoint.ts";
import { silentLog } from "../../platform/logging.ts";

const NOW = { afterMilliseconds: 60_000, everyMilliseconds: 60_000 };

describe("a request of 2025 without a session", () => {
  it("is answered in JSON", async () => {
    const { registrations, tokenFor, post } = startEndpoint();
    registrations.registerTool("hello", {}, () => ({ content: [{ type: "text", text: "Hello" }] }));
    const response = await post(tokenFor(), call("hello", {}, "seven"));
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(await response.json()).toEqual({
      jsonrpc: "2.0",
      id: "seven",
      result: { content: [{ type: "text", text: "Hello" }] },
    });
  });

  it.each([{ accept: "application/json" }, {}])(
    "in a batch that also cancels it is answered: without a session there is nothing to cancel (%o)",
    async (accept) => {
      const { registrations, tokenFor, post } = startEndpoint();
      registrations.registerTool("hello", {}, () => ({ content: [{ type: "text", text: "Hello" }] }));
      const cancel = { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 1 } };
      const answers = (await messagesOf(await post(tokenFor(), [call("hello"), cancel], accept))).flat();
      expect(answers.map(({ id }) => id)).toEqual([1]);
      expect((await post(tokenFor(), [cancel], accept)).status).toBe(202);
    },
  );

  it("whose tool says something before its answer is answered by a stream", async () => {
    const { registrations, tokenFor, post } = startEndpoint();
    registrations.registerTool("count", {}, async ({ mcpReq }) => {
      await mcpReq.notify({ method: "notifications/progress", params: { progressToken: 9, progress: 1 } });
      return { content: [{ type: "text", text: "done" }] };
    });
    const asked = call("count");
    const response = await post(tokenFor(), {
      ...asked,
      params: { ...asked.params, _meta: { progressToken: 9 } },
    });
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    const messages = await messagesOf(response);
    expect(messages[0]).toMatchObject({ method: "notifications/progress", params: { progress: 1 } });
    expect(messages[1]?.result?.content?.[0]?.text).toBe("done");
  });

  it.each([
    ["of an unknown method", { method: "no/such" }, -32601],
    ["of 2026", { method: "server/discover" }, -32601],
    ["for a tool that there is not", call("nothing"), -32602],
  ])(
    "%s is answered with an error, and 200: 404 would end a session that there is not",
    async (_, message, code) => {
      const { registrations, tokenFor, post } = startEndpoint();
      registrations.registerTool("a", {}, () => ({ content: [] }));
      const response = await post(tokenFor(), { jsonrpc: "2.0", id: 1, ...message });
      expect(response.status).toBe(200);
      expect((await messagesOf(response))[0]?.error?.code).toBe(code);
    },
  );

  it("under a version that nobody has is refused", async () => {
    const { tokenFor, post } = startEndpoint();
    const response = await post(tokenFor(), call("x"), { "mcp-protocol-version": "1999-01-01" });
    expect(response.status).toBe(400);
  });

  it.each([
    ["an id that is none", { id: null }],
    ["params that are none", { params: 7 }],
    ["no version", { jsonrpc: undefined }],
  ])("with %s is refused, and calls nothing", async (_, wrong) => {
    const { registrations, tokenFor, post } = startEndpoint();
    const called = vi.fn(() => ({ content: [] }));
    registrations.registerTool("a", {}, called);
    expect((await post(tokenFor(), { ...call("a"), ...wrong })).status).toBe(400);
    expect(called).not.toHaveBeenCalled();
  });

  it("whose client leaves ends its call, which is no failure of ours", async () => {
    const error = vi.fn();
    const { endpoint, registrations, tokenFor } = startEndpoint({
      keepAlive: NOW,
      log: { ...silentLog, error },
    });
    const running = Promise.withResolvers<AbortSignal>();
    registrations.registerTool("wait", {}, async ({ mcpReq: { signal } }) => {
      running.resolve(signal);
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      return { content: [] };
    });
    const client = new AbortController();
    const response = endpoint.fetch(
      new Request(RESOURCE, {
        method: "POST",
        headers: {
          authorization: `Bearer ${tokenFor()}`,
          "content-type": "application/json",
          accept: "application/json, text/event-stream",
        },
        body: JSON.stringify(call("wait")),
        signal: client.signal,
      }),
    );
    const signal = await running.promise;
    client.abort();
    expect((await response).status).toBe(499);
    await expect.poll(() => signal.aborted).toBe(true);
    expect(error).not.toHaveBeenCalled();
  });

  const SAMPLING = {
    maxTokens: 1,
    messages: [{ role: "user" as const, content: { type: "text" as const, text: "Hello?" } }],
  };

  it.each([
    ["a request", (message: unknown) => message],
    ["a batch", (message: unknown) => [message]],
  ])("(%s) whose tool asks its client fails at once: the answer would not come back", async (_, sent) => {
    const { registrations, tokenFor, post } = startEndpoint();
    registrations.registerTool("ask", {}, async ({ mcpReq }) => {
      await mcpReq.requestSampling(SAMPLING);
      return { content: [] };
    });
    registrations.registerTool("list_roots", {}, async ({ mcpReq }) => {
      await mcpReq.send({ method: "roots/list" });
      return { content: [] };
    });
    for (const [tool, method] of [
      ["ask", "sampling/createMessage"],
      ["list_roots", "roots/list"],
    ] as const) {
      const said = await textOf(await post(tokenFor(), sent(call(tool))));
      expect(said).toMatch(new RegExp(`^${method} needs a session`));
    }
  });

  it("to a factory's server is asked for what its tools challenge", async () => {
    const called = vi.fn(() => ({ content: [] }));
    const { tokenFor, post } = startEndpoint({
      factory: () => {
        const server = new McpServer({ name: "own", version: "1" });
        server.registerTool("t", { scopeChallenge: requireScopes("admin") }, called);
        return server;
      },
    });
    expect((await post(tokenFor(), call("t"))).status).toBe(403);
    expect(called).not.toHaveBeenCalled();
  });
});
