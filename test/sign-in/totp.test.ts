import { describe, expect, it } from "vitest";
import {
  password,
  signInFromEnvironment,
  totp,
  users,
} from "../../src/authorization-server/sign-in/index.ts";
import { stepOf } from "../../src/authorization-server/sign-in/totp/algorithm.ts";
import { follow, openAccount, press, textOf } from "../support/account.ts";
import { codeOf } from "../support/client.ts";
import { answerOf, decide, pathOf, signIn, stateOf } from "../support/person.ts";
import { comeBack, redirecting } from "../support/redirecting-method.ts";
import { startServer } from "../support/server.ts";
import { askFor } from "../support/sign-in/asking.ts";
import {
  accountWithCode,
  accountWithPassword,
  againWithCode,
  authenticator,
  browserOf,
  recoveryCodesIn,
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
import { addUser, PASSWORD } from "../support/users.ts";

const LOOPBACK = "http://localhost:4321";

describe("codes of an authenticator app", () => {
  it("are those of RFC 6238, appendix B, with six digits", async () => {
    // The secret of its test vectors, "12345678901234567890", in base32.
    const secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
    const vectors = [
      ["287082", 59],
      ["081804", 1111111109],
      ["050471", 1111111111],
      ["005924", 1234567890],
      ["279037", 2000000000],
      ["353130", 20000000000],
    ] as const;
    for (const [code, seconds] of vectors) {
      expect(await stepOf(code, secret, seconds * 1000)).toBe(Math.floor(seconds / 30));
      // One step of drift, and no more.
      expect(await stepOf(code, secret, (seconds + 30) * 1000)).toBe(Math.floor(seconds / 30));
      expect(await stepOf(code, secret, (seconds + 61) * 1000)).toBeUndefined();
    }
  });

  it.each(["https://mcp.example", LOOPBACK])(
    "are set up during the first sign-in at %s, and asked for at the next",
    async (publicUrl) => {
      const server = await startTotpServer("all", { publicUrl });
      const first = await setUpAtSignIn(server);
      expect(first.answer.status).toBe(200);
      expect(first.recoveryCodes).toHaveLength(10);
      expect(new Set(first.recoveryCodes).size).toBe(10);
      const consent = await decide(first.browser, stateOf(first.next), "approve", ["mcp"]);
      expect((await first.redeem(codeOf(await answerOf(consent)))).scope).toBe("mcp");
      server.advance(60);
      const second = await withPassword(server);
      expect(textOf(second.html)).toContain("Enter your code");
      const toConsent = await typeCode(second.browser, second.state, first.app.code());
      expect(pathOf(toConsent)).toBe("/oauth/consent");
      const page = await second.browser.request(toConsent.headers.get("location") ?? "");
      expect(await page.text()).toContain("Approve");
    },
  );

  it("writes nothing before the first code is right, and one commit then", async () => {
    const server = await startTotpServer();
    const at = await withPassword(server);
    const { setup, key } = setupIn(at.html);
    const app = authenticator(key, server);
    const wrong = await at.browser.submit(TOTP_PATH, { state: at.state, setup, code: app.wrong() });
    expect(wrong.status).toBe(400);
    expect(wrong.status).toBe(400);
    const again = setupIn(await wrong.text());
    expect(again.key).toBe(key);
    expect(await server.store.findPerson("ada")).toBeUndefined();
    const right = await at.browser.submit(TOTP_PATH, {
      state: at.state,
      setup: again.setup,
      code: app.code(),
    });
    expect(right.status).toBe(200);
    const kinds = (await server.store.listCredentials("ada")).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === "totp")).toHaveLength(1);
    expect(kinds.filter((kind) => kind === "recovery_code")).toHaveLength(10);
    const audit = (await server.store.readAudit({ order: "newest_first", limit: 10 })).map(
      ({ event }) => event,
    );
    expect(audit).toContain("credential.added");
    expect(audit).toContain("sign_in.ok");
  });

  it("keeps neither the secret nor a recovery code in the clear, nor in the log", async () => {
    const server = await startTotpServer();
    const { key, html, recoveryCodes } = await setUpAtSignIn(server);
    const stored = JSON.stringify([
      await server.store.listCredentials("ada"),
      await server.store.readAudit({ order: "newest_first", limit: 100 }),
      server.lines,
    ]);
    const secrets = [
      key,
      key.replaceAll(" ", ""),
      ...recoveryCodes,
      ...recoveryCodes.map((code) => code.replaceAll("-", "")),
    ];
    for (const secret of secrets) expect(stored).not.toContain(secret);
    expect(html).not.toContain("otpauth");
  });

  it("are of the step before, now or after: a clock may be thirty seconds off", async () => {
    const server = await startTotpServer();
    const { app } = await setUpAtSignIn(server);
    server.advance(300);
    for (const [steps, status] of [
      [-2, 403],
      [2, 403],
      [-1, 303],
    ] as const) {
      const { browser, state } = await withPassword(server);
      expect((await typeCode(browser, state, app.code(steps))).status).toBe(status);
    }
    server.advance(300);
    const { browser, state } = await withPassword(server);
    // As apps show it, and with what a paste brings along.
    const [first, second] = [app.code(1).slice(0, 3), app.code(1).slice(3)];
    expect((await typeCode(browser, state, ` ${first} ${second}\t`)).status).toBe(303);
  });

  it("have recovery codes beside them, in any spelling", async () => {
    const server = await startTotpServer();
    const { recoveryCodes } = await setUpAtSignIn(server);
    const [one = "", two = ""] = recoveryCodes;
    const { browser, state } = await withPassword(server);
    const misplaced = await browser.submit("/oauth/totp", { state, code: one.toUpperCase() });
    expect(await misplaced.text()).toContain("Use a recovery code instead, in the field for one.");
    expect(pathOf(await typeRecoveryCode(browser, state, one))).toBe("/oauth/consent");
    const other = await withPassword(server);
    const spelt = two.toUpperCase().replaceAll("-", " ");
    expect(pathOf(await typeRecoveryCode(other.browser, other.state, spelt))).toBe("/oauth/consent");
  });
});

describe("who must have an app", () => {
  it("is by group: the others may choose it", async () => {
    const server = await startServer({}, { signIn: [users(), totp({ required: { groups: ["staff"] } })] });
    await addUser(server, "ada", undefined, { groups: ["staff", "board"] });
    await addUser(server, "grace", undefined, { groups: ["guests"] });
    const locationFor = async (username: string) => {
      const browser = browserOf(server);
      const begun = await browser.request("/account");
      const state = stateOf(begun.headers.get("location"));
      return browser.submit("/oauth/login", { state, username, password: PASSWORD });
    };
    expect(pathOf(await locationFor("ada"))).toBe(TOTP_PATH);
    expect(pathOf(await locationFor("grace"))).toBe("/account");
  });

  it("is by the groups that are kept, where a password says none: it takes no one out of them", async () => {
    const okta = redirecting("okta", "Okta");
    const people = password((name) => ({ id: name }));
    const server = await startServer(
      {},
      { signIn: [people, okta, totp({ required: { groups: ["staff"] } })] },
    );
    const identity = { method: "password", issuer: "", subject: "ada" };
    const groups = ["staff"];
    const ada = {
      person: { id: "ada" },
      emails: [],
      groups,
      identity,
      label: "ada",
      passwordHash: undefined,
    };
    const entry = sampleEntry("person.added", { fields: { person: "ada" } });
    await server.store.addPerson({ ...ada, now: server.now() }, entry);
    const { location, html } = await withPassword(server);
    expect(new URL(location).pathname).toBe(TOTP_PATH);
    expect(setupIn(html).key).not.toBe("");
    expect(
      new URL((await signIn(browserOf(server), (await askFor(server)).url, "grace")).location).pathname,
    ).toBe("/oauth/consent");
  });

  it("is by the groups that the operator said, whichever provider the person signs in at meanwhile", async () => {
    const totpOfStaff = totp({ required: { groups: ["staff"] } });
    const server = await startServer({}, { signIn: [users(), redirecting("okta", "Okta"), totpOfStaff] });
    await addUser(server, "ada", undefined, { groups: ["staff"] });
    const okta = { method: "oidc", issuer: "https://okta.example", subject: "ada" };
    const linked = { ...okta, personId: "id of ada", label: "ada", now: server.now() };
    await server.store.addIdentity(linked, sampleEntry("identity.linked"));
    const begin = async () => {
      const browser = browserOf(server);
      return { browser, state: stateOf((await browser.request("/account")).headers.get("location")) };
    };
    const provider = await begin();
    await openAccount(
      provider.browser,
      (await comeBack(provider.browser, "okta", provider.state, { subject: "ada" })).headers.get(
        "location",
      ) ?? "",
    );
    expect(await server.store.findPerson("id of ada")).toMatchObject({ groups: ["staff"] });
    const { browser, state } = await begin();
    const landed = await browser.submit("/oauth/login", { state, username: "ada", password: PASSWORD });
    expect(new URL(landed.headers.get("location") ?? "").pathname).toBe(TOTP_PATH);
  });

  it("is no one at `choice`, until they set it up on their account page, and until they turn it off", async () => {
    const server = await startTotpServer("choice");
    const browser = browserOf(server);
    const page = await accountWithPassword(browser);
    expect(textOf(page.html)).toContain("Set up an app");
    const nothing = await press(browser, page, "totp.turn_off");
    expect(nothing.status).toBe(400);
    expect(textOf(await nothing.text())).toContain("You have no authenticator app here.");
    const setUp = await press(browser, page, "totp.set_up");
    const { setup, key } = setupIn(await setUp.text());
    const cancelled = await follow(browser, await press(browser, page, "totp.cancel"));
    expect(textOf(cancelled.html)).toContain("Nothing was changed.");
    expect(await server.store.listCredentials("ada")).toEqual([]);
    const app = authenticator(key, server);
    const wrong = await press(browser, page, "totp.confirm", { setup, code: app.wrong() });
    const again = setupIn(await wrong.text());
    expect(again.key).toBe(key);
    const done = await press(browser, page, "totp.confirm", { setup: again.setup, code: app.code() });
    const codes = recoveryCodesIn(await done.text());
    expect(codes).toHaveLength(10);
    server.advance(60);
    const fresh = await againWithCode(browser, page, app);
    expect(textOf(fresh.html)).toContain("10 recovery codes are left");
    const remade = await press(browser, fresh, "totp.new_codes");
    const others = recoveryCodesIn(await remade.text());
    expect(others.filter((code) => codes.includes(code))).toEqual([]);
    const off = await follow(browser, await press(browser, fresh, "totp.turn_off"));
    expect(textOf(off.html)).toContain("Your authenticator app is turned off.");
    expect(await server.store.listCredentials("ada")).toEqual([]);
    await accountWithPassword(browserOf(server));
  });

  it("cannot turn it off where the server requires it, but can use another app", async () => {
    const server = await startTotpServer("all");
    const first = await setUpAtSignIn(server);
    server.advance(60);
    const browser = browserOf(server);
    const page = await accountWithCode(server, first.app, browser);
    expect(page.html).not.toContain("totp.turn_off");
    expect((await press(browser, page, "totp.turn_off")).status).toBe(403);
    const { app, answer } = await setUpAtAccount(server, browser, page);
    expect(recoveryCodesIn(await answer.text())).toHaveLength(10);
    server.advance(60);
    const before = await withPassword(server);
    expect((await typeCode(before.browser, before.state, first.app.code())).status).toBe(403);
    const old = await typeRecoveryCode(before.browser, before.state, first.recoveryCodes[0] ?? "");
    expect(old.status).toBe(403);
    expect((await typeCode(before.browser, before.state, app.code())).status).toBe(303);
    await openAccount(browser);
  });

  it("is what the environment says", () => {
    const factorOf = (required?: string) =>
      signInFromEnvironment({ SIGN_IN: "users,totp", SIGN_IN_TOTP_REQUIRED: required }).signIn.at(-1);
    expect(factorOf()).toMatchObject({ kind: "second_factor", name: "totp" });
    expect(factorOf("groups:staff, board")).toMatchObject({ groups: ["staff", "board"] });
    expect(() => factorOf("staff")).toThrow('SIGN_IN_TOTP_REQUIRED is "staff"; it must be "all", "choice"');
    expect(() => signInFromEnvironment({ SIGN_IN: "users", SIGN_IN_TOTP_REQUIRED: "all" })).toThrow(
      "SIGN_IN_TOTP_REQUIRED is set, and SIGN_IN does not list totp.",
    );
  });

  it("says what is wrong with the options", () => {
    expect(() => totp({ required: "everyone" as never })).toThrow(
      'totp: required is "everyone"; it must be "all", "choice", or { groups: ["staff"] }',
    );
    expect(() => totp({ required: { groups: [] } })).toThrow("totp: required");
    expect(() => totp({ require: "all" } as never)).toThrow("totp: ");
  });
});
