import { describe, expect, it, onTestFinished } from "vitest";
import { createOAuthServer, type Log, protect } from "../../src/index.ts";
import { AUDIENCE, type Issuer, startIssuer } from "../support/issuer.ts";
import { call, INITIALIZE, startEndpoint } from "../support/mcp-endpoint.ts";

type Line = Readonly<Record<string, unknown>>;

/** A log that keeps what `debug` says. */
function debugLog(): { readonly log: Log; readonly lines: readonly Line[]; readonly text: () => string } {
  const lines: Line[] = [];
  const debug: Log["debug"] = (message, fields) => {
    if (message === "let in") lines.push(fields ?? {});
  };
  return {
    log: { event() {}, error() {}, info() {}, debug },
    lines,
    text: () => JSON.stringify(lines),
  };
}

async function openIssuer(): Promise<Issuer> {
  const issuer = await startIssuer();
  onTestFinished(() => issuer.close());
  return issuer;
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

describe("an MCP call that is let in, with debug", () => {
  it("is a line: person, client, method and tool, scopes; no token, no arguments", async () => {
    const { log, lines, text } = debugLog();
    const { endpoint, tokenFor, post, postModern, send } = startEndpoint({ debug: true, log });
    onTestFinished(() => endpoint.close());
    const token = tokenFor({ scopes: ["mcp", "todo:read"] });
    const who = { person: "ada", client: "client-1", scopes: "mcp todo:read" };

    await post(token, call("echo", { text: "a secret argument" }));
    await postModern(token, { method: "tools/call", params: { name: "other", arguments: { text: "x" } } });
    await post(token, { jsonrpc: "2.0", id: 1, method: "prompts/get", params: { name: "greeting" } });
    await post(token, { jsonrpc: "2.0", id: 1, method: "resources/read", params: { uri: "file:///secret" } });
    await post(token, INITIALIZE);
    await post(token, [call("one"), { jsonrpc: "2.0", id: 9, result: {} }, call("two", {}, 2)]);
    await send(token, "GET");
    expect(lines).toEqual([
      { ...who, method: "tools/call", tool: "echo" },
      { ...who, method: "tools/call", tool: "other" },
      { ...who, method: "prompts/get", prompt: "greeting" },
      { ...who, method: "resources/read" },
      { ...who, method: "initialize" },
      { ...who, method: "tools/call", tool: "one" },
      { ...who, method: "tools/call", tool: "two" },
      { ...who, method: "GET" },
    ]);
    expect(text()).not.toMatch(/secret|token-/);
  });

  it("has no control characters, and an end", async () => {
    const { log, lines } = debugLog();
    const { endpoint, tokenFor, post } = startEndpoint({ debug: true, log });
    onTestFinished(() => endpoint.close());
    const odd = "\u001b[31m\n\u0007\u0085\u202e\u2028";
    const token = tokenFor({
      person: { id: `ada${odd}` },
      client: { id: `client${odd}`, name: null },
      scopes: ["mcp", `odd${odd}`],
    });
    await post(token, call(`echo${odd}`));
    await post(token, { jsonrpc: "2.0", id: 1, method: `x${odd}`.repeat(1000) });
    await post(
      token,
      Array.from({ length: 1000 }, (_, id) => call("echo", {}, id)),
    );
    const clean = "�[31m�����";
    expect(lines[0]).toEqual({
      person: `ada${clean}`,
      client: `client${clean}`,
      method: "tools/call",
      tool: `echo${clean}`,
      scopes: `mcp odd${clean}`,
    });
    expect(lines[1]?.method).toHaveLength(200);
    expect(lines).toHaveLength(2 + 100);
  });

  it("is none where it is refused", async () => {
    const { log, lines } = debugLog();
    const { endpoint, tokenFor, post } = startEndpoint({ debug: true, log });
    onTestFinished(() => endpoint.close());
    await post("unknown", call("echo"));
    await post(tokenFor({ scopes: [] }), call("echo"));
    await post(tokenFor(), "no JSON");
    expect(lines).toEqual([]);
  });

  it("is none without debug", async () => {
    const { log, lines } = debugLog();
    const { endpoint, tokenFor, post } = startEndpoint({ log });
    onTestFinished(() => endpoint.close());
    await post(tokenFor(), call("echo"));
    expect(lines).toEqual([]);
  });
});

describe("a guarded route", () => {
  const route = `${AUDIENCE}/notes/7?key=hidden`;
  const line = {
    person: "ada",
    client: "agent",
    method: "PUT",
    path: "/mcp/notes/7",
    scopes: "mcp todo:read",
  };
  const claims = { sub: "ada", client_id: "agent", scope: "mcp todo:read" };

  it.each([true, false])("of protect is a line with debug alone: %s", async (debug) => {
    const issuer = await openIssuer();
    const { log, lines, text } = debugLog();
    const options = { issuer: issuer.url, audience: AUDIENCE, resource: AUDIENCE, requiredScopes: ["mcp"] };
    const { guard } = protect({ ...options, supportedScopes: ["mcp"], log, ...(debug && { debug }) });
    const token = await issuer.mint(claims);
    expect(await guard(new Request(route, { method: "PUT", headers: bearer(token) }))).toHaveProperty(
      "person",
    );
    // What is refused, and what carries no token, is no admission.
    await guard(new Request(route, { headers: bearer("bad") }));
    await guard(new Request(route, { headers: bearer(token) }), "admin");
    await guard(new Request(route, { method: "OPTIONS" }));
    expect(lines).toEqual(debug ? [line] : []);
    expect(text()).not.toMatch(/hidden|eyJ/);
  });

  it.each([true, false])("of createOAuthServer is one too, and its MCP calls: %s", async (debug) => {
    const issuer = await openIssuer();
    const { log, lines } = debugLog();
    const server = createOAuthServer(
      "x",
      { authorization: { issuer: issuer.url, audience: AUDIENCE } },
      { publicUrl: "https://mcp.example", log, debug },
    );
    onTestFinished(() => server.close());
    const token = await issuer.mint(claims);
    await server.guard({ method: "PUT", url: route, headers: new Headers(bearer(token)) });
    const body = JSON.stringify(call("echo"));
    const headers = { ...bearer(token), "content-type": "application/json", accept: "application/json" };
    await server.fetch(new Request(AUDIENCE, { method: "POST", headers, body }));
    const { path: _path, ...who } = line;
    expect(lines).toEqual(debug ? [line, { ...who, method: "tools/call", tool: "echo" }] : []);
  });

  it("takes true or false", () => {
    const options = { issuer: "https://idp.example", audience: "x", resource: AUDIENCE };
    expect(() => protect({ ...options, debug: "yes" as never })).toThrow(
      /^debug is "yes"; it must be true or false\.$/,
    );
  });
});
