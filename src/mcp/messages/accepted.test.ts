import { describe, expect, it, vi } from "vitest";
import {
  call,
  INITIALIZE,
  messagesOf,
  RESOURCE,
  startEndpoint,
  textOf,
} from "../../../test/support/mcp-endpoint.ts";

/** What real clients and proxies send, and the form in which the answer of a call comes. */
const ALLOWED = [
  [null, "either"],
  ["*/*", "either"],
  ["Application/JSON, TEXT/Event-Stream", "either"],
  ["application/json", "application/json"],
  ["APPLICATION/JSON", "application/json"],
  ["application/*", "application/json"],
  ["application/json, text/event-stream;q=0", "application/json"],
  ["text/event-stream", "text/event-stream"],
  ["text/*", "text/event-stream"],
] as const;

const REFUSED = [
  "text/html",
  "image/*",
  "application/json;q=0",
  "application/json;q=0, text/event-stream;q=0",
];

const MODERN = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientInfo": { name: "test", version: "1" },
  "io.modelcontextprotocol/clientCapabilities": {},
};

const ERAS = {
  "2025": { headers: { "mcp-protocol-version": "2025-11-25" }, meta: {} },
  "2026": {
    headers: { "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": "slow" },
    meta: { _meta: MODERN },
  },
};

function startWithTool({ sessions = false } = {}) {
  const rig = startEndpoint({ sessions });
  const tool = vi.fn(async ({ mcpReq }) => {
    await mcpReq.notify({ method: "notifications/message", params: { level: "info", data: "under way" } });
    return { content: [{ type: "text" as const, text: "done" }] };
  });
  rig.registrations.registerTool("slow", {}, tool);
  const token = rig.tokenFor();
  const post = (message: unknown, accept: string | null, headers: Readonly<Record<string, string>> = {}) =>
    rig.endpoint.fetch(
      new Request(RESOURCE, {
        method: "POST",
        headers: {
          authorization: `Bearer ${token}`,
          "content-type": "application/json",
          ...headers,
          ...(accept !== null && { accept }),
        },
        body: JSON.stringify(message),
      }),
    );
  return { ...rig, token, tool, post };
}

function callOf(era: keyof typeof ERAS) {
  const message = call("slow");
  return { ...message, params: { ...message.params, ...ERAS[era].meta } };
}

describe.each(["2025", "2026"] as const)("Accept of a POST of the %s era", (era) => {
  it.each(ALLOWED)("%s is served, in a form that it allows: %s", async (accept, form) => {
    const { post } = startWithTool();
    const response = await post(callOf(era), accept, ERAS[era].headers);
    expect(response.status).toBe(200);
    if (form !== "either") expect(response.headers.get("content-type")).toContain(form);
    expect(await textOf(response)).toBe("done");
  });

  it.each(["\u2028", "\u2029", "\u0085", "\v", "\r"])(
    "an answer with %j in it comes as JSON",
    async (ending) => {
      const { registrations, post } = startWithTool();
      const text = `one${ending}data: two`;
      registrations.registerTool("lines", {}, async ({ mcpReq }) => {
        await mcpReq.notify({ method: "notifications/message", params: { level: "info", data: text } });
        return { content: [{ type: "text", text }] };
      });
      const { headers, meta } = ERAS[era];
      const message = call("lines");
      const named = "mcp-name" in headers ? { ...headers, "mcp-name": "lines" } : headers;
      const asked = { ...message, params: { ...message.params, ...meta } };
      expect(await textOf(await post(asked, "application/json", named))).toBe(text);
    },
  );

  it.each(REFUSED)("%s allows neither form: 406, and nothing runs", async (accept) => {
    const { post, tool } = startWithTool();
    const response = await post(callOf(era), accept, ERAS[era].headers);
    expect(response.status).toBe(406);
    expect((await messagesOf(response))[0]?.error?.message).toMatch(/Accept must allow/);
    expect(tool).not.toHaveBeenCalled();
  });
});

describe("Accept", () => {
  it("a batch of 2025-03-26 is answered by a list, in JSON too", async () => {
    const { post } = startWithTool();
    const response = await post([call("slow", {}, 1), call("slow", {}, 2)], "application/json");
    expect(await response.json()).toMatchObject([{ id: 1 }, { id: 2 }]);
  });

  it.each(["*/*", "application/json", "text/event-stream"])("%s opens a session", async (accept) => {
    const { post, endpoint, token } = startWithTool({ sessions: true });
    const opened = await post(INITIALIZE, accept);
    const session = { "mcp-session-id": opened.headers.get("mcp-session-id") ?? "" };
    expect((await messagesOf(opened))[0]?.result).toMatchObject({ protocolVersion: "2025-11-25" });
    expect(await textOf(await post(call("slow"), accept, session))).toBe("done");
    for (const [streamAccept, status] of [
      [null, 200],
      ["application/json", 406],
    ] as const) {
      const headers = { authorization: `Bearer ${token}`, ...session };
      const stream = await endpoint.fetch(
        new Request(RESOURCE, { headers: { ...headers, ...(streamAccept && { accept: streamAccept }) } }),
      );
      expect(stream.status).toBe(status);
      await stream.body?.cancel();
    }
  });

  it("of a GET without a session says nothing: there is no stream to take", async () => {
    const { endpoint, token } = startWithTool();
    const headers = { authorization: `Bearer ${token}`, accept: "application/json" };
    expect((await endpoint.fetch(new Request(RESOURCE, { headers }))).status).toBe(405);
  });

  it("a message that needs no answer gets none", async () => {
    const { post } = startWithTool();
    const notification = { jsonrpc: "2.0", method: "notifications/initialized" };
    expect((await post(notification, "application/json")).status).toBe(202);
  });
});
