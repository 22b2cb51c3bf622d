import { describe, expect, it } from "vitest";
import { authorizeUrl, newPkce, register } from "../support/client.ts";
import { type Browser, decide, openBrowser, signIn, stateOf } from "../support/person.ts";
import { startServer, type TestServer } from "../support/server.ts";

// OpenID Connect Core 1.0 §3.1.2.1: prompt, max_age and login_hint.

async function request(server: TestServer, more: Readonly<Record<string, string>> = {}): Promise<string> {
  const { client_id } = await register(server);
  const url = new URL(authorizeUrl(client_id, newPkce().challenge));
  for (const [name, value] of Object.entries(more)) url.searchParams.set(name, value);
  return url.href;
}

const pathOf = (response: Response) => new URL(response.headers.get("location") ?? "").pathname;

/** A browser whose person signed in so many seconds ago. */
async function signedIn(seconds: number): Promise<{ server: TestServer; browser: Browser }> {
  const server = await startServer();
  const browser = openBrowser(server);
  await signIn(browser, await request(server));
  server.advance(seconds);
  return { server, browser };
}

describe("max_age", () => {
  it("lets a sign-in count that is as old as that, and asks for a new one after it", async () => {
    const { server, browser } = await signedIn(600);
    expect(pathOf(await browser.request(await request(server, { max_age: "600" })))).toBe("/oauth/consent");
    expect(pathOf(await browser.request(await request(server, { max_age: "599" })))).toBe("/oauth/login");
    expect(pathOf(await browser.request(await request(server, { max_age: "0" })))).toBe("/oauth/login");
  });

  it("is held to at the decision: the older session approves nothing, a new sign-in does", async () => {
    const { server, browser } = await signedIn(600);
    const begun = await browser.request(await request(server, { max_age: "60" }));
    const { location, state } = await signInAt(browser, stateOf(begun.headers.get("location")));
    // The same request, as the older session of another browser of this person would have it.
    const stale = await signedInWith(browser, server);
    expect((await decide(stale, state, "approve")).status).toBe(403);
    expect(pathOf(await browser.request(await request(server, { max_age: "60" })))).toBe("/oauth/consent");
    expect(location).toContain("/oauth/consent");
    expect((await decide(browser, state, "approve")).headers.get("location")).toContain("code=");
  });

  it.each(["", "-1", "1.5", "x", "12345678901"])(
    "of %j is refused, with the parameter's name",
    async (given) => {
      const server = await startServer();
      const answer = await openBrowser(server).request(await request(server, { max_age: given }));
      const text = `${answer.headers.get("location")} ${await answer.text()}`;
      expect(decodeURIComponent(text.replaceAll("+", " "))).toContain("max_age");
    },
  );
});

describe("prompt=login", () => {
  it("asks for a sign-in of this moment, whoever is signed in", async () => {
    const { server, browser } = await signedIn(1);
    const begun = await browser.request(await request(server, { prompt: "login" }));
    expect(pathOf(begun)).toBe("/oauth/login");
    const { state } = await signInAt(browser, stateOf(begun.headers.get("location")));
    expect((await decide(browser, state, "approve")).headers.get("location")).toContain("code=");
  });

  it("of no page at all: a sign-in that is too old is login_required", async () => {
    const { server, browser } = await signedIn(600);
    const answer = await browser.request(await request(server, { prompt: "none", max_age: "60" }));
    const text = `${answer.headers.get("location")} ${await answer.text()}`;
    expect(text).toContain("login_required");
  });
});

describe("login_hint", () => {
  it("fills in the username, escaped, and is left out where no username can be so long", async () => {
    const server = await startServer();
    const page = async (hint: string) => {
      const browser = openBrowser(server);
      const begun = await browser.request(await request(server, { login_hint: hint }));
      return (await browser.request(begun.headers.get("location") ?? "")).text();
    };
    expect(await page("ada")).toContain('name="username" value="ada"');
    expect(await page('"><script>')).toContain('value="&quot;&gt;&lt;script&gt;"');
    expect(await page("a".repeat(321))).toContain('name="username" value=""');
  });
});

async function signInAt(browser: Browser, state: string) {
  const answer = await browser.submit("/oauth/login", { state, username: "ada", password: "lovelace" });
  const location = answer.headers.get("location") ?? "";
  return { location, state: stateOf(location) };
}

/** A browser with the same browser id, and a session of the same person that is older than a minute. */
async function signedInWith(browser: Browser, server: TestServer): Promise<Browser> {
  const older = openBrowser(server);
  await signIn(older, await request(server));
  server.advance(61);
  const session = older
    .cookie()
    .split("; ")
    .filter((cookie) => cookie.includes("session"));
  const own = browser
    .cookie()
    .split("; ")
    .filter((cookie) => !cookie.includes("session"));
  const cookie = [...own, ...session].join("; ");
  const carried = openBrowser(server);
  return {
    ...carried,
    submit: (url, fields, init = {}) => carried.submit(url, fields, { ...init, headers: { cookie } }),
  };
}
