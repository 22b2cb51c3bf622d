import { describe, expect, it } from "vitest";
import { connect } from "../support/client.ts";
import { INITIALIZE, messagesOf } from "../support/mcp-endpoint.ts";
import { startServer } from "../support/server.ts";
import {
  type Asking,
  answerOf,
  ask,
  CLOSED,
  call,
  complete,
  ERAS,
  listed,
  type Message,
  OPEN,
  PUBLIC,
  post,
  read,
  registerBoth,
} from "../support/without-token.ts";

const METADATA = "https://mcp.example/.well-known/oauth-protected-resource/mcp";

async function start(options: Parameters<typeof startServer>[0] = {}) {
  const server = await startServer(options);
  return { server, ...registerBoth(server.registrations) };
}

const asBatch = (...messages: readonly Message[]) =>
  messages.map((message, index) => ({ jsonrpc: "2.0", id: index + 1, ...message }));

describe('askToSignIn: "connect", at the MCP endpoint', () => {
  it.each(ERAS)("asks for a token from the first message on, also for what is public (%s)", async (era) => {
    const { server, ran } = await start();
    for (const message of [
      { method: "initialize" },
      { method: "tools/list" },
      ...OPEN.map(([, one]) => one),
    ]) {
      const response = await ask(server, era, message);
      expect(response.status).toBe(401);
      expect(response.headers.get("www-authenticate")).toBe(
        `Bearer scope="mcp", resource_metadata="${METADATA}"`,
      );
    }
    expect(ran).toEqual([]);
  });

  it.each(ERAS)("serves what is public to those who have a token (%s)", async (era) => {
    const { server, ran, callers } = await start();
    const { access_token: token } = await connect(server);
    for (const [runs, message] of OPEN) {
      expect((await answerOf(ask(server, era, message, { token }))).error).toBeUndefined();
      expect(ran).toContain(runs);
    }
    expect(callers.map((auth) => auth?.person.id)).toEqual(["ada"]);
    expect(await listed(server, era, "tools", { token })).toContain("secret");
  });
});

describe('askToSignIn: "connect", at the public path', () => {
  const there: Asking = { to: PUBLIC };

  it.each(ERAS)("serves what is public without a token (%s)", async (era) => {
    const { server, ran, callers } = await start();
    for (const [runs, message] of OPEN) {
      const response = await ask(server, era, message, there);
      expect(response.status).toBe(200);
      expect((await answerOf(response)).error).toBeUndefined();
      expect(ran).toContain(runs);
    }
    expect(callers).toEqual([null]);
  });

  it.each(ERAS)("lists what is public and nothing else (%s)", async (era) => {
    const { server, ran } = await start();
    expect(await listed(server, era, "tools", there)).toEqual(["search"]);
    expect(await listed(server, era, "prompts", there)).toEqual(["guide"]);
    expect(await listed(server, era, "resources", there)).toEqual(["terms", "doc 1"]);
    expect(await listed(server, era, "resourceTemplates", there)).toEqual(["doc"]);
    expect(ran).toEqual(["doc listed"]);
  });

  it.each(ERAS)("knows nothing else: %s", async (era) => {
    const { server, ran } = await start();
    for (const [what, message] of CLOSED) {
      const response = await ask(server, era, message, there);
      // A stream would not end.
      if (message.method === "subscriptions/listen") expect(response.status).toBe(400);
      const { result, error } = await answerOf(response);
      expect(result, what).toBeUndefined();
      expect(error?.code, what).toBeLessThan(0);
    }
    expect(ran).toEqual([]);
  });

  it.each(ERAS)("answers of what needs a token as of what there is not (%s)", async (era) => {
    const { server } = await start();
    const pairs: readonly (readonly [Message, Message, string])[] = [
      [call("secret"), call("absent"), "secret"],
      [read("app://diary"), read("app://absent"), "diary"],
      [
        complete({ type: "ref/prompt", name: "plan" }, "city"),
        complete({ type: "ref/prompt", name: "absent" }, "city"),
        "plan",
      ],
    ];
    for (const [closed, absent, name] of pairs) {
      const [one, other] = [await ask(server, era, closed, there), await ask(server, era, absent, there)];
      expect(one.status).toBe(other.status);
      expect((await one.text()).replaceAll(name, "absent")).toBe(await other.text());
    }
  });

  it.each(CLOSED)("no batch hides %s behind something public", async (_, message) => {
    const { server, ran } = await start();
    const response = await post(server, asBatch(call("search"), message), there);
    expect(response.status === 400 || (await messagesOf(response)).length > 0).toBe(true);
    expect(ran.filter((name) => name !== "search" && name !== "search validated")).toEqual([]);
  });

  it("serves a batch of what is public", async () => {
    const { server } = await start();
    const answers = await messagesOf(await post(server, asBatch(call("search"), read("doc://1")), there));
    expect(answers.map(({ result }) => result !== undefined)).toEqual([true, true]);
  });

  it("looks at no token: whoever sends one is no one there", async () => {
    const { server, callers } = await start();
    const { access_token: token } = await connect(server);
    expect((await ask(server, "2026", call("search"), { ...there, token })).status).toBe(200);
    expect((await ask(server, "2026", call("search"), { ...there, token: "not-a-token" })).status).toBe(200);
    expect(callers).toEqual([null, null]);
  });

  it("has no resource metadata, with which a client would begin to sign in", async () => {
    const { server } = await start();
    const at = (path: string) => server.fetch(new Request(`https://mcp.example/.well-known/${path}`));
    expect((await at("oauth-protected-resource/mcp/public")).status).toBe(404);
    expect((await at("oauth-protected-resource/mcp")).status).toBe(200);
    const { headers } = await ask(server, "2025", call("secret"), there);
    expect(headers.get("www-authenticate")).toBeNull();
  });

  it("is not there while nothing is public, and is once something is", async () => {
    const server = await startServer();
    expect((await ask(server, "2025", { method: "tools/list" }, there)).status).toBe(404);
    server.registrations.registerTool("late", { public: true }, () => ({ content: [] }));
    expect(await listed(server, "2025", "tools", there)).toEqual(["late"]);
  });

  it("is where the option says, with a slash at its end too", async () => {
    const { server } = await start({ publicUrl: "https://mcp.example/app", publicPath: "/anyone" });
    for (const to of ["https://mcp.example/app/anyone", "https://mcp.example/app/anyone/"]) {
      expect(await listed(server, "2026", "tools", { to })).toEqual(["search"]);
    }
    expect((await ask(server, "2026", call("search"), there)).status).toBe(404);
  });

  it("begins no session, and has no stream to get", async () => {
    const { server } = await start({ sessions: true });
    const response = await post(server, INITIALIZE, there);
    expect(response.status).toBe(200);
    expect(response.headers.get("mcp-session-id")).toBeNull();
    for (const method of ["GET", "DELETE"]) {
      const headers = { accept: "text/event-stream", "mcp-session-id": "any" };
      expect((await server.fetch(new Request(PUBLIC, { method, headers }))).status).toBe(405);
    }
  });

  it("tells a subscriber that something public changed, and of nothing else", async () => {
    const { server } = await start();
    const params = { notifications: { resourceSubscriptions: ["app://terms"] } };
    const response = await ask(server, "2026", { method: "subscriptions/listen", params }, there);
    server.resourceUpdated("app://diary");
    server.resourceUpdated("app://terms");
    const told = await readUntil(response, "resources/updated");
    await server.drain();
    expect(told).toContain("app://terms");
    expect(told).not.toContain("app://diary");
  });
});

/** Reads a stream until it holds the text. */
async function readUntil(response: Response, wanted: string): Promise<string> {
  let read = "";
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  while (reader && !read.includes(wanted)) read += (await reader.read()).value;
  return read;
}
