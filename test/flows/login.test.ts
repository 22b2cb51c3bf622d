import { describe, expect, it } from "vitest";
import { allowInsecurePublicUrl } from "../../src/config/options-schema.ts";
import { authorizeUrl, newPkce, REDIRECT_URI, register } from "../support/client.ts";
import { atLogin } from "../support/login.ts";
import { openBrowser, signIn, stateOf } from "../support/person.ts";
import { startServer } from "../support/server.ts";

const ADA = { username: "ada", password: "lovelace" };

describe("the sign-in page", () => {
  it("has the fields username and password, and no script", async () => {
    const server = await startServer();
    const { browser, location } = await atLogin(server);
    const response = await browser.request(location);
    const page = await response.text();
    expect(page).toMatch(/<input[^>]*name="username"/);
    expect(page).toMatch(/<input[^>]*name="password"/);
    expect(page).toContain("Test App");
    expect(page).not.toContain("<script");
  });

  it("is sent with the headers that keep it whole", async () => {
    const server = await startServer();
    const { browser, location } = await atLogin(server);
    const { headers } = await browser.request(location);
    const policy = headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    // Chromium applies form-action to the redirects that follow, and Approve would do nothing on cursor://.
    expect(policy).not.toContain("form-action");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    expect(headers.get("cache-control")).toBe("no-store");
  });

  it("signs in with the right pair, and says no more than that for a wrong one", async () => {
    const server = await startServer();
    const { browser, state } = await atLogin(server);
    const unknown = await browser.submit("/oauth/login", { state, username: "nobody", password: "x" });
    const wrong = await browser.submit("/oauth/login", { state, username: "ada", password: "x" });
    expect(unknown.status).toBe(wrong.status);
    expect(wrong.status).toBe(403);
    expect((await wrong.text()).replaceAll("ada", "nobody")).toBe(await unknown.text());
    const right = await browser.submit("/oauth/login", { state, ...ADA });
    expect(right.headers.get("location")).toContain("/oauth/consent");
  });

  it("slows wrong passwords down per username within twenty tries, and leaves others alone", async () => {
    const server = await startServer();
    const { browser, state } = await atLogin(server);
    let slowed: Response | undefined;
    for (let i = 0; i < 20 && !slowed; i++) {
      const answer = await browser.submit("/oauth/login", { state, username: "ada", password: "guess" });
      if (answer.status === 429) slowed = answer;
    }
    expect(Number(slowed?.headers.get("retry-after"))).toBeGreaterThan(0);
    const other = await browser.submit("/oauth/login", { state, username: "grace", password: "hopper" });
    expect(other.headers.get("location")).toContain("/oauth/consent");
  });
});

describe("a sign-in goes on only in the browser that began it (CVE-2026-27124)", () => {
  it("not in another one, neither by its link nor by its form", async () => {
    const server = await startServer();
    const { location, state } = await atLogin(server);
    const { browser: victim } = await atLogin(server);
    expect((await victim.request(location)).status).toBe(403);
    expect((await victim.submit("/oauth/login", { state, ...ADA })).status).toBe(403);
    const { browser: fresh } = { browser: openBrowser(server) };
    expect((await fresh.request(location)).status).toBe(403);
  });

  it("not from another site, and same-origin with Origin: null is fine", async () => {
    const server = await startServer();
    const { browser, state } = await atLogin(server);
    const post = (headers: Record<string, string>) =>
      browser.submit("/oauth/login", { state, ...ADA }, { headers }).then((response) => response.status);
    expect(await post({ "sec-fetch-site": "cross-site", origin: "null" })).toBe(403);
    expect(await post({ "sec-fetch-site": "same-site", origin: "https://other.mcp.example" })).toBe(403);
    expect(await post({ "sec-fetch-site": "", origin: "https://evil.example" })).toBe(403);
    expect(await post({ "sec-fetch-site": "same-origin", origin: "null" })).toBe(303);
  });

  it("where browsers send no Sec-Fetch-Site, at a plain http address, Origin: null is fine and no other is", async () => {
    const options = { clients: [{ id: "known", redirectUris: [REDIRECT_URI] }] };
    const begun = async (origin: string) => {
      const server = await startServer({ ...options, publicUrl: origin, [allowInsecurePublicUrl]: true });
      const url = new URL(authorizeUrl("known", newPkce().challenge, { resource: undefined }));
      const browser = openBrowser(server, origin);
      const response = await browser.request(`${origin}${url.pathname}${url.search}`);
      const state = stateOf(response.headers.get("location"));
      const post = async (headers: Record<string, string>, by = browser) => {
        const init = {
          method: "POST",
          headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
        };
        const body = new URLSearchParams({ state, ...ADA }).toString();
        return (await by.request(`${origin}/oauth/login`, { ...init, body })).status;
      };
      return { post, other: openBrowser(server, origin) };
    };
    const plain = await begun("http://gate.test:3000");
    expect(await plain.post({ origin: "https://evil.example" })).toBe(403);
    expect(await plain.post({ origin: "null", "sec-fetch-site": "cross-site" })).toBe(403);
    expect(await plain.post({ origin: "null" }, plain.other)).toBe(403);
    expect(await plain.post({ origin: "null" })).toBe(303);
    const withTls = await begun("https://mcp.example");
    expect(await withTls.post({ origin: "null" })).toBe(403);
  });

  it("not when it has taken half an hour, nor with a state that is not ours", async () => {
    const server = await startServer();
    const { browser, state } = await atLogin(server);
    for (const wrong of ["", "x", `${state.slice(0, -2)}AA`]) {
      expect((await browser.submit("/oauth/login", { state: wrong, ...ADA })).status).toBe(400);
    }
    server.advance(30 * 60 - 1);
    expect((await browser.submit("/oauth/login", { state, username: "ada", password: "x" })).status).toBe(
      403,
    );
    server.advance(1);
    expect((await browser.submit("/oauth/login", { state, ...ADA })).status).toBe(400);
  });

  it("and several tabs at once work", async () => {
    const server = await startServer();
    const { client_id } = await register(server);
    const browser = openBrowser(server);
    const first = stateOf(
      (await browser.request(authorizeUrl(client_id, newPkce().challenge))).headers.get("location"),
    );
    const second = stateOf(
      (await browser.request(authorizeUrl(client_id, newPkce().challenge))).headers.get("location"),
    );
    for (const state of [second, first]) {
      const answer = await browser.submit("/oauth/login", { state, ...ADA });
      expect((await browser.request(answer.headers.get("location") ?? "")).status).toBe(200);
    }
  });
});

describe("cookies", () => {
  it("are few, small, __Host-, HttpOnly, Secure and SameSite=Lax", async () => {
    const server = await startServer();
    const { browser, state } = await atLogin(server);
    const { client_id } = await register(server);
    const begin = await openBrowser(server).request(authorizeUrl(client_id, newPkce().challenge));
    const session = await browser.submit("/oauth/login", { state, ...ADA });
    const lines = [...begin.headers.getSetCookie(), ...session.headers.getSetCookie()];
    expect(lines).toHaveLength(2);
    for (const line of lines) {
      expect(line).toMatch(/^__Host-gatehouse-/);
      for (const flag of ["HttpOnly", "Secure", "SameSite=Lax", "Path=/"]) expect(line).toContain(flag);
      expect(line).not.toContain("Domain");
    }
    // The browser's id lasts until it is closed, and the session eight hours.
    expect(lines.map((line) => /Max-Age=(\d+)/.exec(line)?.[1])).toEqual([undefined, "2592000"]);
    expect(browser.cookie().length).toBeLessThan(1500);
  });

  it.each([
    ["a no-break space before it", "\u00a0__Host-gatehouse-browser", 1],
    ["a no-break space after it", "__Host-gatehouse-browser\u00a0", 1],
    ["more letters", "__Host-gatehouse-browser2", 1],
    ["another case", "__host-gatehouse-browser", 1],
    ["nothing but the spaces between cookies", " \t__Host-gatehouse-browser", 0],
  ])("have the name that they have: with %s, %j gets %i new ones", async (_name, name, count) => {
    // A browser lets a sibling site set a cookie that only almost begins with __Host-.
    const server = await startServer();
    const { client_id } = await register(server);
    const response = await openBrowser(server).request(authorizeUrl(client_id, newPkce().challenge), {
      headers: { cookie: `a=b; ${name}=chosen-by-somebody; c=d` },
    });
    expect(response.headers.getSetCookie()).toHaveLength(count);
  });

  it("are __Host- for an issuer that is written HTTPS: too", async () => {
    const server = await startServer({ publicUrl: "HTTPS://mcp.example" });
    const { client_id } = await register(server);
    const browser = openBrowser(server);
    await signIn(browser, authorizeUrl(client_id, newPkce().challenge, { resource: undefined }));
    const names = browser
      .cookie()
      .split("; ")
      .map((cookie) => cookie.split("=")[0]);
    expect(names).toEqual(["__Host-gatehouse-browser", "__Host-gatehouse-session"]);
  });

  it("are plain on http localhost, where browsers refuse Secure ones", async () => {
    const server = await startServer({
      publicUrl: "http://localhost:3000",
      clients: [{ id: "known", redirectUris: [REDIRECT_URI] }],
    });
    const url = new URL(authorizeUrl("known", newPkce().challenge, { resource: undefined }));
    const local = `http://localhost:3000${url.pathname}${url.search}`;
    const [line = ""] = (await openBrowser(server).request(local)).headers.getSetCookie();
    expect(line).toMatch(/^gatehouse-request-/);
    expect(line).not.toContain("Secure");
  });
});

describe("a page of the operator's own", () => {
  const template = `<form method="post" action="/oauth/login"><p>{error_message}</p><b>{app_name}</b>
    <input name="state" value="{state}"><input name="username" value="{username}"><input name="password"></form>`;

  it("from a template: the four placeholders, escaped, under the same protections", async () => {
    const server = await startServer({ loginTemplate: template });
    const { browser, location, state } = await atLogin(server);
    expect(await (await browser.request(location)).text()).toContain(`value="${state}"`);
    const wrong = await browser.submit("/oauth/login", {
      state,
      username: '"><script>{state}',
      password: "x",
    });
    const page = await wrong.text();
    expect(page).toContain("&quot;&gt;&lt;script&gt;{state}");
    expect(page).toContain("Incorrect username or password.");
    expect((await openBrowser(server).submit("/oauth/login", { state, ...ADA })).status).toBe(403);
    expect((await browser.submit("/oauth/login", { state, ...ADA })).status).toBe(303);
  });

  it("from a handler: completeUserCheck keeps binding, slowing and the session", async () => {
    const server = await startServer({
      loginHandler: async (request, completeUserCheck) => {
        if (request.method === "GET") return new Response("my page");
        const form = new URLSearchParams(await request.text());
        const text = (name: string) => form.get(name) ?? "";
        try {
          const next = await completeUserCheck(text("state"), text("username"), text("password"));
          return new Response(null, { status: 302, headers: { location: next } });
        } catch (error) {
          return new Response((error as Error).message, { status: 400 });
        }
      },
    });
    const { browser, location, state } = await atLogin(server);
    expect(await (await browser.request(location)).text()).toBe("my page");
    expect((await openBrowser(server).request(location)).status).toBe(403);
    const wrong = await browser.submit("/oauth/login", { state, username: "ada", password: "x" });
    expect(await wrong.text()).toContain("Incorrect username or password.");
    const elsewhere = await openBrowser(server).submit("/oauth/login", { state, ...ADA });
    expect(await elsewhere.text()).toContain("another browser");
    const crossSite = await browser.submit(
      "/oauth/login",
      { state, ...ADA },
      { headers: { "sec-fetch-site": "cross-site" } },
    );
    expect(crossSite.status).toBe(403);
    const right = await browser.submit("/oauth/login", { state, ...ADA });
    expect(right.headers.get("location")).toContain("/oauth/consent");
    expect(right.headers.getSetCookie().join()).toContain("gatehouse-session");
    for (let i = 0; i < 12; i++)
      await browser.submit("/oauth/login", { state, username: "grace", password: "x" });
    const slowed = await browser.submit("/oauth/login", { state, username: "grace", password: "hopper" });
    expect(await slowed.text()).toContain("Too many attempts to sign in");
  });
});
