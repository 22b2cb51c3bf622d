import { describe, expect, it } from "vitest";
import { oidc, password, users } from "../../src/authorization-server/sign-in/index.ts";
import { readSignInList } from "../../src/authorization-server/sign-in/sign-in-list.ts";
import type { LoginHandler } from "../../src/config/settings.ts";
import { openAccount, press, textOf } from "../support/account.ts";
import { codeOf } from "../support/client.ts";
import { answerOf, type Browser, decide, openBrowser, pathOf, signIn, stateOf } from "../support/person.ts";
import { comeBack, redirecting } from "../support/redirecting-method.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { askFor } from "../support/sign-in/asking.ts";
import { WORD_PATH, wordFactor } from "../support/sign-in/word-factor.ts";
import { sampleEntry } from "../support/store/samples.ts";
import { addUser, PASSWORD } from "../support/users.ts";

// A second factor that exists in the tests alone: what holds for it holds for every one.

const HTTPS = "https://mcp.example";
const LOOPBACK = "http://localhost:4321";
const people = () =>
  password((name, typed) => (typed === "lovelace" ? { id: name, name: `${name} of the test` } : null));

async function start(publicUrl = HTTPS, more: Parameters<typeof startServer>[1] = {}, options = {}) {
  const server = await startServer({ publicUrl, ...options }, { signIn: [people(), wordFactor()], ...more });
  return { server, browser: openBrowser(server, publicUrl) };
}

const typeWord = (browser: Browser, state: string, word = "open sesame") =>
  browser.submit(WORD_PATH, { state, word });

/** That a sign-in has left no trace that could be used. */
async function expectNothing(server: TestServer, person = "ada"): Promise<void> {
  expect(await server.store.findPerson(person)).toBeUndefined();
  expect(await server.store.listSessions(person, server.now())).toEqual([]);
  expect(await server.store.listGrants({})).toEqual([]);
}

describe.each([HTTPS, LOOPBACK])("a second factor at %s", (publicUrl) => {
  it("comes between the password and the consent page", async () => {
    const { server, browser } = await start(publicUrl);
    const { url, redeem } = await askFor(server);
    const atWord = await signIn(browser, url);
    expect(new URL(atWord.location).pathname).toBe(WORD_PATH);
    expect(await (await browser.request(atWord.location)).text()).toBe("Type the word.");
    await expectNothing(server);
    expect((await typeWord(browser, atWord.state, "guess")).status).toBe(403);
    await expectNothing(server);
    const toConsent = await typeWord(browser, atWord.state);
    expect(pathOf(toConsent)).toBe("/oauth/consent");
    const answer = await decide(browser, stateOf(toConsent.headers.get("location")), "approve", ["mcp"]);
    const code = codeOf(await answerOf(answer));
    expect((await redeem(code)).scope).toBe("mcp");
  });

  it("leaves nothing before it that can be approved, redeemed or opened", async () => {
    const { server, browser } = await start(publicUrl);
    const { url } = await askFor(server);
    const atLogin = stateOf((await browser.request(url)).headers.get("location"));
    const { state } = await signIn(browser, url);
    for (const sealed of [state, atLogin]) {
      const page = await browser.request(`/oauth/consent?${new URLSearchParams({ state: sealed })}`);
      expect(page.status).toBeGreaterThanOrEqual(400);
      expect(await page.text()).not.toContain("Approve");
      for (const decision of ["approve", "deny"] as const) {
        const answer = await decide(browser, sealed, decision, ["mcp"]);
        expect(answer.status).toBeGreaterThanOrEqual(400);
        expect(answer.headers.get("location")).toBeNull();
      }
    }
    // As the sign-in page's own state it is nothing either.
    expect((await browser.request(`/oauth/login?${new URLSearchParams({ state })}`)).status).toBe(400);
    expect(pathOf(await browser.request("/account"))).toBe("/oauth/login");
    expect(pathOf(await browser.request(url))).toBe("/oauth/login");
    await expectNothing(server);
  });

  it("comes before the account page, and before a change there", async () => {
    const { server, browser } = await start(publicUrl);
    const begun = await browser.request("/account");
    const state = stateOf(begun.headers.get("location"));
    const atWord = await browser.submit("/oauth/login", { state, username: "ada", password: "lovelace" });
    expect(pathOf(atWord)).toBe(WORD_PATH);
    expect(pathOf(await browser.request("/account"))).toBe("/oauth/login");
    await expectNothing(server);
    const toAccount = await typeWord(browser, stateOf(atWord.headers.get("location")));
    const page = await openAccount(browser, toAccount.headers.get("location") ?? "");
    expect(textOf(page.html)).toContain("ada of the test");
    server.advance(6 * 60);
    const again = await press(browser, page, "sign_out_elsewhere");
    expect(pathOf(again)).toBe("/oauth/login");
    const confirm = stateOf(again.headers.get("location"));
    const second = await browser.submit("/oauth/login", {
      state: confirm,
      username: "ada",
      password: "lovelace",
    });
    expect(pathOf(second)).toBe(WORD_PATH);
    // Between the two, the sign-in is as old as before.
    expect(pathOf(await press(browser, page, "sign_out_elsewhere"))).toBe("/oauth/login");
    const back = await typeWord(browser, stateOf(second.headers.get("location")));
    const fresh = await openAccount(browser, back.headers.get("location") ?? "");
    expect(pathOf(await press(browser, fresh, "sign_out_elsewhere"))).toBe("/account");
  });

  it("is not asked of a person who is disabled, nor is the operator's own check", async () => {
    let asked = 0;
    const isActive = () => {
      asked += 1;
      return true;
    };
    const { server, browser } = await start(publicUrl, {}, { isActive });
    const atWord = await signIn(browser, (await askFor(server)).url);
    await typeWord(browser, atWord.state);
    const before = asked;
    expect(before).toBeGreaterThan(0);
    await server.store.disablePerson("ada", server.now(), sampleEntry("person.disabled"));
    const toLogin = await browser.request((await askFor(server)).url);
    const state = stateOf(toLogin.headers.get("location"));
    const answer = await browser.submit("/oauth/login", { state, username: "ada", password: "lovelace" });
    expect(answer.status).toBe(403);
    expect(asked).toBe(before);
  });

  it("counts in the browser that began, and nowhere else", async () => {
    const { server, browser } = await start(publicUrl);
    const { state, location } = await signIn(browser, (await askFor(server)).url);
    const other = openBrowser(server, publicUrl);
    await other.request((await askFor(server)).url);
    expect((await other.request(location)).status).toBe(403);
    expect((await typeWord(other, state)).status).toBe(403);
    await expectNothing(server);
  });

  it("counts for ten minutes, and for a text that was sealed for it", async () => {
    const { server, browser } = await start(publicUrl);
    const { state, location } = await signIn(browser, (await askFor(server)).url);
    const flipped = state.replace(/.(?=.{20}$)/, (one) => (one === "A" ? "B" : "A"));
    for (const wrong of [flipped, "", "x", state.slice(0, -1)]) {
      expect((await typeWord(browser, wrong)).status).toBe(400);
    }
    server.advance(10 * 60 - 1);
    expect((await browser.request(location)).status).toBe(200);
    server.advance(1);
    expect((await browser.request(location)).status).toBe(400);
    expect((await typeWord(browser, state)).status).toBe(400);
    await expectNothing(server);
  });

  it("is not asked of who signs in at a provider, nor of one who needs none", async () => {
    const google = redirecting("google", "Google");
    const signInList = [people(), google, wordFactor("open sesame", (id) => id === "ada")];
    const { server, browser } = await start(publicUrl, { signIn: signInList });
    const atLogin = stateOf((await browser.request((await askFor(server)).url)).headers.get("location"));
    const back = await comeBack(browser, "google", atLogin, { subject: "grace" });
    expect(pathOf(back)).toBe("/oauth/consent");
    const other = openBrowser(server, publicUrl);
    const { location } = await signIn(other, (await askFor(server)).url, "linus");
    expect(new URL(location).pathname).toBe("/oauth/consent");
  });
});

describe("what happens between the password and the second factor", () => {
  async function atWord(signInList = [users(), wordFactor()]) {
    const server = await startServer({}, { signIn: signInList });
    const id = await addUser(server, "ada");
    const browser = openBrowser(server);
    const { state } = await signIn(browser, (await askFor(server)).url, "ada", PASSWORD);
    server.advance(1);
    const pass = async () => {
      server.advance(1);
      const answer = await typeWord(browser, state);
      expect(await server.store.listSessions(id, server.now())).toEqual([]);
      expect(pathOf(answer)).not.toBe("/oauth/consent");
      return answer;
    };
    const reason = () => server.lines.findLast(({ name }) => name === "sign_in.refused")?.fields.reason;
    return { server, id, browser, state, pass, reason };
  }

  it("a person who was disabled stays out", async () => {
    const { server, id, pass, reason } = await atWord();
    const entry = sampleEntry("person.disabled", { fields: { person: id } });
    await server.store.disablePerson(id, server.now(), entry);
    expect((await pass()).status).toBe(403);
    expect(reason()).toBe("disabled");
  });

  it("a person who was signed out signs in anew, with the password as well", async () => {
    const { server, id, pass, reason } = await atWord();
    const entry = sampleEntry("person.signed_out", { fields: { person: id } });
    await server.store.signOutPerson(id, server.now(), entry);
    expect(pathOf(await pass())).toBe("/oauth/login");
    expect(reason()).toBe("signed out since it was asked for");
  });

  it("a new password is the one that counts", async () => {
    const { server, id, pass } = await atWord();
    const credential = await server.store.findCredential(id, "password");
    if (!credential) throw new Error("no password");
    const entry = sampleEntry("credential.changed", { fields: { person: id, kind: "password" } });
    await server.store.saveCredential({ ...credential, createdAt: server.now() }, entry);
    expect(pathOf(await pass())).toBe("/oauth/login");
  });

  it("a person who was made another one must sign in again: the factor was checked for one of them", async () => {
    let link: () => Promise<unknown> = async () => undefined;
    const at = await atWord([users(), wordFactor("open sesame", undefined, () => link())]);
    const { server, id } = at;
    const survivor = await addUser(server, "grace");
    link = () => {
      const entry = sampleEntry("person.linked", { fields: { person: survivor, gone: id } });
      return server.store.linkPeople({ survivor, gone: id }, server.now(), entry);
    };
    expect(pathOf(await at.pass())).toBe("/oauth/login");
    expect(at.reason()).toBe("the second factor was checked for another person");
    expect(await server.store.listSessions(survivor, server.now())).toEqual([]);
  });

  it("who may no longer come in stays out", async () => {
    let mayComeIn = true;
    const admit = { check: () => mayComeIn } as const;
    const server = await startServer({}, { signIn: [people(), wordFactor()], admit });
    const browser = openBrowser(server);
    const { state } = await signIn(browser, (await askFor(server)).url);
    mayComeIn = false;
    expect((await typeWord(browser, state)).status).toBe(403);
    await expectNothing(server);
  });

  it("another person at the account page changes nothing there", async () => {
    const { server, browser } = await start();
    const begun = await browser.request("/account");
    const state = stateOf(begun.headers.get("location"));
    const toWord = await browser.submit("/oauth/login", { state, username: "ada", password: "lovelace" });
    const toAccount = await typeWord(browser, stateOf(toWord.headers.get("location")));
    const page = await openAccount(browser, toAccount.headers.get("location") ?? "");
    const confirm = stateOf((await press(browser, page, "sign_in_again")).headers.get("location"));
    const fields = { state: confirm, username: "grace", password: "lovelace" };
    const answer = await browser.submit("/oauth/login", fields);
    // Refused before the word is asked for.
    expect(answer.status).toBe(403);
    expect(await server.store.findPerson("grace")).toBeUndefined();
  });
});

describe("the operator's own sign-in page", () => {
  it("is handed the address of the second factor's page", async () => {
    const loginHandler: LoginHandler = async (request, completeUserCheck) => {
      const form = new URLSearchParams(request.method === "POST" ? await request.text() : "");
      if (request.method !== "POST") return new Response("my own page");
      const url = await completeUserCheck(form.get("state") ?? "", "ada", form.get("password") ?? "");
      return new Response(null, { status: 303, headers: { location: url } });
    };
    const { server, browser } = await start(HTTPS, {}, { loginHandler });
    const { location, state } = await signIn(browser, (await askFor(server)).url);
    expect(new URL(location).pathname).toBe(WORD_PATH);
    await expectNothing(server);
    expect(pathOf(await typeWord(browser, state))).toBe("/oauth/consent");
  });
});

describe("the list of methods", () => {
  const google = () =>
    oidc({
      name: "google",
      label: "Google",
      issuer: "https://accounts.example",
      clientId: "x",
      clientSecret: "y",
    });

  it("may have one second factor, behind a method that proves one thing", () => {
    const factor = wordFactor();
    const { methods, factor: read } = readSignInList([users(), factor, google()]);
    expect(methods.map(({ name }) => name)).toEqual(["users", "google"]);
    expect(read).toBe(factor);
  });

  it("refuses a second one, one that comes after nothing, and the name of a method", () => {
    expect(() => readSignInList([users(), wordFactor(), { ...wordFactor(), name: "other" }])).toThrow(
      "signIn has two second factors, word() and other(). Keep one of them.",
    );
    expect(() => readSignInList([google(), wordFactor()])).toThrow(
      "word() would do nothing: it comes after a password or a mail link, and signIn has only google. Add users(), or leave it out.",
    );
    expect(() => readSignInList([wordFactor()])).toThrow(
      "signIn has word() and no way to sign in before it.",
    );
    expect(() => readSignInList([users(), { ...wordFactor(), name: "users" }])).toThrow(
      'two methods with the name "users"',
    );
  });

  it("refuses groups where no method says a person's groups", () => {
    const factor = { ...wordFactor(), groups: ["staff"] };
    expect(() => readSignInList([people(), factor])).toThrow(
      "word({ required: { groups } }) would do nothing: password never says a person's groups.",
    );
    expect(() => readSignInList([users(), factor])).not.toThrow();
  });
});
