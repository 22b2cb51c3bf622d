import { describe, expect, it } from "vitest";
import { authorizeUrl, newPkce, register } from "../support/client.ts";
import { type Browser, decide, openBrowser, signIn, stateOf } from "../support/person.ts";
import { startServer, type TestServer } from "../support/server.ts";

const HOUR = 3600;
const DAY = 24 * HOUR;

async function begin(server: TestServer, browser: Browser): Promise<Response> {
  const { client_id } = await register(server);
  return browser.request(authorizeUrl(client_id, newPkce().challenge));
}

const isSignedIn = async (server: TestServer, browser: Browser): Promise<boolean> =>
  (await begin(server, browser)).headers.get("location")?.includes("/oauth/consent") ?? false;

async function signedIn(server: TestServer, username = "ada", password = "lovelace"): Promise<Browser> {
  const browser = openBrowser(server);
  const { client_id } = await register(server);
  await signIn(browser, authorizeUrl(client_id, newPkce().challenge), username, password);
  return browser;
}

const sessionIn = (browser: Browser) =>
  browser
    .cookie()
    .split("; ")
    .find((cookie) => cookie.startsWith("__Host-gatehouse-session="));

const operator = { operator: "root", address: "command line" } as const;

describe("a session", () => {
  it("ends after twelve hours without a use, and each use puts that off", async () => {
    const server = await startServer();
    const browser = await signedIn(server);
    for (let i = 0; i < 3; i++) {
      server.advance(12 * HOUR - 1);
      expect(await isSignedIn(server, browser)).toBe(true);
    }
    server.advance(12 * HOUR);
    expect(await isSignedIn(server, browser)).toBe(false);
  });

  it("ends after thirty days, however much it is used", async () => {
    const server = await startServer();
    const browser = await signedIn(server);
    for (let hours = 0; hours < 30 * 24 - 10; hours += 10) {
      server.advance(10 * HOUR);
      expect(await isSignedIn(server, browser)).toBe(true);
    }
    server.advance(10 * HOUR);
    expect(await isSignedIn(server, browser)).toBe(false);
  });

  it("lasts as long as the options say", async () => {
    const server = await startServer({ sessionIdleSeconds: HOUR, sessionSeconds: DAY });
    const browser = await signedIn(server);
    server.advance(HOUR);
    expect(await isSignedIn(server, browser)).toBe(false);
  });

  it("has a new secret at each sign-in, and the one before is over", async () => {
    const server = await startServer();
    const browser = await signedIn(server);
    const before = browser.cookie();
    const { client_id } = await register(server);
    const url = new URL(authorizeUrl(client_id, newPkce().challenge));
    url.searchParams.set("prompt", "login");
    await signIn(browser, url.href);
    expect(sessionIn(browser)).not.toBe(before.split("; ").find((cookie) => cookie.includes("session")));
    expect(await server.store.listSessions("ada", server.now())).toHaveLength(1);
    const fixed = openBrowser(server);
    const begun = await fixed.request(authorizeUrl(client_id, newPkce().challenge), {
      headers: { cookie: before },
    });
    expect(begun.headers.get("location")).toContain("/oauth/login");
  });

  it("is kept as a hash: neither the database nor the log can open it", async () => {
    const server = await startServer();
    const browser = await signedIn(server);
    const secret = sessionIn(browser)?.split("=")[1] ?? "";
    expect(secret.length).toBeGreaterThan(40);
    const sessions = await server.store.listSessions("ada", server.now());
    expect(JSON.stringify([sessions, server.lines])).not.toContain(secret);
    expect(sessions).toMatchObject([{ method: "password", personId: "ada" }]);
  });

  it("that the operator ends is over at once, with what was about to be approved", async () => {
    const server = await startServer();
    const browser = await signedIn(server);
    const state = stateOf((await begin(server, browser)).headers.get("location"));
    server.advance(1);
    const now = server.now();
    const entry = { event: "person.signed_out", at: now, fields: { person: "ada", ...operator } } as const;
    expect(await server.store.signOutPerson("ada", now, entry)).toBe(true);
    expect((await decide(browser, state, "approve")).status).toBe(403);
    expect(await isSignedIn(server, browser)).toBe(false);
    expect(await server.store.listGrants({})).toEqual([]);
  });
});

describe("a person whom the operator disables", () => {
  it.each(["https://mcp.example", "http://localhost:9000"])(
    "approves nothing and does not sign in again, at %s",
    async (publicUrl) => {
      const server = await startServer({ publicUrl });
      const browser = openBrowser(server, publicUrl);
      const { client_id } = await register(server);
      const url = authorizeUrl(client_id, newPkce().challenge, { resource: undefined }).replace(
        "https://mcp.example",
        publicUrl,
      );
      const { state } = await signIn(browser, url);
      server.advance(1);
      const now = server.now();
      const entry = { event: "person.disabled", at: now, fields: { person: "ada", ...operator } } as const;
      expect(await server.store.disablePerson("ada", now, entry)).toBe(true);
      expect((await decide(browser, state, "approve")).status).toBe(403);
      const before = stateOf((await browser.request(url)).headers.get("location"));
      const pair = { username: "ada", password: "lovelace" };
      const answer = await browser.submit("/oauth/login", { state: before, ...pair });
      expect(answer.status).toBe(403);
      expect(await answer.text()).toContain("disabled");
      const wrong = await browser.submit("/oauth/login", { state: before, ...pair, password: "x" });
      expect(await wrong.text()).toContain("Incorrect username or password.");
      expect(await server.store.listGrants({})).toEqual([]);
      expect(await server.store.listSessions("ada", now)).toEqual([]);
      expect(server.lines.filter(({ name }) => name === "sign_in.refused")).toHaveLength(1);
    },
  );
});

describe("an id that checkUser gives", () => {
  it("is refused where somebody else has it, and nothing is written", async () => {
    const server = await startServer();
    const now = server.now();
    const taken = await server.store.addPerson(
      {
        person: { id: "ada", name: "Another Ada" },
        emails: [],
        groups: [],
        identity: { method: "oidc", issuer: "https://idp.example", subject: "1" },
        label: "ada@idp.example",
        passwordHash: undefined,
        now,
      },
      { event: "person.added", at: now, fields: { person: "ada", ...operator } },
    );
    expect(taken).toBe(true);
    const browser = openBrowser(server);
    const state = stateOf((await begin(server, browser)).headers.get("location"));
    const answer = await browser.submit("/oauth/login", { state, username: "ada", password: "lovelace" });
    expect(answer.status).toBe(403);
    expect(await server.store.listIdentities("ada")).toHaveLength(1);
    expect((await server.store.findPerson("ada"))?.person.name).toBe("Another Ada");
    expect(browser.cookie()).not.toContain("session");
  });
});
