import { describe, expect, it } from "vitest";
import type { OAuthServerOptions } from "../../src/config/options-schema.ts";
import { connect, RESOURCE } from "../support/client.ts";
import { INITIALIZE, messagesOf } from "../support/mcp-endpoint.ts";
import { startServer } from "../support/server.ts";
import {
  type Asking,
  answerOf,
  ask,
  CLOSED,
  call,
  challengesIn,
  ERAS,
  type Era,
  handshake,
  listed,
  type Message,
  OPEN,
  PUBLIC,
  post,
  prompt,
  read,
  registerBoth,
} from "../support/without-token.ts";

const METADATA = "https://mcp.example/.well-known/oauth-protected-resource/mcp";
const CHATGPT = "openai-mcp (ChatGPT)";

async function start(options: OAuthServerOptions = {}) {
  const server = await startServer({ askToSignIn: "call", ...options });
  return { server, ...registerBoth(server.registrations) };
}

const batch = (...messages: readonly Message[]) =>
  messages.map((message, index) => ({ jsonrpc: "2.0", id: index + 1, ...message }));

/** How a message is sent by a client of this name: one of 2025 says it in the handshake alone. */
async function as(
  server: Awaited<ReturnType<typeof startServer>>,
  client: string,
  era: Era,
  to?: string,
): Promise<Asking> {
  if (era === "2026") return { client };
  const response = await post(server, handshake(client), to === undefined ? {} : { token: to });
  await response.text();
  const session = response.headers.get("mcp-session-id");
  return session === null ? {} : { headers: { "mcp-session-id": session } };
}

describe('askToSignIn: "call", without a token', () => {
  it("answers the handshakes and the lists", async () => {
    const { server } = await start();
    expect((await answerOf(post(server, INITIALIZE))).result?.protocolVersion).toBe("2025-11-25");
    const initialized = await post(server, { jsonrpc: "2.0", method: "notifications/initialized" });
    expect(initialized.status).toBe(202);
    for (const message of [{ method: "ping" }, { method: "logging/setLevel", params: { level: "error" } }]) {
      expect((await answerOf(ask(server, "2025", message))).result).toEqual({});
    }
    const { result } = await answerOf(ask(server, "2026", { method: "server/discover" }));
    expect(result?.supportedVersions).toEqual(["2026-07-28"]);
    expect(Object.keys(result?.capabilities ?? {})).toEqual(
      expect.arrayContaining(["tools", "prompts", "resources"]),
    );
  });

  it.each(ERAS)("lists every tool, with what it needs, and of the rest what is public (%s)", async (era) => {
    const { server, ran } = await start();
    const { result } = await answerOf(ask(server, era, { method: "tools/list" }));
    const tools = result?.tools as readonly Record<string, unknown>[];
    const schemes = new Map(tools.map(({ name, securitySchemes }) => [name, securitySchemes]));
    expect(Object.fromEntries(schemes)).toEqual({
      echo: [{ type: "oauth2", scopes: ["mcp"] }],
      whoami: [{ type: "oauth2", scopes: ["mcp"] }],
      create_todo: [{ type: "oauth2", scopes: ["mcp", "todo:write"] }],
      search: [{ type: "noauth" }],
      secret: [{ type: "oauth2", scopes: ["mcp", "todo:write"] }],
    });
    for (const { securitySchemes, _meta } of tools) expect(_meta).toEqual({ securitySchemes });
    expect(await listed(server, era, "prompts")).toEqual(["guide"]);
    expect(await listed(server, era, "resources")).toEqual(["terms", "doc 1"]);
    expect(await listed(server, era, "resourceTemplates")).toEqual(["doc"]);
    expect(ran).toEqual(["doc listed"]);
  });

  it("says of each list that it is of this client alone (SEP-2549)", async () => {
    const { server } = await start();
    const { access_token } = await connect(server);
    for (const method of ["tools/list", "prompts/list", "resources/list", "resources/templates/list"]) {
      for (const asking of [{}, { token: access_token }]) {
        const { result } = await answerOf(ask(server, "2026", { method }, asking));
        expect(result?.cacheScope, method).toBe("private");
      }
    }
  });

  it.each(ERAS)("runs what is public, and tells it that no one is known (%s)", async (era) => {
    const { server, ran, callers } = await start();
    for (const [runs, message] of OPEN) {
      expect((await answerOf(ask(server, era, message))).error).toBeUndefined();
      expect(ran).toContain(runs);
    }
    expect(callers).toEqual([null]);
  });

  it.each(ERAS)("asks whoever calls anything else to sign in (%s)", async (era) => {
    const { server, ran } = await start();
    for (const [what, message] of CLOSED) {
      const response = await ask(server, era, message);
      expect(response.status, what).toBe(401);
      const scope = message.params?.name === "secret" ? "mcp todo:write" : "mcp";
      expect(response.headers.get("www-authenticate"), what).toBe(
        `Bearer scope="${scope}", resource_metadata="${METADATA}"`,
      );
    }
    expect(ran).toEqual([]);
  });

  it.each(ERAS)(
    "does the same for what there is not, and for methods that it does not know (%s)",
    async (era) => {
      const { server } = await start();
      const other = [
        call("absent"),
        read("app://absent"),
        prompt("absent"),
        { method: "resources/unsubscribe", params: { uri: "app://terms" } },
        { method: "x/y" },
      ];
      for (const message of other) expect((await ask(server, era, message)).status).toBe(401);
      for (const body of ["7", "null", '{"jsonrpc":"2.0","id":1,"result":{}}', '{"method":["tools/list"]}']) {
        expect((await post(server, body)).status).toBe(401);
      }
    },
  );

  it.each(CLOSED)("no batch hides %s behind something public", async (_, message) => {
    const { server, ran } = await start();
    for (const body of [
      batch(call("search"), message),
      batch(message, call("search")),
      [batch(call("search"), message)],
    ]) {
      expect((await post(server, body)).status).toBe(401);
    }
    expect(ran).toEqual([]);
    const open = await messagesOf(await post(server, batch(call("search"), read("app://terms"))));
    expect(open.map(({ result }) => result !== undefined)).toEqual([true, true]);
  });

  it("has no other path for what is public, and the same resource metadata", async () => {
    const { server } = await start();
    expect((await ask(server, "2026", call("search"), { to: PUBLIC })).status).toBe(404);
    const metadata = await server.fetch(new Request(METADATA));
    expect(((await metadata.json()) as { resource: string }).resource).toBe(RESOURCE);
  });

  it("has no stream to get: that is no reason to sign in", async () => {
    for (const sessions of [false, true]) {
      const { server } = await start({ sessions });
      for (const method of ["GET", "DELETE"]) {
        const request = new Request(RESOURCE, { method, headers: { accept: "text/event-stream" } });
        expect((await server.fetch(request)).status).toBe(405);
      }
    }
  });

  it("tells a person who opens the URL in a browser where to paste it", async () => {
    const { server } = await start();
    const response = await server.fetch(new Request(RESOURCE, { headers: { accept: "text/html" } }));
    expect(response.headers.get("content-type")).toContain("text/html");
    expect(await response.text()).toContain(RESOURCE);
  });
});

describe('askToSignIn: "call", with a token', () => {
  it.each(ERAS)("serves a person everything, and tells what is public who it is (%s)", async (era) => {
    const { server, callers } = await start();
    const { access_token: token } = await connect(server, { scopes: ["mcp", "todo:write"] });
    for (const [, message] of [...OPEN, ["", call("secret")] as const]) {
      expect((await answerOf(ask(server, era, message, { token }))).error).toBeUndefined();
    }
    expect(callers.map((auth) => auth?.person.id)).toEqual(["ada"]);
    expect(await listed(server, era, "prompts", { token })).toEqual(["guide", "plan"]);
    expect(await listed(server, era, "resources", { token })).toEqual([
      "terms",
      "diary",
      "draft",
      "doc 1",
      "note 1",
    ]);
  });

  it.each([
    ["a token that is not valid", "Bearer not-a-token", 401, 'error="invalid_token"'],
    ["a malformed header", "Bearer a b", 400, 'error="invalid_request"'],
    ["another scheme", "Basic YTpi", 401, "Bearer scope="],
    ["an empty header", "", 401, "Bearer scope="],
  ])("does not take %s for none", async (_, authorization, status, challenge) => {
    const { server, ran } = await start();
    for (const [, message] of OPEN) {
      const response = await ask(server, "2025", message, { headers: { authorization } });
      expect(response.status).toBe(status);
      expect(response.headers.get("www-authenticate")).toContain(challenge);
    }
    expect(ran).toEqual([]);
  });
});

describe('askToSignIn: "call" and sessions (MCP 2025-11-25)', () => {
  it("no session begins without a token, and with one a new one does", async () => {
    const { server } = await start({ sessions: true });
    const { access_token: token } = await connect(server);
    const open = await post(server, INITIALIZE);
    expect(open.status).toBe(200);
    expect(open.headers.get("mcp-session-id")).toBeNull();
    const own = await post(server, INITIALIZE, { token });
    expect(own.headers.get("mcp-session-id")).not.toBeNull();
  });

  it("a session lists what each tool needs, also of one that is registered late", async () => {
    const { server } = await start({ sessions: true });
    const { access_token: token } = await connect(server);
    const opened = await post(server, INITIALIZE, { token });
    const headers = { "mcp-session-id": opened.headers.get("mcp-session-id") ?? "" };
    server.registrations.registerTool("late", { public: true }, () => ({ content: [] }));
    const { result } = await answerOf(ask(server, "2025", { method: "tools/list" }, { token, headers }));
    expect(result?.tools).toContainEqual(
      expect.objectContaining({ name: "late", securitySchemes: [{ type: "noauth" }] }),
    );
  });

  it("a person's session needs the person's token", async () => {
    const { server, ran } = await start({ sessions: true });
    const { access_token: token } = await connect(server);
    const opened = await post(server, INITIALIZE, { token });
    const headers = { "mcp-session-id": opened.headers.get("mcp-session-id") ?? "" };
    for (const message of [call("search"), call("whoami"), { method: "tools/list" }]) {
      expect((await ask(server, "2025", message, { headers })).status).toBe(401);
    }
    for (const method of ["GET", "DELETE"]) {
      const request = new Request(RESOURCE, { method, headers: { accept: "text/event-stream", ...headers } });
      expect((await server.fetch(request)).status).toBe(401);
    }
    expect(ran).toEqual([]);
    expect((await ask(server, "2025", call("search"), { token, headers })).status).toBe(200);
  });

  it("what a client got without a token opens no session with one", async () => {
    const { server } = await start({ sessions: true });
    const { access_token: token } = await connect(server);
    const marked = await as(server, CHATGPT, "2025");
    expect(marked.headers).toBeDefined();
    expect((await ask(server, "2025", call("whoami"), { ...marked, token })).status).toBe(404);
    expect((await post(server, INITIALIZE, { ...marked, token })).headers.get("mcp-session-id")).not.toBe(
      marked.headers?.["mcp-session-id"],
    );
  });
});

describe("a client that looks for the challenge in the result of a tool", () => {
  it.each(ERAS)("gets it there: ChatGPT, and those that the option names (%s)", async (era) => {
    const { server, ran } = await start({ resultChallengeFor: ["my-client"] });
    for (const client of [CHATGPT, "openai-mcp", "my-client"]) {
      const asking = await as(server, client, era);
      // Whatever the arguments are: the tool's own schema is not asked.
      const response = await ask(server, era, call("secret", { text: 5 }), asking);
      expect(response.status).toBe(200);
      const answer = await answerOf(response);
      expect(answer.result?.isError).toBe(true);
      expect(answer.result?.content?.[0]?.text).toBe("Sign in to use this tool.");
      expect(challengesIn(answer)).toEqual([
        'Bearer error="insufficient_scope", error_description="Sign in to use this tool.", ' +
          `scope="mcp todo:write", resource_metadata="${METADATA}"`,
      ]);
    }
    expect(ran).toEqual([]);
  });

  it.each(ERAS)("is no other one, by whatever name (%s)", async (era) => {
    const { server } = await start({ resultChallengeFor: ["my-client"] });
    for (const client of ["test", "openai-mcp (Codex)", "My-Client", "claude-ai", "__proto__"]) {
      expect((await ask(server, era, call("secret"), await as(server, client, era))).status).toBe(401);
    }
  });

  it.each(ERAS)("gets what is public, and 401 for all that is no tool (%s)", async (era) => {
    const { server, ran } = await start();
    const asking = await as(server, CHATGPT, era);
    for (const [what, message] of CLOSED.filter(([, { method }]) => method !== "tools/call")) {
      expect((await ask(server, era, message, asking)).status, what).toBe(401);
    }
    expect((await ask(server, era, call("absent"), asking)).status).toBe(401);
    expect(ran).toEqual([]);
    expect((await answerOf(ask(server, era, call("search"), asking))).result?.isError).toBeUndefined();
    expect(await listed(server, era, "tools", asking)).toContain("secret");
  });

  it("gets 401 for a batch", async () => {
    const { server, ran } = await start();
    const { headers = {} } = await as(server, CHATGPT, "2025");
    expect((await post(server, batch(call("search"), call("secret")), { headers })).status).toBe(401);
    expect(ran).toEqual([]);
  });

  it.each(ERAS)("is asked for more in the same way once it has a token (%s)", async (era) => {
    const { server, ran } = await start();
    const { access_token: token } = await connect(server);
    const asking = { ...(await as(server, CHATGPT, era, token)), token };
    const answer = await answerOf(ask(server, era, call("secret"), asking));
    expect(answer.result?.isError).toBe(true);
    expect(challengesIn(answer)).toEqual([
      'Bearer error="insufficient_scope", error_description="This needs the scope todo:write.", ' +
        `scope="mcp todo:write", resource_metadata="${METADATA}"`,
    ]);
    expect((await ask(server, era, call("secret"), { token })).status).toBe(403);
    expect(ran).toEqual([]);
  });

  it.each(ERAS)("is told by the status where its token is not valid: it refreshes then (%s)", async (era) => {
    const { server } = await start();
    const response = await ask(server, era, call("secret"), {
      ...(await as(server, CHATGPT, era)),
      token: "old",
    });
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toContain('error="invalid_token"');
  });

  it.each(ERAS)('is asked by the status where askToSignIn is "connect" (%s)', async (era) => {
    const server = await startServer();
    registerBoth(server.registrations);
    expect((await ask(server, era, call("secret"), { client: CHATGPT })).status).toBe(401);
    expect((await post(server, handshake(CHATGPT))).status).toBe(401);
  });
});
