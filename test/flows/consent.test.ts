import { describe, expect, it } from "vitest";
import { authorizeUrl, codeOf, newPkce, redeem, register, tokensOf } from "../support/client.ts";
import { type Browser, decide, openBrowser, signIn, stateOf } from "../support/person.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { REMOVED, REVOKED } from "../support/store/samples.ts";

async function atConsent(server: TestServer, metadata = {}, params: Record<string, string | undefined> = {}) {
  const { client_id: clientId } = await register(server, metadata);
  const pkce = newPkce();
  const browser = openBrowser(server);
  const consent = await signIn(browser, authorizeUrl(clientId, pkce.challenge, params));
  return { clientId, browser, ...pkce, ...consent };
}
type At = Awaited<ReturnType<typeof atConsent>>;
const pageAt = async (browser: Browser, location: string) => (await browser.request(location)).text();

describe("the consent page", () => {
  it("shows the client, where it sends the person, who is signed in, and each scope with its tools", async () => {
    const server = await startServer();
    const { browser, location } = await atConsent(server, {}, { scope: "mcp todo:write" });
    const page = await pageAt(browser, location);
    for (const text of [
      "Test Client",
      "client.example",
      "Ada Lovelace",
      "Use the tools",
      "Change your list",
      "create_todo",
    ]) {
      expect(page).toContain(text);
    }
    expect(page).toMatch(/<input[^>]*name="scope"[^>]*value="todo:write"[^>]*checked/);
    expect(page).toMatch(/<input[^>]*value="mcp"[^>]*disabled/);
    expect(page).toMatch(/<button[^>]*name="decision"[^>]*value="approve"/);
    expect(page).toMatch(/<button[^>]*name="decision"[^>]*value="deny"/);
  });

  it("warns where the answer goes to this computer, and shows the whole scheme of a private-use address", async () => {
    const server = await startServer();
    const local = await atConsent(
      server,
      { redirect_uris: ["http://127.0.0.1/cb"] },
      { redirect_uri: "http://127.0.0.1:4000/cb" },
    );
    expect(await pageAt(local.browser, local.location)).toContain("this computer");
    const cursor = "cursor://anysphere.cursor-mcp/oauth/callback";
    const app = await atConsent(server, { redirect_uris: [cursor] }, { redirect_uri: cursor });
    expect(await pageAt(app.browser, app.location)).toContain("cursor://anysphere.cursor-mcp");
  });

  it("escapes what a client calls itself", async () => {
    const server = await startServer();
    const { browser, location } = await atConsent(server, { client_name: '<script>alert("x")</script>' });
    expect(await pageAt(browser, location)).not.toContain("<script");
  });

  it("lets the person switch to another account", async () => {
    const server = await startServer();
    const { browser, location } = await atConsent(server);
    const link = /href="([^"]*\/oauth\/login[^"]*)"/
      .exec(await pageAt(browser, location))?.[1]
      ?.replaceAll("&amp;", "&");
    const again = await browser.submit("/oauth/login", {
      state: stateOf(link ?? null),
      username: "grace",
      password: "hopper",
    });
    expect(await pageAt(browser, again.headers.get("location") ?? "")).toContain("Grace Hopper");
  });

  it("is never remembered: the next authorization asks again", async () => {
    const server = await startServer();
    const { clientId, browser, state } = await atConsent(server);
    await decide(browser, state, "approve");
    const next = await browser.request(authorizeUrl(clientId, newPkce().challenge));
    expect(next.headers.get("location")).toContain("/oauth/consent");
  });
});

describe("approving", () => {
  it("sends the code, state and iss to the address of the request", async () => {
    const server = await startServer();
    const { browser, state } = await atConsent(server);
    const answer = await decide(browser, state, "approve");
    expect([302, 303]).toContain(answer.status);
    const location = new URL(answer.headers.get("location") ?? "");
    expect(location.searchParams.get("state")).toBe("client-state");
    expect(location.searchParams.get("iss")).toBe("https://mcp.example");
    expect(answer.headers.get("cache-control")).toBe("no-store");
  });

  it("grants what stays ticked, and the locked scope that browsers do not send", async () => {
    const server = await startServer();
    const at = await atConsent(server, {}, { scope: "mcp todo:read todo:write" });
    const answer = await decide(at.browser, at.state, "approve", ["todo:read"]);
    const tokens = await tokensOf(
      redeem(server, at.clientId, { ...at, code: codeOf(answer.headers.get("location")) }),
    );
    expect(tokens.scope).toBe("mcp todo:read");
  });

  it("grants nothing that was not asked for, whatever the form says", async () => {
    const server = await startServer();
    const at = await atConsent(server, {}, { scope: "mcp" });
    const answer = await decide(at.browser, at.state, "approve", ["mcp", "todo:write", "admin"]);
    const tokens = await tokensOf(
      redeem(server, at.clientId, { ...at, code: codeOf(answer.headers.get("location")) }),
    );
    expect(tokens.scope).toBe("mcp");
  });

  it("twice gives the same result, and the last code is redeemable", async () => {
    const server = await startServer();
    const at = await atConsent(server);
    const first = await decide(at.browser, at.state, "approve");
    const second = await decide(at.browser, at.state, "approve");
    expect(second.headers.get("location")).toBe(first.headers.get("location"));
    await tokensOf(redeem(server, at.clientId, { ...at, code: codeOf(second.headers.get("location")) }));
    expect(await server.store.listGrants({})).toHaveLength(1);
  });

  it("again when the code has expired unused gives one that is good for as long again", async () => {
    const server = await startServer();
    const at = await atConsent(server);
    await decide(at.browser, at.state, "approve");
    server.advance(301);
    const second = await decide(at.browser, at.state, "approve");
    const code = codeOf(second.headers.get("location"));
    server.advance(299);
    await tokensOf(redeem(server, at.clientId, { ...at, code }));
    expect(await server.store.listGrants({})).toHaveLength(1);
  });

  it("again when the grant has ended does not open it again", async () => {
    const server = await startServer();
    const at = await atConsent(server);
    const code = codeOf((await decide(at.browser, at.state, "approve")).headers.get("location"));
    const [grant] = await server.store.listGrants({});
    await server.store.revokeGrant(grant?.id ?? "", "operator", server.now(), REVOKED);
    const again = await decide(at.browser, at.state, "approve");
    expect(again.status).toBe(403);
    expect(await again.text()).toContain("connect again");
    expect((await redeem(server, at.clientId, { ...at, code })).status).toBe(400);
  });

  it("again after the client has connected says so, and signs nobody out", async () => {
    const server = await startServer();
    const at = await atConsent(server);
    const answer = await decide(at.browser, at.state, "approve");
    await tokensOf(redeem(server, at.clientId, { ...at, code: codeOf(answer.headers.get("location")) }));
    const again = await decide(at.browser, at.state, "approve");
    expect(again.status).toBe(200);
    expect(again.headers.get("location")).toBeNull();
    expect((await server.store.listGrants({}))[0]?.revokedAt).toBeNull();
  });

  it.each([
    ["fewer scopes", (at: At) => decide(at.browser, at.state, "approve", ["todo:read"])],
    ["more scopes", (at: At) => decide(at.browser, at.state, "approve", ["todo:read", "todo:write", "mcp"])],
    [
      "another person",
      async ({ browser, location }: At) => {
        const page = await pageAt(browser, location);
        const link = /href="([^"]*\/oauth\/login[^"]*)"/.exec(page)?.[1]?.replaceAll("&amp;", "&");
        const grace = { username: "grace", password: "hopper" };
        const switched = await browser.submit("/oauth/login", { state: stateOf(link ?? null), ...grace });
        const state = stateOf(switched.headers.get("location"));
        return decide(browser, state, "approve", ["mcp", "todo:write"]);
      },
    ],
  ])("again with %s is no second click: nobody gets what they did not choose", async (_name, again) => {
    const server = await startServer();
    const at = await atConsent(server, {}, { scope: "mcp todo:read todo:write" });
    const first = await decide(at.browser, at.state, "approve", ["mcp", "todo:write"]);
    const second = await again(at);
    expect(second.status).toBe(403);
    expect(second.headers.get("location")).toBeNull();
    const code = codeOf(first.headers.get("location"));
    expect((await tokensOf(redeem(server, at.clientId, { ...at, code }))).scope).toBe("mcp todo:write");
  });

  it("for a private-use address ends on a page that links on", async () => {
    const server = await startServer();
    const cursor = "cursor://anysphere.cursor-mcp/oauth/callback";
    const { browser, state } = await atConsent(server, { redirect_uris: [cursor] }, { redirect_uri: cursor });
    const answer = await decide(browser, state, "approve");
    expect(answer.status).toBe(200);
    expect(await answer.text()).toMatch(/href="cursor:\/\/anysphere\.cursor-mcp\/oauth\/callback\?code=/);
  });

  it("writes one line in the log, without the code", async () => {
    const server = await startServer();
    const { browser, state } = await atConsent(server);
    const code = codeOf((await decide(browser, state, "approve")).headers.get("location"));
    expect(server.lines.filter((line) => line.name === "consent.approved")).toHaveLength(1);
    expect(JSON.stringify(server.lines)).not.toContain(code);
  });
});

it("denying answers access_denied with state and iss, and writes nothing", async () => {
  const server = await startServer();
  const loopback = "http://127.0.0.1:4000/cb";
  const { browser, state } = await atConsent(
    server,
    { redirect_uris: [loopback] },
    { redirect_uri: loopback },
  );
  const location = new URL((await decide(browser, state, "deny")).headers.get("location") ?? "");
  expect(location.searchParams.get("error")).toBe("access_denied");
  expect(location.searchParams.get("state")).toBe("client-state");
  expect(location.searchParams.get("iss")).toBe("https://mcp.example");
  expect(await server.store.listGrants({})).toEqual([]);
});

describe("denying after approving, on the same page", () => {
  it.each(["before the app has connected", "after the app has connected"])(
    "ends what was approved, %s",
    async (when) => {
      const server = await startServer();
      const { browser, state, clientId, verifier } = await atConsent(server);
      const code = codeOf((await decide(browser, state, "approve")).headers.get("location"));
      const exchange = () => redeem(server, clientId, { code, verifier });
      if (when.startsWith("after")) expect((await exchange()).status).toBe(200);
      await decide(browser, state, "deny");
      expect(await server.store.listGrants({})).toMatchObject([{ revokedReason: "person" }]);
      expect((await exchange()).status).toBe(400);
    },
  );
});

describe("nobody else can decide", () => {
  it.each([
    [
      "another browser",
      async (server: TestServer, state: string) => decide(openBrowser(server), state, "approve"),
    ],
    [
      "another person's browser",
      async (server: TestServer, state: string) =>
        decide((await atConsent(server)).browser, state, "approve"),
    ],
  ])("%s", async (_name, attack) => {
    const server = await startServer();
    const at = await atConsent(server);
    expect((await attack(server, at.state)).status).toBe(403);
    expect(await server.store.listGrants({})).toEqual([]);
    expect((await decide(at.browser, at.state, "approve")).headers.get("location")).toContain("code=");
  });

  it("another site, from the right browser", async () => {
    const server = await startServer();
    const { browser, state } = await atConsent(server);
    const answer = await browser.submit(
      "/oauth/consent",
      { state, decision: "approve" },
      { headers: { "sec-fetch-site": "cross-site" } },
    );
    expect(answer.status).toBe(403);
    expect(await server.store.listGrants({})).toEqual([]);
  });

  it("the request of the sign-in stage, which holds no person", async () => {
    const server = await startServer();
    const { client_id } = await register(server);
    const browser = openBrowser(server);
    const begun = await browser.request(authorizeUrl(client_id, newPkce().challenge));
    const answer = await decide(browser, stateOf(begun.headers.get("location")), "approve");
    expect(answer.status).toBe(403);
    expect(await server.store.listGrants({})).toEqual([]);
  });

  it("a form without a decision, with two, or without a state", async () => {
    const server = await startServer();
    const { browser, state } = await atConsent(server);
    const two = new URLSearchParams([
      ["state", state],
      ["decision", "approve"],
      ["decision", "deny"],
    ]);
    for (const fields of [{ state }, { state, decision: "maybe" }, { decision: "approve" }, two]) {
      expect((await browser.submit("/oauth/consent", fields)).status).toBe(400);
    }
    expect(await server.store.listGrants({})).toEqual([]);
  });

  it("for a client that was removed in the meantime", async () => {
    const server = await startServer();
    const { clientId, browser, state } = await atConsent(server);
    await server.store.removeClient(clientId, server.now(), REMOVED);
    server.advance(61);
    const answer = await decide(browser, state, "approve");
    expect(answer.status).toBe(400);
    expect(answer.headers.get("location")).toBeNull();
  });
});
