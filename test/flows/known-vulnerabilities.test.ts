import { decodeJwt } from "jose";
import { describe, expect, it } from "vitest";
import {
  authorize,
  authorizeUrl,
  callTool,
  codeOf,
  connect,
  newPkce,
  postForm,
  postJson,
  REDIRECT_URI,
  RESOURCE,
  redeem,
  refresh,
  register,
  tokensOf,
} from "../support/client.ts";
import { answerOf, type Browser, decide, openBrowser, signIn, stateOf } from "../support/person.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { REMOVED } from "../support/store/samples.ts";

// What others got wrong, each with the advisory or the project where it was seen. What a flow of its own covers in full
// (the pages' binding, the guard, revocation, rotation, metadata documents) is tested there.

async function atConsent(server: TestServer, clientId: string, browser = openBrowser(server)) {
  const pkce = newPkce();
  return { browser, ...pkce, ...(await signIn(browser, authorizeUrl(clientId, pkce.challenge))) };
}

describe("a redirect URI is checked again at approval (CVE-2025-4143)", () => {
  it("and one that the client has lost in the meantime gets no code", async () => {
    const server = await startServer();
    const { client_id } = await register(server);
    const { browser, state } = await atConsent(server, client_id);
    const client = await server.store.findClient(client_id);
    if (!client) throw new Error("the client is not there");
    await server.store.removeClient(client_id, server.now(), REMOVED);
    await server.store.addClient({ ...client, redirectUris: ["https://client.example/new"] }, "unaudited");
    server.advance(61);
    for (const decision of ["approve", "deny"] as const) {
      const answer = await decide(browser, state, decision);
      expect(answer.status).toBe(400);
      expect(answer.headers.get("location")).toBeNull();
    }
    expect(await server.store.listGrants({})).toEqual([]);
  });

  it("and at the token endpoint", async () => {
    const server = await startServer();
    const { client_id } = await register(server, {
      redirect_uris: ["https://client.example/callback", "https://client.example/other"],
    });
    const authorized = await authorize(server, client_id);
    const answer = await redeem(server, client_id, authorized, {
      redirect_uri: "https://client.example/other",
    });
    expect(await answer.json()).toMatchObject({ error: "invalid_grant" });
  });
});

it("a consent is for the client that asked: what the form says besides changes nothing (GHSA-c2jp-c369-7pvx)", async () => {
  const server = await startServer();
  const { client_id } = await register(server);
  const attacker = await register(server, { redirect_uris: ["https://evil.example/cb"] });
  const { browser, state, verifier } = await atConsent(server, client_id);
  const answer = await browser.submit("/oauth/consent", {
    state,
    decision: "approve",
    client_id: attacker.client_id,
    redirect_uri: "https://evil.example/cb",
    username: "grace",
  });
  expect(answer.headers.get("location")).toMatch(/^https:\/\/client\.example\/callback\?/);
  const authorized = { code: codeOf(answer.headers.get("location")), verifier };
  const wrong = await redeem(server, attacker.client_id, authorized, { redirect_uri: undefined });
  expect(await wrong.json()).toMatchObject({ error: "invalid_grant" });
  const { access_token } = await tokensOf(redeem(server, client_id, authorized));
  expect(decodeJwt(access_token)).toMatchObject({ sub: "ada", client_id });
});

describe("an attacker's link in a victim's browser (CVE-2026-27124)", () => {
  it.each(["login", "consent"] as const)("of the %s page does nothing there", async (page) => {
    const server = await startServer();
    const { client_id } = await register(server);
    const victim = openBrowser(server);
    await atConsent(server, client_id, victim);
    const attacker = openBrowser(server);
    const begun = await attacker.request(authorizeUrl(client_id, newPkce().challenge));
    const link =
      page === "login"
        ? (begun.headers.get("location") ?? "")
        : (await atConsent(server, client_id, attacker)).location;
    const opened = await victim.request(link);
    expect(opened.status).toBe(403);
    expect(await opened.text()).not.toContain("<form");
    expect((await decide(victim, stateOf(link), "approve", ["mcp"])).status).toBe(403);
    expect(await server.store.listGrants({})).toEqual([]);
  });

  it("is no way to sign the victim in as the attacker: a password counts only in the browser that began", async () => {
    const server = await startServer();
    const { client_id } = await register(server);
    const begun = await openBrowser(server).request(authorizeUrl(client_id, newPkce().challenge));
    const state = stateOf(begun.headers.get("location"));
    const victim = openBrowser(server);
    await victim.request(authorizeUrl(client_id, newPkce().challenge));
    const answer = await victim.submit("/oauth/login", { state, username: "grace", password: "hopper" });
    expect(answer.status).toBe(403);
    expect(answer.headers.getSetCookie()).toEqual([]);
  });
});

describe("consent is remembered for nobody (FastMCP's second hole)", () => {
  it.each([
    ["a loopback client", ["http://127.0.0.1/callback"], "http://127.0.0.1:4711/callback"],
    ["a public https client", ["https://client.example/callback"], "https://client.example/callback"],
    ["a private-use client", ["cursor://app/callback"], "cursor://app/callback"],
  ])(
    "%s is asked about each time, and prompt=none gets nothing",
    async (_name, redirect_uris, redirect_uri) => {
      const server = await startServer();
      const { client_id } = await register(server, { redirect_uris });
      const browser = openBrowser(server);
      const url = () => authorizeUrl(client_id, newPkce().challenge, { redirect_uri });
      const { state } = await signIn(browser, url());
      await decide(browser, state, "approve", ["mcp"]);
      const again = await browser.request(url());
      expect(again.headers.get("location")).toContain("/oauth/consent?");
      const silent = await browser.request(
        authorizeUrl(client_id, newPkce().challenge, { redirect_uri, prompt: "none" }),
      );
      expect(await answerOf(silent)).toContain("error=consent_required");
    },
  );
});

it("a token is bound to the resource that was asked for, and to no other (CVE-2025-69196)", async () => {
  const server = await startServer();
  const { client_id } = await register(server);
  const other = "https://mcp.example/other";
  const url = authorizeUrl(client_id, newPkce().challenge, { resource: other });
  const refused = new URL(await answerOf(await openBrowser(server).request(url)));
  expect(refused.searchParams.get("error")).toBe("invalid_target");
  const authorized = await authorize(server, client_id);
  const redeemed = await redeem(server, client_id, authorized, { resource: other });
  expect(await redeemed.json()).toMatchObject({ error: "invalid_target" });
  const tokens = await tokensOf(redeem(server, client_id, authorized, { resource: RESOURCE }));
  expect(decodeJwt(tokens.access_token).aud).toBe(RESOURCE);
  const refreshed = await refresh(server, client_id, tokens.refresh_token, { resource: other });
  expect(await refreshed.json()).toMatchObject({ error: "invalid_target" });
});

describe("a confidential client's grant is no public client's (CVE-2026-53512)", () => {
  it.each([
    ["without its secret", {}],
    ["with a wrong one", { client_secret: "wrong" }],
  ])("%s neither its code nor its refresh token is taken, and both stay good", async (_name, wrong) => {
    const server = await startServer();
    const { client_id, client_secret } = await register(server, {
      token_endpoint_auth_method: "client_secret_post",
    });
    const authorized = await authorize(server, client_id);
    expect((await redeem(server, client_id, authorized, wrong)).status).toBe(401);
    const { refresh_token } = await tokensOf(redeem(server, client_id, authorized, { client_secret }));
    expect((await refresh(server, client_id, refresh_token, wrong)).status).toBe(401);
    await tokensOf(refresh(server, client_id, refresh_token, { client_secret }));
  });
});

describe("an address that runs something is registered nowhere (CVE-2026-67333)", () => {
  it.each([
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\nscript:alert(1)",
    "java\tscript:alert(1)",
    "\u0000javascript:alert(1)",
    " javascript:alert(1)",
    "javascript://client.example/%0aalert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)",
    "blob:https://client.example/1",
    "file:///etc/passwd",
    "https://client.example/cb#code",
    "https://user@client.example/cb",
    "https://client.example\\@evil.example/cb",
    "http://client.example/cb",
    "//client.example/cb",
    "/cb",
  ])("%j", async (uri) => {
    const server = await startServer();
    const answer = await postJson(server, "/oauth/register", {
      redirect_uris: ["https://client.example/callback", uri],
      token_endpoint_auth_method: "none",
    });
    expect(answer.status).toBe(400);
    const { error, error_description } = (await answer.json()) as Record<string, string>;
    expect(error).toBe("invalid_redirect_uri");
    expect(error_description).toMatch(/^[\x20-\x7e]+$/);
    expect(await server.store.listClients()).toEqual([]);
  });
});

describe("wrong passwords are slowed by network, not by address (CVE-2026-45364)", () => {
  async function tries(
    server: TestServer,
    count: number,
    addressOf: (i: number) => string,
    username = "ada",
  ) {
    const { client_id } = await register(server);
    const browser = openBrowser({ fetch: (request) => server.fetch(request, { address: addressOf(0) }) });
    const begun = await browser.request(authorizeUrl(client_id, newPkce().challenge));
    const body = new URLSearchParams({
      state: stateOf(begun.headers.get("location")),
      username,
      password: "guess",
    });
    const headers = { "content-type": "application/x-www-form-urlencoded", cookie: browser.cookie() };
    const statuses: number[] = [];
    for (let i = 0; i < count; i++) {
      const request = new Request("https://mcp.example/oauth/login", { method: "POST", headers, body });
      statuses.push((await server.fetch(request, { address: addressOf(i) })).status);
    }
    return statuses;
  }

  it("so a /64 of addresses is one, and another /64 another", async () => {
    const server = await startServer();
    const statuses = await tries(server, 20, (i) => `2001:db8:1:2::${i.toString(16)}`);
    expect(statuses).toContain(429);
    expect(await tries(server, 1, () => "2001:db8:1:3::1")).toEqual([403]);
  });

  it("and what a client writes into X-Forwarded-For is nobody's address", async () => {
    const server = await startServer();
    const { client_id } = await register(server);
    const browser = openBrowser({ fetch: (request) => server.fetch(request, { address: "192.0.2.1" }) });
    const begun = await browser.request(authorizeUrl(client_id, newPkce().challenge));
    const fields = { state: stateOf(begun.headers.get("location")), username: "ada", password: "guess" };
    const statuses: number[] = [];
    for (let i = 0; i < 20; i++) {
      const headers = { "x-forwarded-for": `198.51.100.${i}` };
      statuses.push((await browser.submit("/oauth/login", fields, { headers })).status);
    }
    expect(statuses).toContain(429);
  });

  it("nor is anything but the last entry, where a proxy is trusted", async () => {
    const server = await startServer({ trustProxy: true });
    const { client_id } = await register(server);
    const browser = openBrowser(server);
    const begun = await browser.request(authorizeUrl(client_id, newPkce().challenge));
    const fields = { state: stateOf(begun.headers.get("location")), username: "ada", password: "guess" };
    const statuses: number[] = [];
    for (let i = 0; i < 20; i++) {
      const headers = { "x-forwarded-for": `198.51.100.${i}, 192.0.2.1` };
      statuses.push((await browser.submit("/oauth/login", fields, { headers })).status);
    }
    expect(statuses).toContain(429);
  });
});

it("two people of one e-mail address are two people (CVE-2026-53516)", async () => {
  const email = "shared@example.com";
  const server = await startServer({}, { checkUser: (username) => ({ id: `id-of-${username}`, email }) });
  const subjects = [];
  for (const username of ["ada", "grace"]) {
    const tokens = await connect(server, { username });
    subjects.push(decodeJwt(tokens.access_token).sub);
  }
  expect(subjects).toEqual(["id-of-ada", "id-of-grace"]);
});

it("everybody is a subject of their own, with an audience, after a page of consent (mcp-auth-proxy)", async () => {
  const server = await startServer();
  const tokens = [await connect(server), await connect(server, { username: "grace", password: "hopper" })];
  const claims = tokens.map(({ access_token }) => decodeJwt(access_token));
  expect(claims.map(({ sub, aud }) => [sub, aud])).toEqual([
    ["ada", RESOURCE],
    ["grace", RESOURCE],
  ]);
});

it("theft from one device signs out this one, and not the person's others (better-auth)", async () => {
  const server = await startServer();
  const [laptop, phone] = [await connect(server), await connect(server)];
  expect(laptop.clientId).toBe(phone.clientId);
  const second = await tokensOf(refresh(server, laptop.clientId, laptop.refresh_token));
  await tokensOf(refresh(server, laptop.clientId, second.refresh_token));
  await refresh(server, laptop.clientId, laptop.refresh_token);
  expect((await callTool(server, second.access_token)).status).toBe(401);
  expect((await callTool(server, phone.access_token)).status).toBe(200);
  await tokensOf(refresh(server, phone.clientId, phone.refresh_token));
});

it("a refresh ends the old token and leaves the new one good, not the other way round (obot)", async () => {
  const server = await startServer({ refreshGraceSeconds: 0 });
  const { clientId, refresh_token } = await connect(server);
  const next = await tokensOf(refresh(server, clientId, refresh_token));
  const afterIt = await tokensOf(refresh(server, clientId, next.refresh_token));
  expect((await callTool(server, afterIt.access_token)).status).toBe(200);
  server.advance(1);
  expect((await refresh(server, clientId, next.refresh_token)).status).toBe(400);
  expect((await refresh(server, clientId, afterIt.refresh_token)).status).toBe(400);
});

describe("no code before the sign-in is complete (better-auth #9198)", () => {
  const attempts: readonly [string, (browser: Browser, state: string) => Promise<Response>][] = [
    [
      "approving the request of the sign-in page",
      (browser, state) => decide(browser, state, "approve", ["mcp"]),
    ],
    ["opening its consent page", (browser, state) => browser.request(`/oauth/consent?state=${state}`)],
    [
      "after a wrong password",
      async (browser, state) => {
        await browser.submit("/oauth/login", { state, username: "ada", password: "wrong" });
        return decide(browser, state, "approve", ["mcp"]);
      },
    ],
  ];
  it.each(attempts)("%s", async (_name, attempt) => {
    const server = await startServer();
    const { client_id } = await register(server);
    const browser = openBrowser(server);
    const begun = await browser.request(authorizeUrl(client_id, newPkce().challenge));
    const answer = await attempt(browser, stateOf(begun.headers.get("location")));
    expect(answer.status).toBe(403);
    expect(answer.headers.get("location")).toBeNull();
    expect(await server.store.listGrants({})).toEqual([]);
  });

  it("while checkUser is still thinking", async () => {
    const thought = Promise.withResolvers<string>();
    const server = await startServer({}, { checkUser: () => thought.promise });
    const { client_id } = await register(server);
    const browser = openBrowser(server);
    const begun = await browser.request(authorizeUrl(client_id, newPkce().challenge));
    const state = stateOf(begun.headers.get("location"));
    const signingIn = browser.submit("/oauth/login", { state, username: "ada", password: "lovelace" });
    expect((await decide(browser, state, "approve", ["mcp"])).status).toBe(403);
    thought.resolve("ada");
    expect((await signingIn).headers.get("location")).toContain("/oauth/consent?");
  });
});

it("the Host header decides nothing that is spoken (openauth)", async () => {
  const server = await startServer();
  const asEvil = {
    fetch: (request: Request) => {
      const headers = new Headers(request.headers);
      for (const name of ["host", "x-forwarded-host", "forwarded", "x-original-host"])
        headers.set(name, "evil.example");
      const url = request.url.replace("https://mcp.example", "http://evil.example:8080");
      return server.fetch(new Request(url, new Request(request, { headers })));
    },
  };
  const { client_id } = await register(asEvil);
  const browser = openBrowser(asEvil);
  const pkce = newPkce();
  const begun = await browser.request(authorizeUrl(client_id, pkce.challenge));
  expect(begun.headers.get("location")).toMatch(/^https:\/\/mcp\.example\/oauth\/login\?/);
  const { state, location } = await signIn(browser, authorizeUrl(client_id, pkce.challenge));
  expect(location).toMatch(/^https:\/\/mcp\.example\//);
  const back = new URL((await decide(browser, state, "approve", ["mcp"])).headers.get("location") ?? "");
  expect(back.searchParams.get("iss")).toBe("https://mcp.example");
  const authorized = { code: back.searchParams.get("code") ?? "", verifier: pkce.verifier };
  const { access_token } = await tokensOf(redeem(asEvil, client_id, authorized));
  expect(decodeJwt(access_token)).toMatchObject({ iss: "https://mcp.example", aud: RESOURCE });
  const refused = await callTool(asEvil, undefined);
  expect(refused.headers.get("www-authenticate")).not.toContain("evil");
  expect((await callTool(asEvil, access_token)).status).toBe(200);
});

it("what a stranger writes ends no line of the log and no header", async () => {
  const server = await startServer();
  const { client_id } = await register(server, { redirect_uris: [REDIRECT_URI, "http://127.0.0.1/cb"] });
  const injected = "x\r\nSet-Cookie: evil=1\r\n\r\n<script>";
  for (const changes of [
    { state: injected, prompt: "none" },
    { resource: injected },
    { response_type: injected },
  ]) {
    for (const redirect_uri of [REDIRECT_URI, "http://127.0.0.1/cb"]) {
      const response = await openBrowser(server).request(
        authorizeUrl(client_id, newPkce().challenge, { ...changes, redirect_uri }),
      );
      expect(response.headers.get("set-cookie")).toBeNull();
      const answer = await answerOf(response);
      expect(answer.startsWith(`${redirect_uri}?error=`)).toBe(true);
      expect(answer).toMatch(/^[\x21-\x7e]+$/);
    }
  }
  const answer = await postForm(server, "/oauth/token", { client_id, grant_type: injected });
  expect(((await answer.json()) as Record<string, string>).error_description).toMatch(/^[\x20-\x7e]+$/);
});
