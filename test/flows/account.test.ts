import { describe, expect, it } from "vitest";
import { password } from "../../src/authorization-server/sign-in/password/password.ts";
import type { LoginHandler } from "../../src/config/settings.ts";
import {
  finishSignIn,
  follow,
  openAccount,
  press,
  signInToAccount,
  textOf,
  valuesOf,
} from "../support/account.ts";
import { authorizeUrl, newPkce, register } from "../support/client.ts";
import { openBrowser, signIn, stateOf } from "../support/person.ts";
import { comeBack, redirecting } from "../support/redirecting-method.ts";
import { startServer } from "../support/server.ts";

const pathOf = (response: Response) => new URL(response.headers.get("location") ?? "").pathname;

describe("the account page", () => {
  it("signs a person in without a client, and shows who they are", async () => {
    const server = await startServer();
    const browser = openBrowser({ fetch: (request) => server.fetch(request, { address: "203.0.113.7" }) });
    const begun = await browser.request("/account");
    expect(begun.status).toBe(303);
    expect(pathOf(begun)).toBe("/oauth/login");
    const login = await (await browser.request(begun.headers.get("location") ?? "")).text();
    expect(textOf(login)).toContain("Sign in to Test App");
    expect(login).not.toContain("wants to connect");
    const page = await finishSignIn(browser, begun);
    const text = textOf(page.html);
    expect(text).toContain("Ada Lovelace");
    expect(text).toContain("ID ada");
    expect(text).toContain("Signed in with your password from 203.0.113.7");
    expect(text).toContain("This browser");
    expect(text).toContain("Password Ada Lovelace Since 1 Nov 2026, 00:00 UTC.");
    expect(text).toContain("Your only way in");
    expect(server.lines).toContainEqual({
      name: "sign_in.ok",
      fields: expect.objectContaining({ person: "ada", client: undefined, method: "password" }),
    });
    expect(await server.store.listGrants({})).toEqual([]);
  });

  it("writes nothing before a person has proved who they are", async () => {
    const server = await startServer();
    const browser = openBrowser(server);
    const begun = await browser.request("/account");
    await browser.request(begun.headers.get("location") ?? "");
    expect(await server.store.listPeople({ now: server.now(), limit: 10 })).toEqual([]);
    expect(await server.store.readAudit({ order: "newest_first", limit: 10 })).toEqual([]);
  });

  it("is the session in which people approve apps, in both directions", async () => {
    const server = await startServer();
    const browser = openBrowser(server);
    const { client_id } = await register(server);
    await signIn(browser, authorizeUrl(client_id, newPkce().challenge));
    expect(textOf((await openAccount(browser)).html)).toContain("Ada Lovelace");
    const other = openBrowser(server);
    await signInToAccount(other, "grace", "hopper");
    const asked = await other.request(authorizeUrl(client_id, newPkce().challenge));
    expect(pathOf(asked)).toBe("/oauth/consent");
  });

  it("counts wrong passwords as for a client, and says no more of them", async () => {
    const server = await startServer();
    const browser = openBrowser(server);
    const state = stateOf((await browser.request("/account")).headers.get("location"));
    let slowed = 0;
    for (let i = 0; i < 20; i++) {
      const answer = await browser.submit("/oauth/login", { state, username: "ada", password: "guess" });
      if (answer.status === 429) slowed += 1;
    }
    expect(slowed).toBeGreaterThan(0);
    expect(server.lines.some(({ name }) => name === "sign_in.failed")).toBe(true);
  });

  it("lets nobody in whom admit or isActive refuse", async () => {
    for (const server of [
      await startServer({}, { admit: async () => false }),
      await startServer({ isActive: async () => false }),
    ]) {
      const browser = openBrowser(server);
      const state = stateOf((await browser.request("/account")).headers.get("location"));
      const answer = await browser.submit("/oauth/login", { state, username: "ada", password: "lovelace" });
      expect(answer.status).toBe(403);
      expect(pathOf(await browser.request("/account"))).toBe("/oauth/login");
      expect(await server.store.listPeople({ now: server.now(), limit: 10 })).toEqual([]);
    }
  });

  it("goes straight on to the only provider, and ends at the page", async () => {
    const server = await startServer({}, { signIn: [redirecting("google", "Google")] });
    const browser = openBrowser(server);
    const toLogin = await browser.request("/account");
    const toStart = await browser.request(toLogin.headers.get("location") ?? "");
    const toProvider = await browser.request(toStart.headers.get("location") ?? "");
    expect(toProvider.headers.get("location")).toContain("https://google.example/authorize");
    const state = stateOf(toProvider.headers.get("location"));
    const page = await follow(browser, await comeBack(browser, "google", state, { subject: "ada" }));
    const text = textOf(page.html);
    expect(text).toContain("Signed in with Google");
    expect(text).toContain("Verified address ada@google.example");
    expect(text).toContain("Google ada@google.example Since");
  });

  it("comes back to the sign-in after a cancelled one, with a sentence", async () => {
    const server = await startServer({}, { signIn: [redirecting("google", "Google")] });
    const browser = openBrowser(server);
    const state = stateOf((await browser.request("/account")).headers.get("location"));
    const back = await comeBack(browser, "google", state, {});
    const page = await (await browser.request(back.headers.get("location") ?? "")).text();
    expect(textOf(page)).toContain("The sign-in with Google was cancelled.");
  });

  it("works through the operator's own sign-in page", async () => {
    const loginHandler: LoginHandler = async (request, completeUserCheck) => {
      if (request.method === "GET") return new Response("mine");
      const form = new URLSearchParams(await request.text());
      const next = await completeUserCheck(form.get("state") ?? "", "ada", "lovelace");
      return new Response(null, { status: 303, headers: { location: next } });
    };
    const server = await startServer({ loginHandler });
    const browser = openBrowser(server);
    const page = await finishSignIn(browser, await browser.request("/account"));
    expect(textOf(page.html)).toContain("Ada Lovelace");
  });

  it("is sent with the headers of every page, and is not kept", async () => {
    const server = await startServer();
    const browser = openBrowser(server);
    await signInToAccount(browser);
    const { headers } = await browser.request("/account");
    expect(headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    expect(headers.get("cache-control")).toBe("no-store");
  });

  it("escapes what others wrote", async () => {
    const signInMethods = [
      redirecting("google", "Google", {
        label: "<b>label</b>",
        profile: { name: '"><script>alert(1)</script>' },
      }),
    ];
    const server = await startServer({}, { signIn: signInMethods });
    const browser = openBrowser({
      fetch: (request) => server.fetch(request, { address: "<img src=x>" }),
    });
    const state = stateOf((await browser.request("/account")).headers.get("location"));
    const { html } = await follow(browser, await comeBack(browser, "google", state, { subject: "<i>" }));
    for (const markup of ["<script", "<b>", "<img", "<i>"]) expect(html).not.toContain(markup);
  });
});

describe("sessions", () => {
  it("are listed with this browser's first, and another one is ended by its button", async () => {
    const server = await startServer();
    const userAgent =
      "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1";
    const phone = openBrowser({
      fetch: (request) => {
        request.headers.set("user-agent", userAgent);
        return server.fetch(request);
      },
    });
    await signInToAccount(phone);
    server.advance(1);
    const browser = openBrowser(server);
    await signInToAccount(browser);
    server.advance(1);
    // The phone's is the newer use, and this one still comes first.
    await openAccount(phone);
    const page = await openAccount(browser);
    const text = textOf(page.html);
    expect(text.indexOf("This browser")).toBeLessThan(text.indexOf("Safari on iPhone"));
    const [session = ""] = valuesOf(page, "session");
    const after = await follow(browser, await press(browser, page, "end_session", { session }));
    expect(textOf(after.html)).toContain("The session is ended.");
    expect(valuesOf(after, "session")).toEqual([]);
    expect(pathOf(await phone.request("/account"))).toBe("/oauth/login");
    const audit = await server.store.readAudit({ order: "newest_first", limit: 1 });
    expect(audit).toMatchObject([{ event: "session.ended", fields: { person: "ada" } }]);
  });

  it("everywhere else are ended by one button, and only this person's", async () => {
    const server = await startServer();
    const [browser, one, two, grace] = [0, 0, 0, 0].map(() => openBrowser(server));
    await signInToAccount(grace!, "grace", "hopper");
    for (const other of [one!, two!]) await signInToAccount(other);
    const page = await signInToAccount(browser!);
    const after = await follow(browser!, await press(browser!, page, "sign_out_elsewhere"));
    expect(textOf(after.html)).toContain("You are signed out everywhere else.");
    expect(await server.store.listSessions("ada", server.now())).toHaveLength(1);
    expect(await server.store.listSessions("grace", server.now())).toHaveLength(1);
    for (const other of [one!, two!]) expect(pathOf(await other.request("/account"))).toBe("/oauth/login");
  });

  it("here are ended by signing out, with a page that does not sign in again", async () => {
    const server = await startServer({}, { signIn: [redirecting("google", "Google")] });
    const browser = openBrowser(server);
    const state = stateOf((await browser.request("/account")).headers.get("location"));
    const page = await follow(browser, await comeBack(browser, "google", state, { subject: "ada" }));
    const kept = browser.cookie();
    const out = await press(browser, page, "sign_out");
    const shown = await browser.request(out.headers.get("location") ?? "");
    expect(shown.status).toBe(200);
    expect(textOf(await shown.text())).toContain("You are signed out");
    expect(browser.cookie()).not.toContain("session");
    // The cookie of before is worth nothing, wherever it was kept.
    const again = await openBrowser(server).request("/account", { headers: { cookie: kept } });
    expect(pathOf(again)).toBe("/oauth/login");
  });

  it("everywhere, with every app, are ended by one button", async () => {
    const server = await startServer();
    const other = openBrowser(server);
    const { client_id } = await register(server);
    await signIn(other, authorizeUrl(client_id, newPkce().challenge));
    const browser = openBrowser(server);
    const page = await signInToAccount(browser);
    server.advance(1);
    const out = await press(browser, page, "sign_out_everywhere");
    expect(textOf(await (await browser.request(out.headers.get("location") ?? "")).text())).toContain(
      "You are signed out",
    );
    for (const one of [browser, other]) expect(pathOf(await one.request("/account"))).toBe("/oauth/login");
    const audit = await server.store.readAudit({ order: "newest_first", limit: 1 });
    expect(audit).toMatchObject([{ event: "person.signed_out", fields: { person: "ada" } }]);
    await signInToAccount(browser);
  });

  it("a link cannot make the page say that something was done", async () => {
    const server = await startServer();
    const browser = openBrowser(server);
    await signInToAccount(browser);
    const { html } = await openAccount(browser, "/account?signed_out&notice=session_ended&page_token=x");
    expect(html).not.toContain("is ended");
    expect(html).not.toContain("You are signed out");
  });
});

describe("recent sign-ins", () => {
  it("are this person's, newest first, without what else the audit log has", async () => {
    const server = await startServer({}, { signIn: [password(async (id) => ({ id }))] });
    const browser = openBrowser({ fetch: (request) => server.fetch(request, { address: "192.0.2.1" }) });
    await signInToAccount(openBrowser(server), "grace", "x");
    for (let i = 0; i < 25; i++) {
      server.advance(60);
      const one = openBrowser({ fetch: (request) => server.fetch(request, { address: `198.51.100.${i}` }) });
      const page = await signInToAccount(one, "ada", "x");
      await press(one, page, "sign_out");
    }
    const { html } = await signInToAccount(browser, "ada", "x");
    const listed = textOf(html.slice(html.indexOf('id="sign-ins"')));
    expect(listed.match(/Signed in with your password/g)).toHaveLength(5);
    expect(listed.indexOf("192.0.2.1")).toBeLessThan(listed.indexOf("198.51.100.24"));
    expect(listed).not.toContain("198.51.100.20 ");
  });
});

it("of many sessions the account page has this browser's and nine more, and says how many there are beside them", async () => {
  const server = await startServer({}, { signIn: [password(async (id) => ({ id }))] });
  for (let i = 0; i < 12; i++) {
    server.advance(1);
    await signInToAccount(openBrowser(server), "ada", "x");
  }
  const { html } = await signInToAccount(openBrowser(server), "ada", "x");
  const section = textOf(html.slice(html.indexOf('id="sessions"'), html.indexOf('id="sign-ins"')));
  expect(section.match(/Signed in with/g)).toHaveLength(10);
  expect(section).toContain("And 3 more.");
});
