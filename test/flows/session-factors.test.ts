import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { passkeys, password } from "../../src/authorization-server/sign-in/index.ts";
import { createLacksFactor } from "../../src/authorization-server/sign-in/lacking-factor.ts";
import type { Whom } from "../../src/authorization-server/sign-in/second-factor.ts";
import { totp } from "../../src/authorization-server/sign-in/totp/totp.ts";
import type { TotpOptions } from "../../src/config/sign-in/totp-options.ts";
import type { SessionRecord } from "../../src/store/people-records.ts";
import { type AccountPage, beginLink, openAccount, press } from "../support/account.ts";
import { createAuthenticator, optionsIn } from "../support/passkeys.ts";
import { type Browser, decide, openBrowser, pathOf, stateOf } from "../support/person.ts";
import { comeBack, redirecting } from "../support/redirecting-method.ts";
import { ask, endOf, REPORTS } from "../support/remembered.ts";
import { closeServers, startServer, type TestServer } from "../support/server.ts";
import {
  accountWithPassword,
  authenticator,
  browserOf,
  setUpAtSignIn,
  setupIn,
  startTotpServer,
  withPassword,
} from "../support/sign-in/authenticator.ts";
import { START, sampleEntry, sampleSession } from "../support/store/samples.ts";

// Sessions of one factor alone, once the second one is needed.

const people = () => password((name, typed) => (typed === "lovelace" ? { id: name, name } : null));

/** Passwords, passkeys and a provider, and authenticator apps after the passwords. */
const start = (required: TotpOptions["required"] = "choice") =>
  startServer(
    {},
    { admit: "anyone", signIn: [people(), passkeys(), redirecting("okta", "Okta"), totp({ required })] },
  );

/** Sets an app up at the account page, in the session in which it is open. */
async function setUp(server: TestServer, browser: Browser, page: AccountPage) {
  const { setup, key } = setupIn(await (await press(browser, page, "totp.set_up")).text());
  const app = authenticator(key, server);
  expect((await press(browser, page, "totp.confirm", { setup, code: app.code() })).status).toBe(200);
  return app;
}

async function expectSignedOut(browser: Browser): Promise<void> {
  expect(pathOf(await browser.request("/account"))).toBe("/oauth/login");
}

describe("an app that is set up at the account page", () => {
  it("ends the session of one who knew the password: they add no passkey and link no account", async () => {
    const server = await start();
    const [thief, other, own] = [openBrowser(server), openBrowser(server), openBrowser(server)];
    const stolen = await accountWithPassword(thief);
    const linking = await accountWithPassword(other);
    const toOkta = await beginLink(other, linking, "okta");
    server.advance(60);
    const page = await accountWithPassword(own);
    await setUp(server, own, page);
    server.advance(30);
    const passkey = createAuthenticator().create(optionsIn(stolen.html));
    expect((await press(thief, stolen, "passkeys.add", { passkey, name: "x" })).status).toBe(403);
    expect((await comeBack(other, "okta", toOkta, { subject: "eve" })).status).toBeGreaterThanOrEqual(400);
    for (const browser of [thief, other]) await expectSignedOut(browser);
    const kinds = (await server.store.listCredentials("ada")).map(({ kind }) => kind);
    expect(new Set(kinds)).toEqual(new Set(["totp", "recovery_code"]));
    expect(await server.store.listIdentities("ada")).toHaveLength(1);
  });

  it("ends what is on its way, on plain http as well", async () => {
    const server = await startTotpServer("choice", { publicUrl: "http://localhost:4321" });
    const [own, other] = [browserOf(server), browserOf(server)];
    const page = await accountWithPassword(own);
    const { location, state } = await withPassword(server, other);
    expect(new URL(location).pathname).toBe("/oauth/consent");
    server.advance(1);
    await setUp(server, own, page);
    expect((await decide(other, state, "approve", ["mcp"])).status).toBe(403);
    expect(await server.store.listGrants({})).toEqual([]);
  });

  it("leaves the session in which it was done, which has passed it, and replacing it ends the others as well", async () => {
    const server = await start();
    const own = openBrowser(server);
    const page = await accountWithPassword(own);
    await setUp(server, own, page);
    const provider = openBrowser(server);
    await server.store.addIdentity(
      {
        method: "oidc",
        issuer: "https://okta.example",
        subject: "ada",
        personId: "ada",
        label: "ada",
        now: server.now(),
      },
      sampleEntry("identity.linked", { fields: { person: "ada" } }),
    );
    server.advance(30);
    const state = stateOf((await provider.request("/account")).headers.get("location"));
    await comeBack(provider, "okta", state, { subject: "ada" });
    // A provider's sign-in needs no code.
    await openAccount(provider);
    server.advance(30);
    await setUp(server, own, await openAccount(own));
    await openAccount(own);
    await expectSignedOut(provider);
  });
});

describe.each(["https://mcp.example", "http://localhost:4321"])(
  "an app that is set up during a sign-in at %s",
  (publicUrl) => {
    it("ends what was signed in before, and goes on itself", async () => {
      const server = await startTotpServer("all", { publicUrl });
      await setUpAtSignIn(server);
      const other = browserOf(server);
      const approving = await setUpAtSignIn(server, "grace", other);
      const kinds = { personId: "grace", kind: "totp", also: ["recovery_code"], now: server.now() } as const;
      await server.store.removeCredentials(
        kinds,
        sampleEntry("credential.removed", { fields: { person: "grace" } }),
      );
      server.advance(60);
      const own = browserOf(server);
      const { next } = await setUpAtSignIn(server, "grace", own);
      expect((await decide(other, stateOf(approving.next), "approve", ["mcp"])).status).toBe(403);
      expect((await decide(own, stateOf(next), "approve", ["mcp"])).headers.get("location")).toContain(
        "code=",
      );
    });
  },
);

describe("a second factor that is required later", () => {
  const withFactor = (required: TotpOptions["required"]) => [
    people(),
    redirecting("okta", "Okta"),
    totp({ required }),
  ];

  /** Ada has approved a client whose consent is remembered, in a session of her password or her provider. */
  async function approvedBy(by: "password" | "okta") {
    const folder = mkdtempSync(join(tmpdir(), "gatehouse-factors-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const options = {
      database: join(folder, "people.db"),
      secret: "a secret of the tests, long enough",
      clients: [REPORTS],
    };
    const more = { admit: "anyone" } as const;
    const signIn =
      by === "password" ? [people()] : [people(), redirecting("okta", "Okta", { personId: "ada" })];
    const server = await startServer(options, { signIn, ...more });
    const own = openBrowser(server);
    if (by === "password") await accountWithPassword(own);
    else {
      const state = stateOf((await own.request("/account")).headers.get("location"));
      await comeBack(own, "okta", state, { subject: "ada" });
    }
    const first = await ask(own);
    const state = first.kind === "page" ? first.state : "";
    expect((await decide(own, state, "approve", ["mcp"])).status).toBe(303);
    const cookie = own.cookie();
    await closeServers();
    return async (required: TotpOptions["required"]) => {
      const next = await startServer(options, { signIn: withFactor(required), ...more });
      const browser = openBrowser({
        fetch: (request, peer) => {
          const headers = new Headers(request.headers);
          headers.set("cookie", cookie);
          return next.fetch(new Request(request, { headers }), peer);
        },
      });
      return { next, browser, state };
    };
  }

  it("is asked for before a session of a password alone approves, shows or changes anything", async () => {
    const { browser, state } = await (await approvedBy("password"))("all");
    expect(endOf(await ask(browser))).toBe("/oauth/login");
    expect(endOf(await ask(browser, { prompt: "none" }))).toBe("login_required");
    expect((await decide(browser, state, "approve", ["mcp"])).status).toBe(403);
    await expectSignedOut(browser);
  });

  it("is asked of no one who does not need it, and of no session of a provider", async () => {
    const chosen = await (await approvedBy("password"))("choice");
    await openAccount(chosen.browser);
    const provider = await (await approvedBy("okta"))("all");
    await openAccount(provider.browser);
  });
});

it("people who are linked: a session of a password alone does not count for a survivor with an app", async () => {
  const server = await start();
  const own = openBrowser(server);
  await setUp(server, own, await accountWithPassword(own, "ada"));
  const other = openBrowser(server);
  await accountWithPassword(other, "grace");
  const entry = sampleEntry("person.linked", { fields: { person: "ada", gone: "grace" } });
  expect(await server.store.linkPeople({ survivor: "ada", gone: "grace" }, server.now(), entry)).toBe(true);
  await expectSignedOut(other);
  await openAccount(own);
});

describe("what a session lacks", () => {
  const methods = [{ name: "users", isOneFactor: true }, { name: "okta" }];
  const ask = async (session: Partial<SessionRecord>, isNeeded = true) => {
    const asked: Whom[] = [];
    const factor = {
      name: "totp",
      async isNeeded(whom: Whom) {
        asked.push(whom);
        return isNeeded;
      },
    };
    const now = { personId: "ada", createdAt: START, usedAt: START };
    const found = { ...sampleSession(), ...now, ...session };
    const lacks = await createLacksFactor(factor, methods)({ session: found, record: RECORD });
    return { lacks, asked };
  };

  it("is looked up by the person and the groups that are kept, where one thing was proved", async () => {
    const whom = { personId: "ada", groups: ["staff"] };
    expect(await ask({ method: "users" })).toEqual({ lacks: true, asked: [whom] });
    expect(await ask({ method: "users" }, false)).toEqual({ lacks: false, asked: [whom] });
    expect(await ask({ method: "users", secondFactor: "another one" })).toMatchObject({ lacks: true });
  });

  it("is nothing, and not looked up, where the factor was passed or the method proves more", async () => {
    for (const session of [{ method: "users", secondFactor: "totp" }, { method: "okta" }]) {
      expect(await ask(session)).toEqual({ lacks: false, asked: [] });
    }
  });

  it("is the factor where the server no longer has the method", async () => {
    expect(await ask({ method: "gone" })).toMatchObject({ lacks: true });
  });
});

const RECORD = {
  person: { id: "ada" },
  emails: [],
  groups: ["staff"],
  disabledAt: null,
  signedOutAt: null,
  isSaidByOperator: false,
  createdAt: START,
  signedInAt: START,
};
