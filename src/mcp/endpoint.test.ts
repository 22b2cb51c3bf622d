import { ProtocolError, ProtocolErrorCode, ResourceTemplate } from "@modelcontextprotocol/server";
import { afterEach, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import {
  call,
  INITIALIZE,
  messagesOf,
  RESOURCE,
  RESOURCE_METADATA,
  startEndpoint,
  textOf,
} from "../../test/support/mcp-endpoint.ts";
import { silentLog } from "../platform/logging.ts";
import type { ToolContext } from "./tools/tool-context.ts";

const LISTING = { jsonrpc: "2.0", id: 1, method: "tools/list" };

describe("the endpoint", () => {
  it("asks for a token before it reads anything", async () => {
    const { endpoint } = startEndpoint();
    const request = new Request("https://mcp.example/mcp", { method: "POST", body: "{}" });
    const response = await endpoint.fetch(request);
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toBe(
      `Bearer scope="mcp", resource_metadata="${RESOURCE_METADATA}"`,
    );
    expect(request.bodyUsed).toBe(false);
  });

  it.each(["post", "postModern"] as const)("tells handlers who is calling (%s)", async (era) => {
    const rig = startEndpoint();
    const who = ({ person, client, scopes, auth, mcpReq }: ToolContext) =>
      JSON.stringify([person.name, client.name, scopes, auth.grantId, mcpReq.method]);
    rig.registrations.registerTool("bare", {}, (context) => ({
      content: [{ type: "text", text: who(context) }],
    }));
    rig.registrations.registerTool(
      "given",
      { inputSchema: z.object({ n: z.number() }) },
      ({ n }, context) => ({
        content: [{ type: "text", text: `${n} ${who(context)}` }],
      }),
    );
    rig.registrations.registerPrompt("prompt", {}, (context) => ({
      messages: [{ role: "user", content: { type: "text", text: who(context) } }],
    }));
    rig.registrations.registerResource("fixed", "app://fixed", {}, (uri, context) => ({
      contents: [{ uri: uri.href, text: who(context) }],
    }));
    rig.registrations.registerResource(
      "template",
      new ResourceTemplate("item://{id}", { list: undefined }),
      {},
      (uri, { id }, context) => ({ contents: [{ uri: uri.href, text: `${id} ${who(context)}` }] }),
    );
    const token = rig.tokenFor({ grantId: "grant-7" });
    const ask = async (method: string, params: Record<string, unknown>) => {
      const message = { jsonrpc: "2.0", id: 1, method, params };
      const response = era === "post" ? await rig.post(token, message) : await rig.postModern(token, message);
      return JSON.stringify((await messagesOf(response)).at(-1)?.result);
    };
    const caller = (method: string) =>
      JSON.stringify(JSON.stringify(["Ada", "A client", ["mcp"], "grant-7", method])).slice(1, -1);
    expect(await ask("tools/call", { name: "bare" })).toContain(caller("tools/call"));
    expect(await ask("tools/call", { name: "given", arguments: { n: 5 } })).toContain(
      `5 ${caller("tools/call")}`,
    );
    expect(await ask("prompts/get", { name: "prompt" })).toContain(caller("prompts/get"));
    expect(await ask("resources/read", { uri: "app://fixed" })).toContain(caller("resources/read"));
    expect(await ask("resources/read", { uri: "item://9" })).toContain(`9 ${caller("resources/read")}`);
  });

  it("serves a batch of 2025-03-26", async () => {
    const { registrations, tokenFor, post } = startEndpoint();
    registrations.registerTool("a", {}, () => ({ content: [{ type: "text", text: "A" }] }));
    registrations.registerTool("b", {}, () => ({ content: [{ type: "text", text: "B" }] }));
    const answers = await messagesOf(await post(tokenFor(), [call("a", {}, 1), call("b", {}, 2)]));
    expect(answers.map(({ id, result }) => [id, result?.content?.[0]?.text])).toEqual([
      [1, "A"],
      [2, "B"],
    ]);
  });

  it.each([false, true])("refuses a batch with two requests of one id (sessions: %s)", async (sessions) => {
    const { registrations, tokenFor, post } = startEndpoint({ sessions });
    const called = vi.fn(() => ({ content: [] }));
    registrations.registerTool("a", {}, called);
    const response = await post(tokenFor(), [call("a", {}, 1), call("a", {}, "1"), call("a", {}, 1)]);
    expect(response.status).toBe(400);
    expect((await messagesOf(response))[0]?.error).toMatchObject({
      code: -32600,
      message: "The id 1 is that of two requests of the batch.",
    });
    expect(called).not.toHaveBeenCalled();
  });

  it.each([
    ["GET", 405],
    ["DELETE", 405],
  ] as const)("has no sessions unless told so: %s is %i", async (method, status) => {
    const { tokenFor, send } = startEndpoint();
    expect((await send(tokenFor(), method, { "mcp-session-id": "x" })).status).toBe(status);
  });

  it("refuses what is not JSON by its type, and what only says that it is", async () => {
    const { tokenFor, post } = startEndpoint();
    const token = tokenFor();
    expect((await post(token, LISTING, { "content-type": "text/plain" })).status).toBe(415);
    for (const body of ["", "{", "{}{}"]) {
      const response = await post(token, body);
      expect(response.status).toBe(400);
      expect((await messagesOf(response))[0]?.error?.code).toBe(-32700);
    }
  });

  it.each(["null", "7", "[]", '{"jsonrpc":"1.0"}', '{"method":7}', '{"method":"tools/call"}'])(
    "answers 400 to %s, which is JSON and no message",
    async (body) => {
      const { tokenFor, post } = startEndpoint();
      expect((await post(tokenFor(), body)).status).toBe(400);
    },
  );

  it("refuses a body over 4 MiB, declared or not", async () => {
    const { endpoint, tokenFor, post } = startEndpoint();
    const token = tokenFor();
    const large = JSON.stringify(call("x", { text: "x".repeat(4 * 1024 * 1024) }));
    expect((await post(token, "{}", { "content-length": String(5 * 1024 * 1024) })).status).toBe(413);
    expect((await post(token, large)).status).toBe(413);
    // One who declares less than he sends, past a host that does not hold him to it.
    expect((await post(token, large, { "content-length": "2" })).status).toBe(413);
    let sent = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 65536;
        controller.enqueue(new Uint8Array(65536).fill(0x20));
      },
    });
    const init = {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: endless,
      duplex: "half" as const,
    };
    expect((await endpoint.fetch(new Request("https://mcp.example/mcp", init))).status).toBe(413);
    expect(sent).toBeLessThan(5 * 1024 * 1024);
  });

  it("keeps what a handler says late away from whoever comes next", async () => {
    const { registrations, tokenFor, post } = startEndpoint();
    let sayLater: (() => Promise<void>) | undefined;
    registrations.registerTool("remember", {}, ({ mcpReq }) => {
      sayLater = () =>
        mcpReq.notify({ method: "notifications/message", params: { level: "info", data: "ADA" } });
      return { content: [{ type: "text", text: "done" }] };
    });
    registrations.registerTool("wait", {}, async () => {
      await sayLater?.().catch(() => {});
      return { content: [{ type: "text", text: "waited" }] };
    });
    await textOf(await post(tokenFor({ person: { id: "ada" } }), call("remember")));
    expect(sayLater).toBeDefined();
    // The same message id, at the same time: only the connection tells the two apart.
    const answers = await messagesOf(await post(tokenFor({ person: { id: "grace" } }), call("wait")));
    expect(answers.map(({ result }) => result?.content?.[0]?.text)).toEqual(["waited"]);
  });
});

describe("a server that closes", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it("does not wait for the stream of a session, which ends then", async () => {
    const { endpoint, tokenFor, post, send } = startEndpoint({ sessions: true });
    const token = tokenFor();
    const opened = await post(token, INITIALIZE);
    const stream = await send(token, "GET", { "mcp-session-id": opened.headers.get("mcp-session-id") ?? "" });
    expect(stream.status).toBe(200);
    // The time that it waits at most never comes.
    vi.useFakeTimers({ toFake: ["setTimeout"] });
    await endpoint.close();
    expect(await stream.text()).toBe("");
  });

  it("runs nothing for a body that comes too late", async () => {
    const { endpoint, registrations, tokenFor } = startEndpoint();
    const tool = vi.fn(() => ({ content: [] }));
    registrations.registerTool("t", {}, tool);
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const response = endpoint.fetch(
      new Request(RESOURCE, {
        method: "POST",
        headers: { authorization: `Bearer ${tokenFor()}`, "content-type": "application/json" },
        body: readable,
        duplex: "half",
      }),
    );
    vi.useFakeTimers({ toFake: ["setTimeout"] });
    const closed = endpoint.close();
    await vi.advanceTimersByTimeAsync(3000);
    await closed;
    const writer = writable.getWriter();
    await writer.write(Buffer.from(JSON.stringify(call("t"))));
    await writer.close();
    expect((await response).status).toBe(503);
    expect(tool).not.toHaveBeenCalled();
  });
});

describe("what a handler throws", () => {
  const SECRET_TEXT = "what only Ada may know";

  function startFailing() {
    const lines: { readonly message: string; readonly fields: Readonly<Record<string, unknown>> }[] = [];
    const log = {
      ...silentLog,
      error: (message: string, fields: object) => lines.push({ message, fields: { ...fields } }),
    };
    const rig = startEndpoint({ log });
    const inputSchema = z.object({ text: z.string() });
    const fail = () => {
      throw new Error("the disk is full");
    };
    rig.registrations.registerTool("at-once", { inputSchema }, fail);
    rig.registrations.registerTool("later", { inputSchema }, async () => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      return fail();
    });
    rig.registrations.registerTool("meant", { inputSchema }, () => {
      throw new ProtocolError(ProtocolErrorCode.InvalidParams, "Say something else.");
    });
    rig.registrations.registerTool("fine", { inputSchema }, () => ({ content: [], isError: true }));
    rig.registrations.registerPrompt("greet", { argsSchema: inputSchema }, fail);
    rig.registrations.registerResource("note", "note://1", {}, async () => fail());
    return { ...rig, lines };
  }

  it.each(["at-once", "later"])(
    "is logged once, with the tool and not with the arguments (%s)",
    async (tool) => {
      const { tokenFor, post, postModern, lines } = startFailing();
      const given = { text: SECRET_TEXT };
      const answers = [
        await post(tokenFor(), call(tool, given)),
        await postModern(tokenFor(), { method: "tools/call", params: { name: tool, arguments: given } }),
      ];
      for (const answer of answers) {
        expect((await messagesOf(answer)).at(-1)?.result).toMatchObject({ isError: true });
      }
      const line = {
        message: "a handler failed",
        fields: { tool, person: "ada", client: "client-1", cause: new Error("the disk is full") },
      };
      expect(lines).toEqual([line, line]);
      expect(JSON.stringify(lines)).not.toContain(SECRET_TEXT);
    },
  );

  it("is logged though reading it throws", async () => {
    const lines: unknown[] = [];
    const error = (_: string, { cause, ...others }: { readonly cause?: unknown }) => {
      if (cause !== undefined) JSON.stringify(cause);
      lines.push(others);
    };
    const { registrations, tokenFor, post } = startEndpoint({ log: { ...silentLog, error } });
    registrations.registerTool("t", {}, () => {
      throw {
        get detail() {
          throw new Error("unreadable");
        },
      };
    });
    expect((await messagesOf(await post(tokenFor(), call("t"))))[0]?.result?.isError).toBe(true);
    expect(lines).toMatchObject([{ tool: "t", reason: "what it threw can't be read" }]);
  });

  it("is logged for prompts and resources too", async () => {
    const { tokenFor, post, lines } = startFailing();
    const request = (method: string, params: object) => ({ jsonrpc: "2.0", id: 1, method, params });
    const prompt = await post(
      tokenFor(),
      request("prompts/get", { name: "greet", arguments: { text: SECRET_TEXT } }),
    );
    const resource = await post(tokenFor(), request("resources/read", { uri: "note://1" }));
    for (const answer of [prompt, resource]) expect((await messagesOf(answer)).at(-1)?.error).toBeDefined();
    expect(lines.map(({ fields }) => [fields.prompt, fields.resource])).toEqual([
      ["greet", undefined],
      [undefined, "note"],
    ]);
  });

  it("is not a failure where it is meant for the client, nor is a result that says so, nor wrong arguments", async () => {
    const { tokenFor, post, lines } = startFailing();
    await messagesOf(await post(tokenFor(), call("meant", { text: "x" })));
    await messagesOf(await post(tokenFor(), call("fine", { text: "x" })));
    await messagesOf(await post(tokenFor(), call("fine", { text: 1 })));
    expect(lines).toEqual([]);
  });
});
