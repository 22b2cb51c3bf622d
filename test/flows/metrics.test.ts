import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Log, silentLog } from "../../src/platform/logging.ts";
import { createOAuthServer, type OAuthServer } from "../../src/server/create-oauth-server.ts";
import {
  authorize,
  authorizeUrl,
  callTool,
  connect,
  mcpRequest,
  newPkce,
  postForm,
  postJson,
  redeem,
  refresh,
  register,
  tokensOf,
} from "../support/client.ts";
import { INITIALIZE } from "../support/mcp-endpoint.ts";
import { growth, METRICS_TOKEN, type Series, scrape, seriesOf } from "../support/metrics.ts";
import { decide, openBrowser, signIn } from "../support/person.ts";
import { startServer, type TestServer } from "../support/server.ts";

let server: TestServer;

async function start(options: Parameters<typeof startServer>[0] = {}): Promise<void> {
  server = await startServer({ metrics: { token: METRICS_TOKEN }, ...options });
}

/** What a metric grew by while something happened. */
async function grown(
  name: string,
  happening: () => Promise<unknown>,
): Promise<Readonly<Record<string, number>>> {
  const before = await scrape(server);
  await happening();
  return growth(before, await scrape(server), name);
}

describe("/metrics on the main port", () => {
  beforeEach(() => start());
  afterEach(async () => {
    await server.drain();
    await server.close();
  });

  const ask = (headers: Readonly<Record<string, string>>, path = "/metrics") =>
    server.fetch(new Request(`https://mcp.example${path}`, { headers }));

  it("is in the text format, not to be kept, and has the process beside ours", async () => {
    const response = await ask({ authorization: `Bearer ${METRICS_TOKEN}` });
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(response.headers.get("cache-control")).toBe("no-store");
    const text = await response.text();
    for (const name of [
      "process_cpu_seconds_total",
      "process_resident_memory_bytes",
      "nodejs_eventloop_lag_p99_seconds",
      "gatehouse_errors_total 0",
    ]) {
      expect(text).toContain(`\n${name}`);
    }
  });

  it.each([
    ["no token", {}],
    ["another token", { authorization: `Bearer ${METRICS_TOKEN.replace("a", "b")}` }],
    ["the beginning of the token", { authorization: `Bearer ${METRICS_TOKEN.slice(0, -1)}` }],
    ["the token and more", { authorization: `Bearer ${METRICS_TOKEN}0` }],
    ["the token in another scheme", { authorization: `Basic ${METRICS_TOKEN}` }],
    ["the token twice", { authorization: `Bearer ${METRICS_TOKEN} ${METRICS_TOKEN}` }],
    ["an empty token", { authorization: "Bearer " }],
    ["the token in a cookie", { cookie: `token=${METRICS_TOKEN}` }],
  ])("is 401 for %s, and tells nothing", async (_what, headers) => {
    const response = await ask(headers as Record<string, string>);
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toMatch(/^Bearer/);
    expect(await response.text()).not.toContain("gatehouse_");
  });

  it("takes no token from the address, and no access token", async () => {
    const { access_token: token } = await connect(server);
    expect((await ask({}, `/metrics?access_token=${METRICS_TOKEN}`)).status).toBe(401);
    expect((await ask({ authorization: `Bearer ${token}` })).status).toBe(401);
  });

  it("knows the scheme in any case (RFC 9110 §11.1)", async () => {
    expect((await ask({ authorization: `bearer ${METRICS_TOKEN}` })).status).toBe(200);
  });

  it("does not open the MCP endpoint: the token is for this alone", async () => {
    expect((await callTool(server, METRICS_TOKEN)).status).toBe(401);
  });
});

describe("/metrics where they are not switched on", () => {
  it("is 404", async () => {
    server = await startServer();
    const response = await server.fetch(
      new Request("https://mcp.example/metrics", { headers: { authorization: `Bearer ${METRICS_TOKEN}` } }),
    );
    expect(response.status).toBe(404);
    await server.drain();
    await server.close();
  });
});

describe("/metrics on a port of their own", () => {
  let open: OAuthServer | undefined;
  let said: string[];
  afterEach(() => open?.close());

  async function listen(metrics: { port: number; host?: string; token?: string }): Promise<string> {
    said = [];
    const log: Log = { ...silentLog, info: (message) => said.push(message) };
    open = createOAuthServer("x", () => null, {
      port: 0,
      database: ":memory:",
      handleSignals: false,
      metrics,
      log,
    });
    const { url } = await open.listen();
    return new URL(url).origin;
  }
  const metricsUrl = () =>
    said.join("\n").match(/the metrics are at (\S+)/)?.[1] ?? expect.fail("nothing was said");

  it("are there for whoever reaches it, and nowhere else", async () => {
    const main = await listen({ port: 0 });
    expect((await fetch(`${main}/metrics`)).status).toBe(404);
    const response = await fetch(metricsUrl());
    expect(response.status).toBe(200);
    // The request before it.
    expect(
      seriesOf(await response.text()).get('gatehouse_http_requests_total{route="not_found",status="404"}'),
    ).toBe(1);
  });

  it("serve nothing else there", async () => {
    await listen({ port: 0 });
    const { origin } = new URL(metricsUrl());
    for (const path of ["/", "/health", "/mcp", "/oauth/token", "/metrics/"]) {
      expect((await fetch(`${origin}${path}`)).status, path).toBe(404);
    }
    expect((await fetch(metricsUrl(), { method: "POST" })).status).toBe(404);
  });

  it("are on this computer unless said, and no web page reads them under a name of its own", async () => {
    await listen({ port: 0 });
    const { hostname } = new URL(metricsUrl());
    expect(hostname).toBe("localhost");
    expect(await statusUnder("rebound.example", metricsUrl())).toBe(421);
    expect(await statusUnder("localhost", metricsUrl())).toBe(200);
  });

  it("are for any name where they are open to others", async () => {
    await listen({ port: 0, host: "0.0.0.0" });
    expect(await statusUnder("gatehouse.internal", metricsUrl())).toBe(200);
  });

  it("may want a token there too", async () => {
    await listen({ port: 0, token: METRICS_TOKEN });
    expect((await fetch(metricsUrl())).status).toBe(401);
    const headers = { authorization: `Bearer ${METRICS_TOKEN}` };
    expect((await fetch(metricsUrl(), { headers })).status).toBe(200);
  });

  it("end with the server", async () => {
    await listen({ port: 0 });
    await open?.close();
    await expect(fetch(metricsUrl())).rejects.toThrow();
  });

  it("stop the start with a sentence where the port is taken", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    await expect(listen({ port })).rejects.toThrow(
      new RegExp(`^The metrics \\(GATEHOUSE_METRICS_PORT\\): Port ${port} is already in use`),
    );
    other.close();
  });
});

async function statusUnder(name: string, url: string): Promise<number> {
  const { request } = await import("node:http");
  const { port } = new URL(url);
  const asked = request({
    host: "127.0.0.1",
    port,
    path: "/metrics",
    headers: { host: `${name}:${port}` },
  }).end();
  const [response] = (await once(asked, "response")) as [import("node:http").IncomingMessage];
  response.resume();
  return response.statusCode ?? 0;
}

describe("what is counted", () => {
  beforeEach(() => start());
  afterEach(async () => {
    await server.drain();
    await server.close();
  });

  it("requests, by the route's name and the status", async () => {
    const requests = await grown("gatehouse_http_requests_total", async () => {
      await connect(server);
      await postForm(server, "/token", {});
      await server.fetch(new Request("https://mcp.example/.well-known/oauth-protected-resource/mcp"));
      await server.fetch(new Request("https://mcp.example/nowhere"));
      await server.fetch(new Request("https://mcp.example/oauth/token", { method: "PUT" }));
    });
    expect(requests).toEqual({
      '{route="register",status="201"}': 1,
      '{route="authorize",status="303"}': 1,
      '{route="login",status="303"}': 1,
      '{route="consent",status="303"}': 1,
      '{route="token",status="200"}': 1,
      '{route="token",status="401"}': 1,
      '{route="token",status="405"}': 1,
      '{route="resource_metadata",status="200"}': 1,
      '{route="not_found",status="404"}': 1,
      '{route="metrics",status="200"}': 1,
    });
  });

  it("the time that they take", async () => {
    const durations = await grown("gatehouse_http_request_duration_seconds", async () => {
      await server.fetch(new Request("https://mcp.example/health"));
    });
    expect(durations).toMatchObject({ '_count{route="health"}': 1, '_bucket{le="+Inf",route="health"}': 1 });
    expect(durations['_sum{route="health"}']).toBeGreaterThan(0);
  });

  it("access tokens by grant type, and refreshes by what came of them", async () => {
    const { clientId, refresh_token: first } = await connect(server);
    const before = await scrape(server);
    const { refresh_token: second } = await tokensOf(refresh(server, clientId, first));
    await tokensOf(refresh(server, clientId, first));
    await tokensOf(refresh(server, clientId, second));
    await connect(server);
    const after = await scrape(server);
    expect(growth(before, after, "gatehouse_access_tokens_issued_total")).toEqual({
      '{grant_type="refresh_token"}': 3,
      '{grant_type="authorization_code"}': 1,
    });
    expect(growth(before, after, "gatehouse_refreshes_total")).toEqual({
      '{outcome="rotated"}': 2,
      '{outcome="repeated"}': 1,
    });
  });

  it("reuse, and the grants that end by it", async () => {
    const { client_id: clientId } = await register(server);
    const authorized = await authorize(server, clientId);
    await tokensOf(redeem(server, clientId, authorized));
    const before = await scrape(server);
    await redeem(server, clientId, authorized);
    const after = await scrape(server);
    expect(growth(before, after, "gatehouse_reuses_total")).toEqual({ '{what="code"}': 1 });
    expect(growth(before, after, "gatehouse_grants_revoked_total")).toEqual({ '{reason="code_reuse"}': 1 });
    expect(growth(before, after, "gatehouse_refusals_total")).toEqual({
      '{endpoint="token",error="invalid_grant"}': 1,
    });
  });

  it("refusals by endpoint and error code", async () => {
    const refusals = await grown("gatehouse_refusals_total", async () => {
      const { client_id: clientId } = await register(server);
      await postJson(server, "/oauth/register", { redirect_uris: ["javascript:alert(1)"] });
      await server.fetch(new Request(authorizeUrl(clientId, "too short")));
      await server.fetch(new Request(authorizeUrl("nobody", newPkce().challenge)));
      await postForm(server, "/oauth/token", { grant_type: "password", client_id: clientId });
    });
    expect(refusals).toEqual({
      '{endpoint="register",error="invalid_redirect_uri"}': 1,
      '{endpoint="authorize",error="invalid_request"}': 1,
      '{endpoint="other",error="invalid_client"}': 1,
      '{endpoint="token",error="unsupported_grant_type"}': 1,
    });
  });

  it("registrations, sign-ins and what people decide", async () => {
    const before = await scrape(server);
    const { client_id: clientId } = await register(server);
    await register(server);
    const url = authorizeUrl(clientId, newPkce().challenge);
    const browser = openBrowser(server);
    for (let i = 0; i < 12; i += 1) await signIn(browser, url, "grace", "wrong").catch(() => {});
    const { state } = await signIn(browser, url);
    await decide(browser, state, "deny");
    await authorize(server, clientId);
    const after = await scrape(server);
    expect(growth(before, after, "gatehouse_registrations_total")).toEqual({
      '{outcome="new"}': 1,
      '{outcome="known"}': 1,
    });
    expect(growth(before, after, "gatehouse_sign_ins_total")).toEqual({
      '{outcome="ok"}': 2,
      '{outcome="failed"}': 10,
      '{outcome="slowed"}': 2,
    });
    expect(growth(before, after, "gatehouse_consents_total")).toEqual({
      '{decision="approved"}': 1,
      '{decision="denied"}': 1,
    });
  });

  it("every decision of the guard, however often the log says it, and the tokens that it knew", async () => {
    const { access_token: token } = await connect(server);
    // Until it hears of changes, a moment after the start, the guard goes by nothing that it remembers.
    await expect
      .poll(() => grown("gatehouse_guard_cache_lookups_total", () => callTool(server, token)))
      .toEqual({
        '{result="hit"}': 1,
      });
    const before = await scrape(server);
    for (let i = 0; i < 3; i += 1) await callTool(server, token);
    for (let i = 0; i < 3; i += 1) await callTool(server, "not.a.token");
    await callTool(server, undefined);
    await callTool(server, "two tokens");
    await callTool(server, token, "create_todo", { title: "more than it may" });
    const after = await scrape(server);
    expect(growth(before, after, "gatehouse_guard_decisions_total")).toEqual({
      '{decision="authenticated"}': 4,
      '{decision="invalid_token"}': 3,
      '{decision="no_token"}': 1,
      '{decision="malformed"}': 1,
      '{decision="insufficient_scope"}': 1,
    });
    expect(growth(before, after, "gatehouse_guard_cache_lookups_total")).toEqual({
      '{result="hit"}': 4,
      '{result="miss"}': 3,
    });
  });

  it("tokens that the guard knew of more than it may remember", async () => {
    await server.close();
    await start({ cachedTokens: 1 });
    const tokens = [await connect(server), await connect(server)].map((connected) => connected.access_token);
    const callAll = async (...called: readonly number[]) => {
      for (const which of called) await callTool(server, tokens[which]);
    };
    await expect
      .poll(() => grown("gatehouse_guard_cache_lookups_total", () => callAll(0, 0)))
      .toEqual({ '{result="hit"}': 2 });
    expect(await grown("gatehouse_guard_cache_lookups_total", () => callAll(0, 1, 1, 0))).toEqual({
      '{result="hit"}': 2,
      '{result="miss"}': 2,
    });
  });

  it("tokens that were good once apart from those that never were", async () => {
    const { access_token: token, refresh_token: refreshToken, clientId } = await connect(server);
    const { access_token: another } = await connect(server);
    const decisions = await grown("gatehouse_guard_decisions_total", async () => {
      await postForm(server, "/oauth/revoke", { token: refreshToken, client_id: clientId });
      await callTool(server, token);
      server.advance(3600);
      await callTool(server, another);
      await callTool(server, `${another.slice(0, -4)}AAAA`);
    });
    expect(decisions).toEqual({
      '{decision="revoked"}': 1,
      '{decision="expired"}': 1,
      '{decision="invalid_token"}': 1,
    });
  });

  it("what the store does, the writes of each commit, and errors", async () => {
    const before = await scrape(server);
    await connect(server);
    const between = await scrape(server);
    const commits = growth(before, between, "gatehouse_group_commit_writes");
    expect(commits._count).toBeGreaterThan(2);
    expect(commits._sum).toBe(commits._count);
    const verbs = growth(before, between, "gatehouse_store_operation_duration_seconds_count");
    expect(verbs).toMatchObject({ '{operation="approve"}': 1, '{operation="redeemCode"}': 1 });
    await server.store.close();
    await refresh(server, "nobody", "nothing");
    expect(growth(between, await scrape(server), "gatehouse_errors_total")).toEqual({ "": 1 });
  });

  it("streams and sessions that are open", async () => {
    await server.drain();
    await server.close();
    await start({ sessions: true });
    const { access_token: token } = await connect(server);
    const opened = await server.fetch(mcpRequest(token, "POST", { body: JSON.stringify(INITIALIZE) }));
    const session = opened.headers.get("mcp-session-id") ?? expect.fail("no session");
    const stream = await server.fetch(mcpRequest(token, "GET", { session }));
    expect(gauges(await scrape(server))).toEqual({ streams: 1, sessions: 1 });
    await stream.body?.cancel();
    await server.fetch(mcpRequest(token, "DELETE", { session }));
    expect(gauges(await scrape(server))).toEqual({ streams: 0, sessions: 0 });
  });
});

function gauges(series: Series): object {
  return {
    streams: series.get("gatehouse_mcp_open_streams"),
    sessions: series.get("gatehouse_mcp_open_sessions"),
  };
}

describe("what strangers send", () => {
  beforeEach(() => start());
  afterEach(async () => {
    await server.drain();
    await server.close();
  });

  const made = () => `${randomBytes(6).toString("hex")}"}\n{evil="1`;

  const ourSeries = async () =>
    [...(await scrape(server)).keys()].filter((series) => series.startsWith("gatehouse_")).sort();

  /** Everything in it that a stranger chooses is new each time. */
  async function attack(token: string): Promise<void> {
    const word = encodeURIComponent(made());
    for (const path of [
      `/${word}`,
      `/.well-known/${word}`,
      `/oauth/${word}`,
      `/mcp/${word}`,
      `/metrics/${word}`,
    ]) {
      await server.fetch(new Request(`https://mcp.example${path}?${word}`));
    }
    const method = randomBytes(4).toString("hex").toUpperCase();
    await server.fetch(new Request("https://mcp.example/oauth/token", { method }));
    await server.fetch(new Request(`https://${randomBytes(4).toString("hex")}.example/mcp`, { method }));
    await postForm(server, "/oauth/token", { grant_type: made(), client_id: made(), scope: made() });
    await postForm(server, "/oauth/token", { grant_type: made() }, { authorization: `Basic ${word}` });
    await postForm(server, "/oauth/revoke", { token: made(), client_id: made() });
    await postForm(server, "/oauth/introspect", { token: made(), client_id: made() });
    await postJson(server, "/oauth/register", {
      redirect_uris: [made()],
      client_name: made(),
      scope: made(),
    });
    const { client_id: clientId } = await register(server, { client_name: made() });
    const { challenge } = newPkce();
    await server.fetch(new Request(authorizeUrl(made(), challenge)));
    await server.fetch(new Request(authorizeUrl(clientId, challenge, { scope: made(), resource: made() })));
    await signIn(openBrowser(server), authorizeUrl(clientId, challenge), made(), made()).catch(() => {});
    await callTool(server, made().replaceAll(/[^a-z0-9]/g, ""));
    await callTool(server, token, made(), { [made()]: made() });
    await server.fetch(mcpRequest(token, method, {}));
    const unknown = JSON.stringify({ jsonrpc: "2.0", id: made(), method: made(), params: {} });
    await server.fetch(mcpRequest(token, "POST", { body: unknown }));
  }

  it("makes no series, whatever it is", async () => {
    const { access_token: token } = await connect(server);
    await attack(token);
    await scrape(server);
    const known = await ourSeries();
    for (let i = 0; i < 5; i += 1) await attack(token);
    expect(await ourSeries()).toEqual(known);
    expect(known.filter((series) => series.includes("evil"))).toEqual([]);
  });

  it("is in no label: each has one of a few values", async () => {
    const { access_token: token } = await connect(server);
    await attack(token);
    const values = (await ourSeries()).flatMap((series) =>
      [...series.matchAll(/"([^"]*)"/g)].map(([, value]) => value ?? ""),
    );
    expect(values.filter((value) => !/^([a-zA-Z_]+|[0-9.]+|\+Inf)$/.test(value))).toEqual([]);
  });
});
