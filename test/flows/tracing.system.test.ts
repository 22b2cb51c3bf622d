import { propagation, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { silentLog } from "../../src/platform/logging.ts";
import { createOAuthServer } from "../../src/server/create-oauth-server.ts";
import {
  authorize,
  connect,
  postForm,
  RESOURCE,
  redeem,
  refresh,
  register,
  tokensOf,
} from "../support/client.ts";
import { AUDIENCE, startIssuer } from "../support/issuer.ts";
import { PEOPLE, startServer, type TestServer } from "../support/server.ts";
import { collectSpans, spanIdOf, traceIdOf } from "../support/spans.ts";

const spans = collectSpans();
const TRACE = "0af7651916cd43dd8448eb211c80319c";
const CALLER = "b7ad6b7169203331";
const TRACEPARENT = `00-${TRACE}-${CALLER}-01`;

let server: TestServer;
let token: string;

beforeEach(async () => {
  server = await startServer();
  ({ access_token: token } = await connect(server));
  spans.forget();
});
afterEach(async () => {
  await server.drain();
  await server.close();
});

type Sent = {
  readonly name?: string;
  readonly args?: object;
  readonly meta?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
};

/** `tools/call` as a client sends it that is in a trace. */
function call({ name = "whoami", args = {}, meta, headers = {} }: Sent = {}): Promise<Response> {
  const params = { name, arguments: args, ...(meta !== undefined && { _meta: meta }) };
  return server.fetch(
    new Request(RESOURCE, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        "mcp-protocol-version": "2025-11-25",
        authorization: `Bearer ${token}`,
        ...headers,
      },
      body: JSON.stringify({ jsonrpc: "2.0", id: "call-7", method: "tools/call", params }),
    }),
  );
}

describe("a request", () => {
  it("is one span: its route, its status, and no word of what was asked", async () => {
    await server.fetch(new Request("https://mcp.example/oauth/authorize?state=secret-of-the-client&code=1"));
    const span = spans.named("GET /oauth/authorize");
    expect(span.kind).toBe(SpanKind.SERVER);
    expect(span.parentSpanContext).toBeUndefined();
    expect(span.attributes).toEqual({
      "http.request.method": "GET",
      "url.scheme": "https",
      "url.path": "/oauth/authorize",
      "http.route": "/oauth/authorize",
      "http.response.status_code": 400,
    });
    expect(span.status.code).toBe(SpanStatusCode.UNSET);
  });

  it("has the store's work below it, and this the database's name", async () => {
    const { client_id: clientId } = await register(server);
    const authorized = await authorize(server, clientId);
    spans.forget();
    await tokensOf(redeem(server, clientId, authorized));
    const request = spans.named("POST /oauth/token");
    for (const verb of ["findGrant", "redeemCode"]) {
      const span = spans.named(verb);
      expect(span.parentSpanContext?.spanId).toBe(spanIdOf(request));
      expect(span.kind).toBe(SpanKind.CLIENT);
      expect(span.attributes).toEqual({ "db.system.name": "sqlite", "db.operation.name": verb });
    }
  });

  it("that fails on our side is an error, and so is what failed, without its message", async () => {
    await server.store.close();
    await refresh(server, "nobody", "nothing");
    const request = spans.named("POST /oauth/token");
    expect(request.status).toEqual({ code: SpanStatusCode.ERROR });
    expect(request.attributes["error.type"]).toBe("500");
    const verb = spans.named("findClient");
    expect(verb.status).toEqual({ code: SpanStatusCode.ERROR });
    expect(verb.attributes["error.type"]).toBe("Error");
    expect(verb.events).toEqual([]);
  });

  it("for a path or with a method that strangers made up has neither of them in its name", async () => {
    await server.fetch(new Request("https://mcp.example/made/up?token=abc"));
    await server.fetch(new Request("https://mcp.example/oauth/token", { method: "BREW" }));
    expect(spans.named("GET").attributes).toEqual({
      "http.request.method": "GET",
      "url.scheme": "https",
      "http.response.status_code": 404,
    });
    expect(spans.named("HTTP /oauth/token").attributes["http.request.method"]).toBe("_OTHER");
  });

  it("of a probe is none, and neither is what it asks the store", async () => {
    for (const path of ["/health", "/ready"]) await server.fetch(new Request(`https://mcp.example${path}`));
    expect(spans.ended()).toEqual([]);
  });
});

describe("the traceparent header", () => {
  const ask = (headers: Readonly<Record<string, string>>) =>
    server.fetch(new Request("https://mcp.example/oauth/jwks", { headers }));

  it("names the parent", async () => {
    await ask({ traceparent: TRACEPARENT, tracestate: "rojo=1" });
    const span = spans.named("GET /oauth/jwks");
    expect(traceIdOf(span)).toBe(TRACE);
    expect(span.parentSpanContext).toMatchObject({ spanId: CALLER, isRemote: true });
    expect(span.spanContext().traceState?.serialize()).toBe("rojo=1");
  });

  it.each([
    ["malformed", "00-nonsense-01"],
    ["of no trace", `00-${"0".repeat(32)}-${CALLER}-01`],
    ["oversized", `${TRACEPARENT}-${"a".repeat(10_000)}`],
    ["sent twice", `${TRACEPARENT}, ${TRACEPARENT}`],
  ])("is ignored where it is %s", async (_what, traceparent) => {
    expect((await ask({ traceparent })).status).toBe(200);
    const span = spans.named("GET /oauth/jwks");
    expect(span.parentSpanContext).toBeUndefined();
    expect(traceIdOf(span)).not.toBe(TRACE);
  });

  it("counts for nothing where something around us has begun a span already", async () => {
    const tracer = trace.getTracer("around");
    await tracer.startActiveSpan("outer", async (outer) => {
      await ask({ traceparent: TRACEPARENT });
      outer.end();
    });
    const span = spans.named("GET /oauth/jwks");
    expect(span.kind).toBe(SpanKind.INTERNAL);
    expect(span.parentSpanContext?.spanId).toBe(spanIdOf(spans.named("outer")));
  });

  it("brings no baggage: who sends it is not known yet", async () => {
    let seen: unknown = "nothing";
    server.registrations.registerTool("look", { description: "x" }, () => {
      seen = propagation.getActiveBaggage()?.getAllEntries();
      return { content: [] };
    });
    await call({ name: "look", headers: { traceparent: TRACEPARENT, baggage: "role=admin" } });
    expect(seen).toBeUndefined();
  });
});

describe("a tool call", () => {
  it("is a span below its request, with the tool's name", async () => {
    await call();
    const span = spans.named("tools/call whoami");
    expect(span.kind).toBe(SpanKind.SERVER);
    expect(span.parentSpanContext?.spanId).toBe(spanIdOf(spans.named("POST /mcp")));
    expect(span.links).toEqual([]);
    expect(span.attributes).toEqual({
      "mcp.method.name": "tools/call",
      "mcp.protocol.version": "2025-11-25",
      "gen_ai.tool.name": "whoami",
      "gen_ai.operation.name": "execute_tool",
      "jsonrpc.request.id": "call-7",
      "network.transport": "tcp",
      "network.protocol.name": "http",
    });
  });

  it("joins the trace that _meta names (SEP-414), and links the request that carried it", async () => {
    await call({ meta: { traceparent: TRACEPARENT, tracestate: "rojo=1" } });
    const span = spans.named("tools/call whoami");
    expect(traceIdOf(span)).toBe(TRACE);
    expect(span.parentSpanContext).toMatchObject({ spanId: CALLER, isRemote: true });
    expect(span.spanContext().traceState?.serialize()).toBe("rojo=1");
    const request = spans.named("POST /mcp");
    expect(traceIdOf(request)).not.toBe(TRACE);
    expect(span.links.map(({ context }) => context.spanId)).toEqual([spanIdOf(request)]);
  });

  it("in both places at once: _meta is the sender's, the header its transport's", async () => {
    const proxy = "00f067aa0ba902b7";
    await call({ meta: { traceparent: TRACEPARENT }, headers: { traceparent: `00-${TRACE}-${proxy}-01` } });
    expect(spans.named("tools/call whoami").parentSpanContext?.spanId).toBe(CALLER);
    expect(spans.named("POST /mcp").parentSpanContext?.spanId).toBe(proxy);
  });

  it("of the 2026 era too", async () => {
    await server.fetch(modernCall({ traceparent: TRACEPARENT }));
    expect(spans.named("tools/call whoami").parentSpanContext?.spanId).toBe(CALLER);
    expect(spans.named("tools/call whoami").attributes["mcp.protocol.version"]).toBe("2026-07-28");
  });

  it("has what its handler does below it, and the baggage at hand", async () => {
    let seen: unknown;
    server.registrations.registerTool("look", { description: "x" }, async () => {
      await new Promise((resolve) => setImmediate(resolve));
      seen = propagation.getActiveBaggage()?.getEntry("userId")?.value;
      trace.getTracer("theirs").startSpan("inside").end();
      return { content: [] };
    });
    await (await call({ name: "look", meta: { traceparent: TRACEPARENT, baggage: "userId=alice" } })).text();
    expect(seen).toBe("alice");
    expect(spans.named("inside").parentSpanContext?.spanId).toBe(spanIdOf(spans.named("tools/call look")));
  });

  it.each([
    ["a traceparent that is none", { traceparent: "00-1-2-3" }],
    ["one that is no text", { traceparent: { toString: 1 } }],
    ["a list of them", { traceparent: [TRACEPARENT] }],
    ["one of a megabyte", { traceparent: `${TRACEPARENT}${"a".repeat(1_000_000)}` }],
    ["baggage alone", { baggage: "userId=alice" }],
    ["a list in its place", [TRACEPARENT]],
    ["a text in its place", TRACEPARENT],
  ])("answers all the same where _meta has %s, and is not in that trace", async (_what, meta) => {
    const { status } = await call({ meta });
    expect(status).toBeLessThan(500);
    for (const span of spans.ended()) expect(traceIdOf(span)).not.toBe(TRACE);
  });

  it("of a tool that is not there has no name that the client made up", async () => {
    await call({ name: "made-up-by-a-client" });
    const span = spans.named("tools/call");
    expect(span.attributes["gen_ai.tool.name"]).toBe("made-up-by-a-client");
    expect(span.attributes["error.type"]).toBe("-32602");
  });

  it("that fails says so, though HTTP and JSON-RPC do not", async () => {
    server.registrations.registerTool("fail", { description: "x" }, () => {
      throw new Error("the private reason");
    });
    expect((await call({ name: "fail" })).status).toBe(200);
    const span = spans.named("tools/call fail");
    expect(span.attributes["error.type"]).toBe("tool_error");
    expect(span.status).toEqual({ code: SpanStatusCode.ERROR });
    expect(spans.named("POST /mcp").status.code).toBe(SpanStatusCode.UNSET);
  });

  it("lasts as long as its stream does", async () => {
    let finish = () => {};
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    server.registrations.registerTool("slow", { description: "x" }, async () => {
      await finished;
      return { content: [] };
    });
    const response = await call({ name: "slow" });
    expect(spans.ended().map(({ name }) => name)).not.toContain("tools/call slow");
    finish();
    await response.text();
    expect(spans.ended().map(({ name }) => name)).toContain("tools/call slow");
  });

  it("that the guard refuses is none", async () => {
    token = "not.a.token";
    await call();
    expect(spans.ended().map(({ name }) => name)).not.toContain("tools/call whoami");
  });

  it("with a batch in its place, or a method that is none, is none", async () => {
    const post = (body: unknown) =>
      server.fetch(
        new Request(RESOURCE, {
          method: "POST",
          headers: {
            "content-type": "application/json",
            accept: "application/json, text/event-stream",
            authorization: `Bearer ${token}`,
          },
          body: JSON.stringify(body),
        }),
      );
    await post([{ jsonrpc: "2.0", id: 1, method: "ping" }]);
    await post({ jsonrpc: "2.0", id: 1, method: "made/up" });
    await post({ jsonrpc: "2.0", id: 1, method: "constructor" });
    const served = spans.ended().filter(({ kind }) => kind === SpanKind.SERVER);
    expect(served.map(({ name }) => name)).toEqual(["POST /mcp", "POST /mcp", "POST /mcp"]);
  });
});

function modernCall(trace: object): Request {
  const version = "2026-07-28";
  const meta = {
    "io.modelcontextprotocol/protocolVersion": version,
    "io.modelcontextprotocol/clientInfo": { name: "test", version: "1" },
    "io.modelcontextprotocol/clientCapabilities": {},
    ...trace,
  };
  return new Request(RESOURCE, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      "mcp-protocol-version": version,
      "mcp-method": "tools/call",
      "mcp-name": "whoami",
      authorization: `Bearer ${token}`,
    },
    body: JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      method: "tools/call",
      params: { name: "whoami", arguments: {}, _meta: meta },
    }),
  });
}

describe("a server that listens", () => {
  it("has the same spans for what comes over a socket", async () => {
    const listening = createOAuthServer("x", () => null, {
      port: 0,
      database: ":memory:",
      handleSignals: false,
      log: silentLog,
    });
    const { origin } = new URL((await listening.listen()).url);
    await fetch(`${origin}/oauth/jwks?x=1`, { headers: { traceparent: TRACEPARENT } });
    const span = spans.named("GET /oauth/jwks");
    expect(span.parentSpanContext?.spanId).toBe(CALLER);
    expect(span.attributes).toMatchObject({ "url.scheme": "http", "http.response.status_code": 200 });
    await listening.close();
  });
});

describe("what we ask of others", () => {
  it("is a span below the request that needed it, without what stands behind a question mark", async () => {
    const issuer = await startIssuer();
    const jwksUri = `${issuer.url}/jwks?key=of-the-operator`;
    const guarded = createOAuthServer(
      "x",
      { authorization: { issuer: issuer.url, audience: AUDIENCE, jwksUri } },
      { publicUrl: "https://mcp.example", handleSignals: false, log: silentLog },
    );
    const bearer = await issuer.mint();
    await guarded.fetch(new Request(RESOURCE, { headers: { authorization: `Bearer ${bearer}` } }));
    const span = spans.ended().find(({ kind }) => kind === SpanKind.CLIENT) ?? expect.fail("no span");
    expect(span.name).toBe("GET");
    expect(span.parentSpanContext?.spanId).toBe(spanIdOf(spans.named("GET /mcp")));
    const { hostname, port } = new URL(issuer.url);
    expect(span.attributes).toMatchObject({
      "http.request.method": "GET",
      "url.full": `${issuer.url}/jwks`,
      "server.address": hostname,
      "server.port": Number(port),
    });
    await guarded.close();
    await issuer.close();
  });

  it("is an error where it fails", async () => {
    await server.fetch(
      new Request("https://mcp.example/oauth/authorize?client_id=https://127.0.0.1/client.json"),
    );
    const span = spans.ended().find(({ kind, name }) => kind === SpanKind.CLIENT && name === "GET");
    expect(span?.attributes).toMatchObject({
      "url.full": "https://127.0.0.1/client.json",
      "error.type": "SafeFetchError",
    });
  });
});

describe("the whole dance", () => {
  it("leaves no code, token, verifier, password or state in any span", async () => {
    const { client_id: clientId } = await register(server);
    const authorized = await authorize(server, clientId);
    const first = await tokensOf(redeem(server, clientId, authorized));
    const second = await tokensOf(refresh(server, clientId, first.refresh_token));
    token = second.access_token;
    await call({ name: "echo", args: { text: "a private question" } });
    await postForm(server, "/oauth/revoke", { token: second.refresh_token, client_id: clientId });
    const secrets = [
      authorized.code,
      authorized.verifier,
      first.access_token,
      first.refresh_token,
      second.access_token,
      second.refresh_token,
      PEOPLE.ada,
      "client-state",
      "a private question",
    ];
    const text = JSON.stringify(
      spans
        .ended()
        .map(({ name, attributes, events, status, links }) => ({ name, attributes, events, status, links })),
    );
    expect(spans.ended().length).toBeGreaterThan(10);
    for (const secret of secrets) expect(text).not.toContain(secret);
  });
});
