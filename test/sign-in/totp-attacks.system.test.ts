import { describe, expect, it } from "vitest";
import { OAuthError } from "../../src/core/errors.ts";
import { openAccount, press, textOf } from "../support/account.ts";
import { decide, pathOf, stateOf } from "../support/person.ts";
import type { TestServer } from "../support/server.ts";
import {
  accountWithPassword,
  againWithCode,
  authenticator,
  browserOf,
  recoveryCodesIn,
  resetFactor,
  setUpAtAccount,
  setUpAtSignIn,
  setupIn,
  startTotpServer,
  TOTP_PATH,
  typeCode,
  typeRecoveryCode,
  withPassword,
} from "../support/sign-in/authenticator.ts";
import { sampleEntry } from "../support/store/samples.ts";

const refusals = ({ lines }: TestServer) =>
  lines.filter(({ name }) => name === "factor.refused").map(({ fields }) => fields.reason);

async function credentialsOf(server: TestServer, id = "ada"): Promise<string> {
  return JSON.stringify(await server.store.listCredentials(id));
}

describe.each(["https://mcp.example", "http://localhost:4321"])("before the code, at %s", (publicUrl) => {
  it("there is no session, no consent page, no grant and no account page", async () => {
    const server = await startTotpServer("all", { publicUrl });
    const { app } = await setUpAtSignIn(server);
    const [session] = await server.store.listSessions("ada", server.now());
    const before = await credentialsOf(server);
    server.advance(60);
    const { browser, state, location, url } = await withPassword(server);
    const consent = await browser.request(`/oauth/consent?${new URLSearchParams({ state })}`);
    expect(consent.status).toBe(400);
    expect((await decide(browser, state, "approve", ["mcp"])).status).toBe(400);
    expect(pathOf(await browser.request("/account"))).toBe("/oauth/login");
    expect(pathOf(await browser.request(url))).toBe("/oauth/login");
    for (const code of [app.wrong(), "", "12345", "1234567", "abcdef", "０１２３４５"]) {
      const answer = await typeCode(browser, state, code);
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.headers.getSetCookie()).toEqual([]);
    }
    const sessions = await server.store.listSessions("ada", server.now());
    expect(sessions.map(({ hash }) => hash)).toEqual(session ? [session.hash] : []);
    expect(await server.store.listGrants({})).toEqual([]);
    expect(await credentialsOf(server)).toBe(before);
    expect((await browser.request(location)).status).toBe(200);
  });
});

describe("a code counts once", () => {
  it("is refused a second time, also for another sign-in and in another browser", async () => {
    const server = await startTotpServer();
    const { app } = await setUpAtSignIn(server);
    server.advance(60);
    const [one, other] = [await withPassword(server), await withPassword(server)];
    const code = app.code();
    expect((await typeCode(one.browser, one.state, code)).status).toBe(303);
    const again = await typeCode(other.browser, other.state, code);
    expect(again.status).toBe(403);
    expect(textOf(await again.text())).toContain("This code was used already.");
    expect(refusals(server)).toEqual(["code used before"]);
    // Nor does an earlier one count after it.
    expect((await typeCode(other.browser, other.state, app.code(-1))).status).toBe(403);
  });

  it("is that of the setup, too", async () => {
    const server = await startTotpServer();
    const { app } = await setUpAtSignIn(server);
    const { browser, state } = await withPassword(server);
    expect((await typeCode(browser, state, app.code())).status).toBe(403);
    expect(refusals(server)).toEqual(["code used before"]);
  });

  it("signs one of two in that come at once, and so does a recovery code", async () => {
    const server = await startTotpServer();
    const { app, recoveryCodes } = await setUpAtSignIn(server);
    server.advance(60);
    const [code, recovery = ""] = [app.code(), recoveryCodes[0]];
    for (const type of [typeCode, typeRecoveryCode]) {
      const two = [await withPassword(server), await withPassword(server)];
      const typed = type === typeCode ? code : recovery;
      const answers = await Promise.all(two.map(({ browser, state }) => type(browser, state, typed)));
      expect(answers.map(({ status }) => status).sort()).toEqual([303, 403]);
    }
    const { browser, state } = await withPassword(server);
    expect((await typeRecoveryCode(browser, state, recovery)).status).toBe(403);
    const left = await server.store.listCredentials("ada");
    expect(left.filter(({ kind }) => kind === "recovery_code")).toHaveLength(9);
  });

  it("typed beside a recovery code is not read, and nothing is used up or counted", async () => {
    const server = await startTotpServer();
    const { app, recoveryCodes } = await setUpAtSignIn(server);
    server.advance(60);
    const { browser, state } = await withPassword(server);
    const before = await credentialsOf(server);
    const [recovery = ""] = recoveryCodes;
    for (const code of [app.wrong(), app.code(), "x"]) {
      const answer = await browser.submit(TOTP_PATH, { state, code, recovery_code: recovery });
      expect(answer.status).toBe(400);
      const page = await answer.text();
      expect(textOf(page)).toContain("Type either the code that your app shows, or a recovery code");
      expect(page).not.toContain(recovery);
    }
    expect(await credentialsOf(server)).toBe(before);
    expect(refusals(server)).toEqual([]);
    const alone = await browser.submit(TOTP_PATH, { state, code: " ", recovery_code: recovery });
    expect(alone.status).toBe(303);
  });

  it("is the person's own: another person's code and recovery code are wrong", async () => {
    const server = await startTotpServer();
    const ada = await setUpAtSignIn(server, "ada");
    await setUpAtSignIn(server, "grace");
    server.advance(60);
    const { browser, state } = await withPassword(server, browserOf(server), "grace");
    expect((await typeCode(browser, state, ada.app.code())).status).toBe(403);
    expect((await typeRecoveryCode(browser, state, ada.recoveryCodes[0] ?? "")).status).toBe(403);
    expect(refusals(server)).toEqual(["wrong code", "wrong recovery code"]);
  });
});

describe("what was proved before the code", () => {
  it("completes one sign-in: after a sign-out, a code alone signs in to nothing", async () => {
    const server = await startTotpServer();
    const { app, recoveryCodes } = await setUpAtSignIn(server);
    server.advance(60);
    const browser = browserOf(server);
    const state = stateOf((await browser.request("/account")).headers.get("location"));
    const fields = { state, username: "ada", password: "lovelace" };
    const pending = stateOf((await browser.submit("/oauth/login", fields)).headers.get("location"));
    const toAccount = await typeCode(browser, pending, app.code());
    const page = await openAccount(browser, toAccount.headers.get("location") ?? "");
    await press(browser, page, "sign_out");
    server.advance(60);
    for (const answer of [
      await typeCode(browser, pending, app.code()),
      await typeRecoveryCode(browser, pending, recoveryCodes[0] ?? ""),
    ]) {
      expect(pathOf(answer)).toBe("/oauth/login");
      expect(answer.headers.getSetCookie()).toEqual([]);
    }
    expect(pathOf(await browser.request("/account"))).toBe("/oauth/login");
    // Neither code was used up.
    const next = await withPassword(server, browser);
    expect((await typeCode(next.browser, next.state, app.code())).status).toBe(303);
  });

  it("still counts after a code that was used before", async () => {
    const server = await startTotpServer();
    const { app } = await setUpAtSignIn(server);
    const { browser, state } = await withPassword(server);
    expect((await typeCode(browser, state, app.code())).status).toBe(403);
    server.advance(30);
    expect((await typeCode(browser, state, app.code())).status).toBe(303);
  });
});

describe("guessing", () => {
  it("is slowed after ten wrong codes, wherever they come from, and right codes wait too", async () => {
    const server = await startTotpServer();
    const { app, recoveryCodes } = await setUpAtSignIn(server);
    server.advance(60);
    const { browser, state } = await withPassword(server);
    for (let i = 0; i < 10; i++) expect((await typeCode(browser, state, app.wrong())).status).toBe(403);
    const other = await withPassword(server);
    const slowed = await typeCode(other.browser, other.state, app.code());
    expect(slowed.status).toBe(429);
    expect(Number(slowed.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(textOf(await slowed.text())).toContain("Try again in 15 minutes, or use a recovery code.");
    expect(refusals(server).at(-1)).toBe("too many wrong codes before this code");
    // What a guesser locks, the person opens.
    expect((await typeRecoveryCode(other.browser, other.state, recoveryCodes[0] ?? "")).status).toBe(303);
    server.advance(15 * 60);
    const later = await withPassword(server);
    expect((await typeCode(later.browser, later.state, app.code())).status).toBe(303);
  });

  it("ends at fifty a day, and a right code gives a guesser no new tries", async () => {
    const server = await startTotpServer();
    const { app } = await setUpAtSignIn(server);
    let wrong = 0;
    for (let quarter = 0; quarter < 10; quarter++) {
      server.advance(15 * 60);
      const own = await withPassword(server);
      const right = await typeCode(own.browser, own.state, app.code());
      expect(right.status).toBe(wrong < 50 ? 303 : 429);
      const { browser, state } = await withPassword(server);
      for (let i = 0; i < 10; i++) if ((await typeCode(browser, state, app.wrong())).status === 403) wrong++;
    }
    expect(wrong).toBe(50);
  });

  it("counts attempts that are made at once", async () => {
    const server = await startTotpServer();
    const { app } = await setUpAtSignIn(server);
    server.advance(60);
    const { browser, state } = await withPassword(server);
    const answers = await Promise.all(
      Array.from({ length: 30 }, () => typeCode(browser, state, app.wrong())),
    );
    expect(answers.filter(({ status }) => status === 403)).toHaveLength(10);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(20);
  });

  it("takes a person's tries from no one else, and says nothing of recovery codes", async () => {
    const server = await startTotpServer();
    const ada = await setUpAtSignIn(server, "ada");
    const grace = await setUpAtSignIn(server, "grace");
    server.advance(60);
    const { browser, state } = await withPassword(server);
    for (let i = 0; i < 11; i++) await typeCode(browser, state, ada.app.wrong());
    const other = await withPassword(server, browserOf(server), "grace");
    expect((await typeCode(other.browser, other.state, grace.app.code())).status).toBe(303);
    const tries = Array.from({ length: 11 }, () => typeRecoveryCode(browser, state, "aaaa-bbbb-cccc-dddd"));
    const statuses = (await Promise.all(tries)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 429)).toHaveLength(1);
  });
});

describe("a setup", () => {
  it("does not put another app in the place of the one that is there", async () => {
    const server = await startTotpServer();
    // Both begin before there is one.
    const [mine, theirs] = [await withPassword(server), await withPassword(server)];
    const [own, other] = [setupIn(mine.html), setupIn(theirs.html)];
    const set = (at: typeof mine, { setup, key }: typeof own) =>
      at.browser.submit(TOTP_PATH, { state: at.state, setup, code: authenticator(key, server).code() });
    expect((await set(mine, own)).status).toBe(200);
    const before = await credentialsOf(server);
    const second = await set(theirs, other);
    expect(textOf(await second.text())).toContain("Enter your code");
    expect(await credentialsOf(server)).toBe(before);
    expect(recoveryCodesIn(await (await theirs.browser.request(theirs.location)).text())).toEqual([]);
  });

  // By how far the other one is when this one is decided: it is asked for a code, or for the password again.
  const path = /^\/oauth\/(totp|login)$/;

  it.each(["a new person", "one who is known"])("at once from two browsers is one, for %s", async (who) => {
    const server = await startTotpServer();
    if (who !== "a new person") {
      await setUpAtSignIn(server);
      await resetFactor(server);
    }
    const both = [await withPassword(server), await withPassword(server)];
    const answers = await Promise.all(
      both.map(({ browser, state, html }) => {
        const { setup, key } = setupIn(html);
        return browser.submit(TOTP_PATH, { state, setup, code: authenticator(key, server).code() });
      }),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 303]);
    expect(answers.map(pathOf).filter((path) => path !== "/")).toEqual([expect.stringMatching(path)]);
    const all = await server.store.listCredentials("ada");
    expect(all.filter(({ kind }) => kind === "totp")).toHaveLength(1);
    expect(all.filter(({ kind }) => kind === "recovery_code")).toHaveLength(10);
  });

  it("takes no secret of another sign-in, another session, or another time", async () => {
    const server = await startTotpServer();
    const [mine, attackers] = [await withPassword(server), await withPassword(server)];
    const swapped = setupIn(attackers.html);
    const code = authenticator(swapped.key, server).code();
    const answer = await mine.browser.submit(TOTP_PATH, { state: mine.state, setup: swapped.setup, code });
    expect(answer.status).toBe(400);
    expect(textOf(await answer.text())).toContain("This QR code has expired.");
    expect(await server.store.findPerson("ada")).toBeUndefined();
    for (const setup of ["", "x", mine.state]) {
      const refused = await mine.browser.submit(TOTP_PATH, { state: mine.state, setup, code });
      expect(refused.status).toBe(400);
    }
    expect(await server.store.findPerson("ada")).toBeUndefined();
  });

  it("at the account page is for its own session, and for what was there when it began", async () => {
    const server = await startTotpServer("choice");
    const [here, there] = [browserOf(server), browserOf(server)];
    const [page, other] = [await accountWithPassword(here), await accountWithPassword(there)];
    const begun = async (browser: typeof here, at: typeof page) =>
      setupIn(await (await press(browser, at, "totp.set_up")).text());
    const [mine, theirs] = [await begun(here, page), await begun(there, other)];
    const confirm = (browser: typeof here, at: typeof page, { setup, key }: typeof mine) =>
      press(browser, at, "totp.confirm", { setup, code: authenticator(key, server).code() });
    expect((await confirm(here, page, theirs)).status).toBe(400);
    expect(await credentialsOf(server)).toBe("[]");
    // Two at once, each in its own session: one is first.
    const both = [confirm(there, other, theirs), confirm(here, page, mine)];
    const statuses = (await Promise.all(both)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    const before = await credentialsOf(server);
    for (const again of [confirm(here, page, mine), confirm(there, other, theirs)]) {
      expect((await again).status).toBeGreaterThanOrEqual(400);
    }
    expect(await credentialsOf(server)).toBe(before);
  });
});

describe("the app is turned off, or replaced", () => {
  it("only with a sign-in of the last five minutes, which passes the code", async () => {
    const server = await startTotpServer("choice");
    const browser = browserOf(server);
    const page = await accountWithPassword(browser);
    const { app, setup } = await setUpAtAccount(server, browser, page);
    server.advance(60);
    const fresh = await againWithCode(browser, page, app);
    server.advance(6 * 60);
    const before = await credentialsOf(server);
    for (const action of ["totp.turn_off", "totp.new_codes", "totp.set_up", "totp.confirm"] as const) {
      const answer = await press(browser, fresh, action, { setup, code: app.code() });
      expect(pathOf(answer)).toBe("/oauth/login");
      // The password alone makes the sign-in no newer.
      const state = stateOf(answer.headers.get("location"));
      const toCode = await browser.submit("/oauth/login", { state, username: "ada", password: "lovelace" });
      expect(pathOf(toCode)).toBe(TOTP_PATH);
      expect(pathOf(await press(browser, fresh, action))).toBe("/oauth/login");
    }
    expect(await credentialsOf(server)).toBe(before);
    const again = await againWithCode(browser, fresh, app);
    expect(pathOf(await press(browser, again, "totp.turn_off"))).toBe("/account");
    expect(await credentialsOf(server)).toBe("[]");
  });

  it("by no session of before it was set up, however new: a password was enough for that", async () => {
    const server = await startTotpServer("choice");
    const [own, thief] = [browserOf(server), browserOf(server)];
    const page = await accountWithPassword(own);
    const stolen = await accountWithPassword(thief);
    server.advance(1);
    const { answer: done } = await setUpAtAccount(server, own, page);
    expect(done.status).toBe(200);
    const before = await credentialsOf(server);
    for (const action of ["totp.turn_off", "totp.new_codes", "totp.set_up"] as const) {
      const answer = await press(thief, stolen, action);
      expect(answer.status).toBe(403);
      expect(textOf(await answer.text())).toContain("you are no longer signed in");
    }
    expect(await credentialsOf(server)).toBe(before);
    // The session in which it was set up has proved both.
    expect(pathOf(await press(own, await openAccount(own), "totp.turn_off"))).toBe("/account");
  });

  it("by no request of another site, and without the page's token", async () => {
    const server = await startTotpServer("choice");
    const first = await accountWithPassword(browserOf(server));
    const browser = browserOf(server);
    const page = await accountWithPassword(browser);
    const cross = { headers: { "sec-fetch-site": "cross-site" } };
    const fields = { page_token: page.token, action: "totp.set_up" };
    expect((await browser.submit("/account", fields, cross)).status).toBe(403);
    expect((await press(browser, first, "totp.set_up")).status).toBe(403);
  });
});

describe("while a sign-in waits for its code", () => {
  it("a person who was signed out meanwhile begins again", async () => {
    const server = await startTotpServer();
    const { app } = await setUpAtSignIn(server);
    server.advance(60);
    const { browser, state } = await withPassword(server);
    server.advance(1);
    const entry = sampleEntry("person.signed_out", { fields: { person: "ada" } });
    await server.store.signOutPerson("ada", server.now(), entry);
    server.advance(1);
    const code = app.code();
    expect(pathOf(await typeCode(browser, state, code))).toBe("/oauth/login");
    expect(await server.store.listSessions("ada", server.now())).toEqual([]);
    // What was refused has used nothing up.
    const again = await withPassword(server);
    expect((await typeCode(again.browser, again.state, code)).status).toBe(303);
  });

  it("one whose app was reset sets up a new one, and the old codes are worth nothing", async () => {
    const server = await startTotpServer();
    const { app, recoveryCodes } = await setUpAtSignIn(server);
    server.advance(60);
    const { browser, state, location } = await withPassword(server);
    await resetFactor(server);
    expect((await typeCode(browser, state, app.code())).status).toBe(400);
    expect((await typeRecoveryCode(browser, state, recoveryCodes[0] ?? "")).status).toBe(400);
    const html = await (await browser.request(location)).text();
    expect(setupIn(html).key).not.toBe("");
  });

  it("at `choice`, one whose app was reset signs in from the beginning", async () => {
    const server = await startTotpServer("choice");
    const own = browserOf(server);
    const page = await accountWithPassword(own);
    const { app } = await setUpAtAccount(server, own, page);
    server.advance(60);
    const { browser, state, location } = await withPassword(server);
    await resetFactor(server);
    expect(pathOf(await browser.request(location))).toBe("/oauth/login");
    expect(pathOf(await typeCode(browser, state, app.code()))).toBe("/oauth/login");
  });

  it("a form of another site, or of another browser, does nothing", async () => {
    const server = await startTotpServer();
    const { app } = await setUpAtSignIn(server);
    server.advance(60);
    const { browser, state } = await withPassword(server);
    const fields = { state, code: app.code() };
    const cross = { headers: { "sec-fetch-site": "cross-site" } };
    expect((await browser.submit(TOTP_PATH, fields, cross)).status).toBe(403);
    const other = await withPassword(server);
    expect((await other.browser.submit(TOTP_PATH, fields)).status).toBe(403);
    expect((await browser.submit(TOTP_PATH, fields)).status).toBe(303);
  });
});

it("without the master secret that sealed it, a code is not checked, and a recovery code still signs in", async () => {
  const server = await startTotpServer();
  const { app, recoveryCodes } = await setUpAtSignIn(server);
  const totp = await server.store.findCredential("ada", "totp");
  if (!totp) throw new Error("no app");
  const change = { personId: "ada", kind: "totp", before: totp.secret, secret: "not sealed by us" } as const;
  await server.store.upgradeCredential(change);
  server.advance(60);
  const { browser, state } = await withPassword(server);
  const answer = await typeCode(browser, state, app.code());
  expect(answer.status).toBe(new OAuthError("server_error", "").status);
  expect(refusals(server)).toEqual(["the master secret does not open the person's secret"]);
  expect((await typeRecoveryCode(browser, state, recoveryCodes[0] ?? "")).status).toBe(303);
  await expect(openAccount(browserOf(server))).rejects.toThrow();
});
