import { beforeAll, describe, expect, it } from "vitest";
import { callTool, connect, RESOURCE, type Tokens } from "../../test/support/client.ts";
import { password } from "../authorization-server/sign-in/password/password.ts";
import { parseAdmit } from "../config/admit.ts";
import { parseOptions } from "../config/options.ts";
import type { CheckUser } from "../config/settings.ts";
import { createRegistrations } from "../mcp/tools/registrations.ts";
import { silentLog } from "../platform/logging.ts";
import { openServer } from "../server/open-embedded-server.ts";
import type { OpenServer } from "../server/open-server.ts";
import { openTodos } from "./todos.ts";
import { DEMO_SCOPES, registerDemoTools } from "./tools.ts";

const NOW = Date.UTC(2026, 10, 1, 12, 30);
const SCOPES = Object.keys(DEMO_SCOPES);

/** The demonstration's tools for two people: the list of the one is not the other's. */
async function start(): Promise<OpenServer> {
  const clock = () => NOW;
  const registrations = createRegistrations((scope) => SCOPES.includes(scope));
  const server = await openServer({
    settings: parseOptions("Demo", {
      database: ":memory:",
      publicUrl: new URL(RESOURCE).origin,
      supportedScopes: DEMO_SCOPES,
    }),
    methods: [password(checkUser)],
    admission: parseAdmit(undefined, []),
    registrations,
    factory: undefined,
    identity: { name: "Demo", version: "1.0.0" },
    log: silentLog,
    clock,
  });
  const todos = openTodos(":memory:");
  registerDemoTools(registrations, async () => todos, clock);
  return server;
}

const checkUser: CheckUser = (username, typed) =>
  typed === "secret" ? { id: `id-${username}`, name: username.toUpperCase() } : null;

type ToolResult = {
  readonly isError?: boolean;
  readonly structuredContent?: Readonly<Record<string, unknown>>;
  readonly content: readonly { readonly text: string }[];
};

let server: OpenServer;
let ada: Tokens & { readonly clientId: string };
let grace: Tokens;
beforeAll(async () => {
  server = await start();
  ada = await connect(server, { username: "ada", password: "secret", scopes: SCOPES });
  grace = await connect(server, { username: "grace", password: "secret", scopes: SCOPES });
});

async function call(tokens: Tokens, name: string, args: object = {}): Promise<ToolResult> {
  const response = await callTool(server, tokens.access_token, name, args);
  expect(response.status).toBe(200);
  const text = await response.text();
  // An answer may come as a stream of one event.
  const data = /^data: (.*)$/m.exec(text)?.[1] ?? text;
  return (JSON.parse(data) as { result: ToolResult }).result;
}

/** The structured content, which must be the same as the text. */
async function resultOf(tokens: Tokens, name: string, args: object = {}): Promise<Record<string, unknown>> {
  const { structuredContent, content } = await call(tokens, name, args);
  expect(JSON.parse(content[0]?.text ?? "")).toEqual(structuredContent);
  return structuredContent as Record<string, unknown>;
}

describe("the basic tools", () => {
  it("echo, tell the time, and say who is there", async () => {
    expect(await resultOf(ada, "echo", { text: "hé <b>" })).toEqual({ text: "hé <b>" });
    expect(await resultOf(ada, "get_time")).toEqual({ time: "2026-11-01T12:30:00.000Z" });
    expect(await resultOf(ada, "get_user_info")).toEqual({ user_id: "id-ada", name: "ADA" });
  });

  it("get_me says everything of the token but the token itself", async () => {
    const me = await resultOf(ada, "get_me");
    expect(me).toEqual({
      user_id: "id-ada",
      name: "ADA",
      issuer: new URL(RESOURCE).origin,
      audience: RESOURCE,
      client_id: ada.clientId,
      scopes: expect.arrayContaining(SCOPES),
      issued_at: "2026-11-01T12:30:00.000Z",
      expires_at: "2026-11-01T13:00:00.000Z",
      token_id: expect.stringMatching(/./),
    });
    expect(JSON.stringify(me)).not.toContain(ada.access_token);
  });
});

describe("the to-do list", () => {
  it("keeps what a person adds until they delete it", async () => {
    const created = await resultOf(ada, "create_todo", { title: "  Water the plants " });
    expect(created).toEqual({
      id: expect.stringMatching(/./),
      title: "Water the plants",
      created_at: "2026-11-01T12:30:00.000Z",
    });
    expect(await resultOf(ada, "list_todos")).toEqual({ todos: [created] });
    expect(await resultOf(ada, "delete_todo", { id: created.id })).toEqual({ deleted: created.id });
    expect(await resultOf(ada, "list_todos")).toEqual({ todos: [] });
  });

  it("is nobody else's: another person neither sees nor deletes it, and learns nothing of it", async () => {
    const { id } = await resultOf(ada, "create_todo", { title: "Secret plan" });
    expect(await resultOf(grace, "list_todos")).toEqual({ todos: [] });
    const foreign = await call(grace, "delete_todo", { id });
    const unknown = await call(grace, "delete_todo", { id: "none" });
    expect(foreign.isError).toBe(true);
    expect(foreign.content[0]?.text).toBe(`There is no entry ${id} on your list. list_todos shows the ids.`);
    expect(unknown.content[0]?.text).toBe(foreign.content[0]?.text.replace(String(id), "none"));
    expect(await resultOf(ada, "list_todos")).toMatchObject({ todos: [{ id }] });
  });

  it.each([
    ["list_todos", "todo:read"],
    ["create_todo", "todo:write"],
    ["delete_todo", "todo:delete"],
  ])("%s asks for %s where the token lacks it", async (name, scope) => {
    const basic = await connect(server, { username: "ada", password: "secret", scopes: ["mcp"] });
    const response = await callTool(server, basic.access_token, name, { id: "x", title: "x" });
    expect(response.status).toBe(403);
    expect(response.headers.get("www-authenticate")).toContain(`scope="mcp ${scope}"`);
  });
});
