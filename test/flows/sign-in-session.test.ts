import { describe, expect, it } from "vitest";
import { authorizeUrl, newPkce, register } from "../support/client.ts";
import { type Browser, decide, openBrowser, signIn, stateOf } from "../support/person.ts";
import { startServer, type TestServer } from "../support/server.ts";

// https on a host of its own: whoever signed in stays so, and consent needs the session of the person who is asked.

async function newRequest(server: TestServer) {
  const { client_id } = await register(server);
  return authorizeUrl(client_id, newPkce().challenge);
}

const linkToLogin = (page: string) =>
  /href="([^"]*\/oauth\/login[^"]*)"/.exec(page)?.[1]?.replaceAll("&amp;", "&") ?? "";

async function expectRefused(server: TestServer, answer: Promise<Response>): Promise<string> {
  const response = await answer;
  expect(response.status).toBe(403);
  expect(response.headers.get("location")).toBeNull();
  expect(await server.store.listGrants({})).toEqual([]);
  return response.text();
}

/** The consent page by GET, and both decisions by POST. */
const everyWay = (browser: Browser, state: string, cookie: string): readonly (() => Promise<Response>)[] => [
  () => browser.request(`/oauth/consent?state=${encodeURIComponent(state)}`, { headers: { cookie } }),
  ...["approve", "deny"].map(
    (decision) => () => browser.submit("/oauth/consent", { state, decision }, { headers: { cookie } }),
  ),
];

describe("consent needs a live session of the person who is asked", () => {
  it("the cookies from before the sign-in are not enough (session fixation)", async () => {
    const server = await startServer();
    const browser = openBrowser(server);
    const begun = await browser.request(await newRequest(server));
    const fixed = browser.cookie();
    const answer = await browser.submit("/oauth/login", {
      state: stateOf(begun.headers.get("location")),
      username: "ada",
      password: "lovelace",
    });
    const state = stateOf(answer.headers.get("location"));
    for (const send of everyWay(openBrowser(server), state, fixed)) await expectRefused(server, send());
    expect(server.lines.filter(({ name }) => name === "consent.denied")).toEqual([]);
    expect(server.lines.filter(({ name }) => name === "request.refused")).toHaveLength(3);
    expect((await decide(browser, state, "approve")).headers.get("location")).toContain("code=");
  });

  it("nor with the session of somebody else beside them", async () => {
    const server = await startServer();
    const browser = openBrowser(server);
    const begun = await browser.request(await newRequest(server));
    const fixed = browser.cookie();
    const { state } = await signInAt(browser, stateOf(begun.headers.get("location")));
    const other = openBrowser(server);
    await signIn(other, await newRequest(server), "grace", "hopper");
    const session = other
      .cookie()
      .split("; ")
      .filter((cookie) => cookie.includes("session"));
    expect(session).toHaveLength(1);
    const cookie = [fixed, ...session].join("; ");
    for (const send of everyWay(openBrowser(server), state, cookie)) await expectRefused(server, send());
  });

  it("nor with one that another server of the same secret made", async () => {
    const secret = "a secret that two servers of this test share";
    const server = await startServer({ secret });
    const other = await startServer({ secret, publicUrl: "https://other.example" });
    const there = openBrowser({
      fetch: (request) =>
        other.fetch(new Request(request.url.replace("mcp.example", "other.example"), request)),
    });
    const { client_id } = await register(other);
    await signIn(there, authorizeUrl(client_id, newPkce().challenge, { resource: undefined }));
    const browser = openBrowser(server);
    const begun = await browser.request(await newRequest(server));
    const fixed = browser.cookie();
    const { state } = await signInAt(browser, stateOf(begun.headers.get("location")));
    const session = there
      .cookie()
      .split("; ")
      .find((cookie) => cookie.includes("session"));
    const cookie = `${fixed}; ${session}`;
    for (const send of everyWay(openBrowser(server), state, cookie)) await expectRefused(server, send());
  });

  it("a session that has ended since: the page leads to the sign-in, and then it goes on", async () => {
    const server = await startServer({ sessionIdleSeconds: 600 });
    const browser = openBrowser(server);
    await signIn(browser, await newRequest(server));
    const begun = await browser.request(await newRequest(server));
    expect(begun.headers.get("location")).toContain("/oauth/consent");
    const state = stateOf(begun.headers.get("location"));
    server.advance(600);
    const page = await expectRefused(server, decide(browser, state, "approve"));
    const again = await signInAt(browser, stateOf(linkToLogin(page)));
    expect((await decide(browser, again.state, "approve")).headers.get("location")).toContain("code=");
  });

  it("somebody else who signed in in another tab: the page says who, and how to go on", async () => {
    const server = await startServer();
    const browser = openBrowser(server);
    const ada = await signIn(browser, await newRequest(server));
    const second = new URL(await newRequest(server));
    second.searchParams.set("prompt", "login");
    const grace = await signIn(browser, second.href, "grace", "hopper");
    for (const send of everyWay(browser, ada.state, browser.cookie())) {
      const page = await expectRefused(server, send());
      expect(page).toContain("Grace Hopper");
      expect(page).toContain("Ada Lovelace");
    }
    const page = await expectRefused(server, decide(browser, ada.state, "approve"));
    expect(await (await decide(browser, grace.state, "deny")).text()).toContain("error=access_denied");
    const again = await signInAt(browser, stateOf(linkToLogin(page)));
    expect((await decide(browser, again.state, "approve")).headers.get("location")).toContain("code=");
  });

  it("the link of that page gives nothing that can be approved", async () => {
    const server = await startServer();
    const browser = openBrowser(server);
    const begun = await browser.request(await newRequest(server));
    const fixed = browser.cookie();
    const { state } = await signInAt(browser, stateOf(begun.headers.get("location")));
    const thief = openBrowser(server);
    const page = await expectRefused(
      server,
      thief.submit("/oauth/consent", { state, decision: "approve" }, { headers: { cookie: fixed } }),
    );
    const unsigned = stateOf(linkToLogin(page));
    const ways = [...everyWay(thief, unsigned, fixed), ...everyWay(browser, unsigned, browser.cookie())];
    for (const send of ways) await expectRefused(server, send());
  });
});

describe("goes on working", () => {
  it("two tabs of one person who signed in in both", async () => {
    const server = await startServer();
    const browser = openBrowser(server);
    const [left, right] = [await newRequest(server), await newRequest(server)];
    const leftBefore = stateOf((await browser.request(left)).headers.get("location"));
    const rightBefore = stateOf((await browser.request(right)).headers.get("location"));
    const rightTab = await signInAt(browser, rightBefore);
    const leftTab = await signInAt(browser, leftBefore);
    for (const { state } of [rightTab, leftTab]) {
      expect((await decide(browser, state, "approve")).headers.get("location")).toContain("code=");
    }
  });

  it("a request that began signed in", async () => {
    const server = await startServer();
    const browser = openBrowser(server);
    await signIn(browser, await newRequest(server));
    const begun = await browser.request(await newRequest(server));
    const location = begun.headers.get("location") ?? "";
    expect((await browser.request(location)).status).toBe(200);
    expect((await decide(browser, stateOf(location), "approve")).headers.get("location")).toContain("code=");
  });

  it("a reload, the back button, and a second click after Approve", async () => {
    const server = await startServer();
    const browser = openBrowser(server);
    const begun = stateOf((await browser.request(await newRequest(server))).headers.get("location"));
    const { state, location } = await signInAt(browser, begun);
    for (let i = 0; i < 2; i++) expect((await browser.request(location)).status).toBe(200);
    expect((await browser.request(`/oauth/login?state=${encodeURIComponent(begun)}`)).status).toBe(200);
    const first = await decide(browser, state, "approve");
    expect((await decide(browser, state, "approve")).headers.get("location")).toBe(
      first.headers.get("location"),
    );
  });
});

async function signInAt(browser: Browser, state: string, username = "ada", password = "lovelace") {
  const answer = await browser.submit("/oauth/login", { state, username, password });
  const location = answer.headers.get("location") ?? "";
  return { location, state: stateOf(location) };
}
