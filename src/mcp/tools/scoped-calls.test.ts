import { completable, ResourceTemplate } from "@modelcontextprotocol/server";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { INITIALIZE, type JsonRpc, messagesOf, startEndpoint } from "../../../test/support/mcp-endpoint.ts";
import { type Log, silentLog } from "../../platform/logging.ts";
import { createGuard } from "../../resource-server/guard.ts";
import { createScopedCalls } from "./scoped-calls.ts";

type Options = Parameters<typeof startEndpoint>[0];
type Message = { readonly method: string; readonly params?: Readonly<Record<string, unknown>> };

/** A server with one of each kind that needs `write`, with every callback that each can have, and what ran of them. */
function startScoped(options: Options = {}) {
  const rig = startEndpoint(options);
  const ran: string[] = [];
  const run = <Value>(name: string, value: Value) => {
    ran.push(name);
    return value;
  };
  const { registerTool, registerPrompt, registerResource } = rig.registrations;
  const scopes = ["write"];
  const checked = z.string().refine(() => run("validation", true));
  registerTool("tool", { scopes, inputSchema: z.object({ text: checked }) }, () => run("tool", NOTHING));
  registerPrompt(
    "prompt",
    {
      scopes,
      argsSchema: z.object({
        city: completable(z.string(), () => run("completion of an argument", ["Pisa"])),
        region: completable(z.string(), () => run("completion of an optional argument", [])).optional(),
      }),
    },
    () => run("prompt", { messages: [] }),
  );
  registerPrompt("checked", { scopes, argsSchema: z.object({ text: checked }) }, () => ({ messages: [] }));
  registerResource("fixed", "app://fixed", { scopes }, () => run("resource", { contents: [] }));
  registerResource(
    "item",
    new ResourceTemplate("item://{id}", {
      list: () => run("list", { resources: [{ uri: "item://secret", name: "secret" }] }),
      complete: { id: () => run("completion of a variable", ["7"]) },
    }),
    { scopes },
    () => run("template", { contents: [] }),
  );
  registerResource(
    "open",
    new ResourceTemplate("open://{id}", { list: () => ({ resources: [{ uri: "open://1", name: "one" }] }) }),
    {},
    () => ({ contents: [] }),
  );
  return { ...rig, ran };
}

const NOTHING = { content: [] };

/** Sends a message in each way that clients have, the session having been begun by the same client with more scopes. */
const WAYS: readonly (readonly [string, (options: Options) => Promise<Sent>])[] = [
  [
    "2025, without a session",
    async (options) => {
      const rig = startScoped(options);
      return { ...rig, ask: (token, message) => rig.post(token, { jsonrpc: "2.0", id: 1, ...message }) };
    },
  ],
  [
    "2025, in a session",
    async (options) => {
      const rig = startScoped({ ...options, sessions: true });
      const opened = await rig.post(rig.tokenFor({ scopes: ["mcp", "write"] }), INITIALIZE);
      const headers = { "mcp-session-id": opened.headers.get("mcp-session-id") ?? "" };
      return {
        ...rig,
        ask: (token, message) => rig.post(token, { jsonrpc: "2.0", id: 1, ...message }, headers),
      };
    },
  ],
  [
    "2026",
    async (options) => {
      const rig = startScoped(options);
      return { ...rig, ask: rig.postModern };
    },
  ],
];

type Sent = ReturnType<typeof startScoped> & { ask(token: string, message: Message): Promise<Response> };

const completing = (ref: object, name: string): Message => ({
  method: "completion/complete",
  params: { ref, argument: { name, value: "" } },
});

const CALLBACKS: readonly (readonly [string, Message])[] = [
  ["tool", { method: "tools/call", params: { name: "tool", arguments: { text: "a" } } }],
  ["validation", { method: "tools/call", params: { name: "tool", arguments: { text: "a" } } }],
  ["validation", { method: "prompts/get", params: { name: "checked", arguments: { text: "a" } } }],
  ["prompt", { method: "prompts/get", params: { name: "prompt", arguments: { city: "a" } } }],
  ["resource", { method: "resources/read", params: { uri: "app://fixed" } }],
  ["template", { method: "resources/read", params: { uri: "item://7" } }],
  ["completion of an argument", completing({ type: "ref/prompt", name: "prompt" }, "city")],
  ["completion of an optional argument", completing({ type: "ref/prompt", name: "prompt" }, "region")],
  ["completion of a variable", completing({ type: "ref/resource", uri: "item://{id}" }, "id")],
];

const only = (messages: readonly JsonRpc[]) => messages[0];

describe.each(WAYS)("the callbacks of a registration with scopes, %s", (_, start) => {
  it.each(CALLBACKS)("run the %s for a token with the scope", async (callback, message) => {
    const { ask, tokenFor, ran } = await start({});
    const response = await ask(tokenFor({ scopes: ["mcp", "write"] }), message);
    expect(response.status).toBe(200);
    expect(only(await messagesOf(response))?.error).toBeUndefined();
    expect(ran).toContain(callback);
  });

  it.each(CALLBACKS)("do not run the %s where the SDK reads a message differently", async (_, message) => {
    const { ask, tokenFor, ran } = await start({ withoutFrontDoor: true });
    const answer = only(await messagesOf(await ask(tokenFor({ scopes: ["mcp"] }), message)));
    expect(answer?.error?.message ?? answer?.result?.content?.[0]?.text).toBe("This needs the scope write.");
    expect(ran).toEqual([]);
  });

  it("list nothing without the scope, and that is no error and no refusal", async () => {
    const events: string[] = [];
    const log: Log = { ...silentLog, event: (name) => events.push(name) };
    const { ask, tokenFor, ran } = await start({ log });
    const list = async (scopes: readonly string[]) =>
      only(await messagesOf(await ask(tokenFor({ scopes }), { method: "resources/list" })))?.result
        ?.resources;
    const open = [{ name: "fixed" }, { uri: "open://1" }];
    expect(await list(["mcp"])).toMatchObject(open);
    expect(ran).toEqual([]);
    expect(events).toEqual([]);
    expect(await list(["mcp", "write"])).toMatchObject([
      { name: "fixed" },
      { name: "secret" },
      { uri: "open://1" },
    ]);
  });

  it("list the template itself, so that clients know what there is", async () => {
    const { ask, tokenFor } = await start({});
    const listed = only(await messagesOf(await ask(tokenFor(), { method: "resources/templates/list" })));
    expect(listed?.result?.resourceTemplates).toMatchObject([{ name: "item" }, { name: "open" }]);
  });

  it.each(["completion", "list"])("leave a line in the log where a %s fails", async (kind) => {
    const lines: unknown[] = [];
    const log: Log = { ...silentLog, error: (message, fields) => lines.push({ message, ...fields }) };
    const { ask, tokenFor, registrations } = await start({ log });
    const fails = () => {
      throw new Error("The database is down.");
    };
    registrations.registerResource(
      "broken",
      new ResourceTemplate("broken://{id}", { list: fails, complete: { id: fails } }),
      {},
      () => ({ contents: [] }),
    );
    const ref = { type: "ref/resource", uri: "broken://{id}" };
    const message = kind === "list" ? { method: "resources/list" } : completing(ref, "id");
    expect(only(await messagesOf(await ask(tokenFor(), message)))?.error).toBeDefined();
    expect(lines).toMatchObject([{ message: "a handler failed", resource: "broken", person: "ada" }]);
  });
});

it("a callback that the SDK passes no context does not run where no one is known to be calling", () => {
  const guard = createGuard({
    resourceMetadata: "https://mcp.example/.well-known/oauth-protected-resource/mcp",
    requiredScopes: [],
    implies: new Map(),
    verify: async () => ({ kind: "refused", why: "unknown" }),
    cachedTokens: 1,
    clock: Date.now,
    log: silentLog,
  });
  const calls = createScopedCalls(guard, () => undefined, silentLog);
  let ran = 0;
  const open = { kind: "prompt", name: "open", scopes: [], isPublic: false } as const;
  expect(() => calls.run(open, () => ran++)).toThrow('A callback of the prompt "open" has no caller.');
  expect(ran).toBe(0);
});
