import { McpServer } from "@modelcontextprotocol/server";
import { describe, expect, it, test } from "vitest";
import { call, INITIALIZE, messagesOf, startEndpoint, textOf } from "../../../test/support/mcp-endpoint.ts";

type Rig = ReturnType<typeof startEndpoint>;

/** Opens a session and returns the header that belongs to it. */
async function openSession(rig: Rig, token: string) {
  const response = await rig.post(token, INITIALIZE);
  expect(response.status).toBe(200);
  const id = response.headers.get("mcp-session-id") ?? "";
  expect(id).not.toBe("");
  await response.text();
  return { "mcp-session-id": id };
}

function startWithSessions() {
  const rig = startEndpoint({ sessions: true });
  rig.registrations.registerTool("who", {}, ({ person }) => ({
    content: [{ type: "text", text: person.id }],
  }));
  rig.registrations.registerTool("write", { scopes: ["write"] }, ({ scopes }) => ({
    content: [{ type: "text", text: scopes.join(" ") }],
  }));
  rig.registrations.registerResource("r", "app://r", {}, (uri) => ({
    contents: [{ uri: uri.href, text: "" }],
  }));
  return rig;
}

const ACME = { id: "acme", name: "Acme" };
const GLOBEX = { id: "globex", name: "Globex" };

/** For this token the session does not exist, whatever it asks for. */
async function expectNone(rig: Rig, token: string, session: Readonly<Record<string, string>>) {
  expect((await rig.post(token, call("who"), session)).status).toBe(404);
  expect((await rig.send(token, "GET", session)).status).toBe(404);
  expect((await rig.send(token, "DELETE", session)).status).toBe(404);
}

const SUBSCRIBE = { jsonrpc: "2.0", id: 9, method: "resources/subscribe", params: { uri: "app://r" } };

/** Reads a stream until it holds the text. */
async function readUntil(response: Response, wanted: string): Promise<string> {
  const reader = (response.body as ReadableStream<Uint8Array>)
    .pipeThrough(new TextDecoderStream())
    .getReader();
  let read = "";
  while (!read.includes(wanted)) {
    const { done, value } = await reader.read();
    if (done) throw new Error(`The stream ended after: ${read}`);
    read += value;
  }
  return read;
}

describe("a session (MCP 2025-11-25, session management)", () => {
  it("is of one person and one client: for everybody else it does not exist", async () => {
    const rig = startWithSessions();
    const session = await openSession(rig, rig.tokenFor());
    const strangers = [
      rig.tokenFor({ person: { id: "grace" } }),
      rig.tokenFor({ client: { id: "client-2", name: null } }),
      rig.tokenFor({ issuer: "https://other.example" }),
      rig.tokenFor({ organization: GLOBEX }),
    ];
    for (const token of strangers) await expectNone(rig, token, session);
    const unknown = await rig.post(rig.tokenFor(), call("who"), { "mcp-session-id": "unknown" });
    expect(unknown.status).toBe(404);
    // Nothing of that ended it.
    expect(await textOf(await rig.post(rig.tokenFor(), call("who"), session))).toBe("ada");
  });

  it("goes on with the token of a step-up, whose scopes count from then on", async () => {
    const rig = startWithSessions();
    const first = rig.tokenFor({ grantId: "grant-1" });
    const session = await openSession(rig, first);
    expect((await rig.post(first, call("write"), session)).status).toBe(403);
    const second = rig.tokenFor({ grantId: "grant-2", scopes: ["mcp", "write"] });
    expect(await textOf(await rig.post(second, call("write"), session))).toBe("mcp write");
  });

  it("is of one organization, also where the same person chose another one for the same client", async () => {
    const rig = startWithSessions();
    const session = await openSession(rig, rig.tokenFor({ organization: ACME }));
    for (const organization of [GLOBEX, null]) await expectNone(rig, rig.tokenFor({ organization }), session);
    const renamed = rig.tokenFor({ organization: { ...ACME, name: "Acme Inc." } });
    expect(await textOf(await rig.post(renamed, call("who"), session))).toBe("ada");
  });

  it.each(["grant-1", "grant-2"])(
    "ends with the grant that it began with, and with the one of a step-up: %s",
    async (revoked) => {
      const rig = startWithSessions();
      const session = await openSession(rig, rig.tokenFor({ grantId: "grant-1" }));
      const second = rig.tokenFor({ grantId: "grant-2" });
      expect((await rig.post(second, call("who"), session)).status).toBe(200);
      rig.revoke(revoked);
      expect(rig.endpoint.openSessions()).toBe(0);
      expect((await rig.post(rig.tokenFor(), call("who"), session)).status).toBe(404);
    },
  );

  it("ends with its grant, though the person comes back with another", async () => {
    const rig = startWithSessions();
    const token = rig.tokenFor({ grantId: "grant-1" });
    const session = await openSession(rig, token);
    const stream = await rig.send(token, "GET", session);
    expect(stream.status).toBe(200);
    rig.revoke("grant-1");
    expect(await stream.text()).toBe("");
    expect((await rig.post(token, call("who"), session)).status).toBe(401);
    expect((await rig.post(rig.tokenFor(), call("who"), session)).status).toBe(404);
  });

  it("ends on DELETE", async () => {
    const rig = startWithSessions();
    const token = rig.tokenFor();
    const session = await openSession(rig, token);
    expect((await rig.send(token, "DELETE", session)).status).toBe(200);
    expect((await rig.post(token, call("who"), session)).status).toBe(404);
  });

  it("ends when it was idle for an hour, and not while a stream is open", async () => {
    const rig = startWithSessions();
    const day = { expiresAt: Math.floor(Date.now() / 1000) + 86_400 };
    const token = rig.tokenFor(day);
    const idle = await openSession(rig, token);
    const busy = await openSession(rig, token);
    const stream = await rig.send(token, "GET", busy);
    rig.advance(60 * 60 * 1000 + 1);
    expect((await rig.post(token, call("who"), idle)).status).toBe(404);
    expect((await rig.post(token, call("who"), busy)).status).toBe(200);
    await stream.body?.cancel();
  });

  it("of one person too many pushes out that person's oldest, and nobody else's", async () => {
    const rig = startWithSessions();
    const ada = rig.tokenFor({ person: { id: "ada" } });
    const grace = rig.tokenFor({ person: { id: "grace" } });
    const hers = await openSession(rig, grace);
    const oldest = await openSession(rig, ada);
    const second = await openSession(rig, ada);
    for (let i = 2; i <= 100; i++) await openSession(rig, ada);
    expect((await rig.post(ada, call("who"), oldest)).status).toBe(404);
    expect((await rig.post(ada, call("who"), second)).status).toBe(200);
    expect((await rig.post(grace, call("who"), hers)).status).toBe(200);
  });

  it("in which a call runs is pushed out after those in which nothing does", async () => {
    const rig = startWithSessions();
    const running = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    rig.registrations.registerTool("wait", {}, async () => {
      running.resolve();
      await gate.promise;
      return { content: [{ type: "text", text: "at last" }] };
    });
    const token = rig.tokenFor();
    const answer = rig.post(token, call("wait"), await openSession(rig, token));
    await running.promise;
    for (let i = 0; i < 101; i++) await openSession(rig, token);
    gate.resolve();
    expect(await textOf(await answer)).toBe("at last");
  });

  it("is not opened for a client that takes no form of answer", async () => {
    const rig = startWithSessions();
    const response = await rig.post(rig.tokenFor(), INITIALIZE, { accept: "text/html" });
    expect(response.status).toBe(406);
    expect(response.headers.has("mcp-session-id")).toBe(false);
  });

  it("tells of the resources that it subscribed to, until it unsubscribes", async () => {
    const rig = startWithSessions();
    const token = rig.tokenFor();
    const [told, untold] = [await openSession(rig, token), await openSession(rig, token)];
    expect((await messagesOf(await rig.post(token, SUBSCRIBE, told)))[0]?.result).toEqual({});
    const streams = [await rig.send(token, "GET", told), await rig.send(token, "GET", untold)] as const;
    rig.endpoint.resourceUpdated("app://r");
    rig.endpoint.resourceUpdated("app://other");
    // What is registered late is announced to all, and ends the wait of the one that is not told.
    rig.registrations.registerTool("late", {}, () => ({ content: [{ type: "text", text: "late" }] }));
    expect(await readUntil(streams[0], "list_changed")).toContain('"uri":"app://r"');
    expect(await readUntil(streams[1], "list_changed")).not.toContain("resources/updated");
    expect(await textOf(await rig.post(token, call("late"), untold))).toBe("late");
  });

  it("tells nothing of a resource whose scopes the token that used it last lacks", async () => {
    const rig = startWithSessions();
    const uri = "app://for-admins";
    rig.registrations.registerResource("for admins", uri, { scopes: ["admin"] }, () => ({ contents: [] }));
    const [broad, lesser] = [rig.tokenFor({ scopes: ["mcp", "admin"] }), rig.tokenFor({ scopes: ["mcp"] })];
    const session = await openSession(rig, broad);
    await rig.post(broad, { ...SUBSCRIBE, params: { uri } }, session);
    const stream = await rig.send(lesser, "GET", session);
    rig.endpoint.resourceUpdated(uri);
    rig.registrations.registerTool("late", {}, () => ({ content: [] }));
    expect(await readUntil(stream, "list_changed")).not.toContain("resources/updated");
  });

  it("is not needed: a client that sends no session id is served without", async () => {
    const rig = startWithSessions();
    expect(await textOf(await rig.post(rig.tokenFor(), call("who")))).toBe("ada");
    expect((await rig.send(rig.tokenFor(), "GET")).status).toBe(405);
  });
});

/** A factory whose servers know whom they were made for, as the guide says it: by their context. */
function startWithFactory() {
  return startEndpoint({
    sessions: true,
    factory: ({ person, organization, scopes }) => {
      const server = new McpServer({ name: "own", version: "1" });
      const text = JSON.stringify([person, organization?.id ?? null, scopes]);
      server.registerTool("who", {}, () => ({ content: [{ type: "text", text }] }));
      return server;
    },
  });
}

describe("a session whose server a factory made", () => {
  const made = {
    grantId: "grant-1",
    person: { id: "ada", name: "Ada", groups: ["admins"] },
    organization: ACME,
    scopes: ["mcp", "write"],
  };

  test.each([
    ["of its grant, refreshed", {}],
    ["of its grant, refreshed, with the scopes in another order", { scopes: ["write", "mcp"] }],
  ])("goes on with a token %s", async (_what, later) => {
    const rig = startWithFactory();
    const session = await openSession(rig, rig.tokenFor(made));
    const answer = await rig.post(rig.tokenFor({ ...made, ...later }), call("who"), session);
    expect(await textOf(answer)).toContain('"acme"');
  });

  test.each([
    ["of another grant", { grantId: "grant-2" }],
    ["of another grant and organization", { grantId: "grant-2", organization: GLOBEX }],
    ["of another grant with less", { grantId: "grant-2", scopes: ["mcp"] }],
    ["of another grant with more", { grantId: "grant-2", scopes: ["mcp", "write", "admin"] }],
    ["that a refresh narrowed", { scopes: ["mcp"] }],
    ["of a provider", { grantId: null }],
  ])("does not exist for a token %s, and nothing of that ends it", async (_what, other) => {
    const rig = startWithFactory();
    const token = rig.tokenFor(made);
    const session = await openSession(rig, token);
    const another = rig.tokenFor({ ...made, ...other });
    await expectNone(rig, another, session);
    expect((await rig.post(token, call("who"), session)).status).toBe(200);
    // What a client does then (MCP 2025-11-25, session management).
    const next = await openSession(rig, another);
    expect((await rig.post(another, call("who"), next)).status).toBe(200);
  });

  it("ends with its grant, whatever other token was sent to it meanwhile", async () => {
    const rig = startWithFactory();
    const session = await openSession(rig, rig.tokenFor(made));
    await rig.post(rig.tokenFor({ ...made, grantId: "grant-2" }), call("who"), session);
    rig.revoke("grant-1");
    expect(rig.endpoint.openSessions()).toBe(0);
  });

  test.each([
    ["fewer scopes", { scopes: ["mcp"] }],
    ["more scopes", { scopes: ["mcp", "write", "admin"] }],
    ["fewer groups", { person: { id: "ada", name: "Ada", groups: [] } }],
    ["another client", { client: { id: "client-2", name: null } }],
    ["a grant", { grantId: "grant-1" }],
  ])("goes on with a later token of a provider, and does not exist for one with %s", async (_what, other) => {
    const rig = startWithFactory();
    const ofProvider = { ...made, grantId: null };
    const session = await openSession(rig, rig.tokenFor(ofProvider));
    expect((await rig.post(rig.tokenFor(ofProvider), call("who"), session)).status).toBe(200);
    await expectNone(rig, rig.tokenFor({ ...ofProvider, ...other }), session);
  });
});
