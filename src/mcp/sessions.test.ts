import { describe, expect, it } from "vitest";
import { call, INITIALIZE, messagesOf, startEndpoint, textOf } from "../../test/support/mcp-endpoint.ts";

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
    ];
    for (const token of strangers) {
      expect((await rig.post(token, call("who"), session)).status).toBe(404);
      expect((await rig.send(token, "GET", session)).status).toBe(404);
      expect((await rig.send(token, "DELETE", session)).status).toBe(404);
    }
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
    // The grant that it began with ends, and the session does not.
    rig.revoke("grant-1");
    expect(await textOf(await rig.post(second, call("who"), session))).toBe("ada");
  });

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
