import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it, test } from "vitest";
import { password } from "../../src/authorization-server/sign-in/password/password.ts";
import type { AdmitOption } from "../../src/config/admit.ts";
import { PASSKEY_SCRIPT_HASH } from "../../src/pages/passkey-script.ts";
import { follow, press, textOf } from "../support/account.ts";
import { SECRET } from "../support/forge.ts";
import {
  addPasskey,
  openSignIn,
  outcomeOf,
  PASSKEY_ADD,
  startWithPasskeys,
} from "../support/passkey-people.ts";
import { createAuthenticator, optionsIn, type Said } from "../support/passkeys.ts";
import { openBrowser, stateOf } from "../support/person.ts";
import { comeBack, redirecting } from "../support/redirecting-method.ts";
import { closeServers, type TestServer } from "../support/server.ts";

afterEach(closeServers);

const ON = "303 /oauth/consent";
const stored = async ({ store }: TestServer, id: string, personId = "ada") => {
  const credential = await store.findCredential(personId, "passkey", id);
  return credential && { counter: credential.counter, ...JSON.parse(credential.secret) };
};
const lines = (server: TestServer, name: string) =>
  server.lines.filter((line) => line.name === name).map(({ fields }) => fields);

describe("a sign-in with a passkey", () => {
  it("needs no username, leads on to consent, and keeps what the authenticator says", async () => {
    const server = await startWithPasskeys();
    const { authenticator } = await addPasskey(server);
    const { post, options } = await openSignIn(server);
    expect(options).toEqual({
      challenge: expect.any(String),
      rpId: "mcp.example",
      userVerification: "required",
    });
    expect(outcomeOf(await post(authenticator.get(options)))).toBe(ON);
    expect(await stored(server, authenticator.id)).toMatchObject({ counter: 1, isBackedUp: false });
    const [session] = await server.store.listSessions("ada", server.now());
    expect(session).toMatchObject({ method: "passkeys" });
    const [signedIn] = lines(server, "sign_in.ok").slice(-1);
    expect(signedIn).toMatchObject({ person: "ada", method: "passkeys" });
  });

  it("keeps the name, addresses and groups that the last other sign-in said", async () => {
    const server = await startWithPasskeys();
    const { authenticator } = await addPasskey(server);
    const before = await server.store.findPerson("ada");
    const { post, options } = await openSignIn(server);
    await post(authenticator.get(options));
    expect(await server.store.findPerson("ada")).toEqual({ ...before, signedInAt: server.now() });
    expect(await server.store.listIdentities("ada")).toContainEqual(
      expect.objectContaining({ method: "passkeys", label: "Laptop" }),
    );
  });

  it("counts for one that never counts, again and again", async () => {
    const server = await startWithPasskeys();
    const { authenticator } = await addPasskey(server, { counts: false });
    for (let time = 0; time < 3; time += 1) {
      const { post, options } = await openSignIn(server);
      expect(outcomeOf(await post(authenticator.get(options)))).toBe(ON);
    }
  });

  it("keeps whether a copy of it is kept somewhere, as it is now", async () => {
    const server = await startWithPasskeys();
    const { authenticator } = await addPasskey(server, { said: { isSynced: true } });
    expect(await stored(server, authenticator.id)).toMatchObject({ isSynced: true, isBackedUp: false });
    const { post, options } = await openSignIn(server);
    const synced = { isSynced: true, isBackedUp: true };
    expect(outcomeOf(await post(authenticator.get(options, synced)))).toBe(ON);
    expect(await stored(server, authenticator.id)).toMatchObject(synced);
  });

  it("is offered by the one script that the page's policy lets in, with a sentence for where there is none", async () => {
    const server = await startWithPasskeys();
    const { browser, html, state } = await openSignIn(server);
    const page = await browser.request(`/oauth/login?state=${encodeURIComponent(state)}`);
    expect(page.headers.get("content-security-policy")).toContain(`; script-src ${PASSKEY_SCRIPT_HASH};`);
    expect(html.match(/<script>/g)).toHaveLength(1);
    expect(html).toContain('autocomplete="username webauthn"');
    expect(textOf(html)).toContain("Passkeys need JavaScript, which is off in this browser.");
  });
});

describe("an assertion does not count, and writes nothing,", () => {
  const other = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
  const refused: readonly (readonly [string, Said, string])[] = [
    ["for another origin", { origin: "https://mcp.example.evil.test" }, "wrong_answer"],
    ["for another port of this host", { origin: "https://mcp.example:8443" }, "wrong_answer"],
    ["for this host on http", { origin: "http://mcp.example" }, "wrong_answer"],
    ["for another RP ID", { rpId: "example" }, "wrong_answer"],
    ["without user verification", { userVerified: false }, "wrong_answer"],
    ["without the person's presence", { userPresent: false, userVerified: false }, "wrong_answer"],
    ["of another key", { key: other }, "wrong_answer"],
    ["of another kind", { type: "webauthn.create" }, "wrong_answer"],
    ["from a frame of another site", { crossOrigin: true }, "wrong_answer"],
    ["with another user handle", { userHandle: "c29tZWJvZHkgZWxzZQ" }, "wrong_answer"],
    ["without a user handle", { userHandle: null }, "wrong_answer"],
    ["whose backup eligibility has changed", { isSynced: true }, "wrong_answer"],
    ["whose challenge is one's own", { challenge: "c29tZXRoaW5nIG9mIG1pbmU" }, "wrong_answer"],
    ["whose credential no one has", { id: "bm8gb25lJ3M" }, "unknown_passkey"],
  ];
  test.each(refused)("%s", async (_what, said, problem) => {
    const server = await startWithPasskeys();
    const { authenticator } = await addPasskey(server);
    const { post, options } = await openSignIn(server);
    const before = await Promise.all([stored(server, authenticator.id), server.store.auditAfter(0, 500)]);
    expect(outcomeOf(await post(authenticator.get(options, said)))).toBe(problem);
    expect(await Promise.all([stored(server, authenticator.id), server.store.auditAfter(0, 500)])).toEqual(
      before,
    );
    expect(lines(server, "sign_in.broken_off")).toMatchObject([{ method: "passkeys" }]);
    // What is refused uses nothing up: the honest answer to the same challenge counts.
    expect(outcomeOf(await post(authenticator.get(options)))).toBe(ON);
  });

  test.each([
    ["nothing", ""],
    ["no JSON", "{"],
    ["another shape", '{"id":"a"}'],
    [
      "no client data",
      JSON.stringify({
        id: "a",
        rawId: "a",
        type: "public-key",
        response: { clientDataJSON: "YQ", authenticatorData: "YQ", signature: "YQ" },
      }),
    ],
  ])("where it is %s", async (_what, passkey) => {
    const server = await startWithPasskeys();
    const { post } = await openSignIn(server);
    expect(outcomeOf(await post(passkey))).toBe("wrong_answer");
  });

  it("a second time, in the same visit or another", async () => {
    const server = await startWithPasskeys();
    const { authenticator } = await addPasskey(server, { counts: false });
    const { browser, post, options } = await openSignIn(server);
    const answer = authenticator.get(options);
    const both = await Promise.all([post(answer), post(answer)]);
    expect(both.map(outcomeOf).sort()).toEqual([ON, "wrong_answer"].sort());
    expect(outcomeOf(await post(answer))).toBe("wrong_answer");
    server.advance(1);
    const next = await openSignIn(server, browser);
    expect(next.options.challenge).not.toBe("");
    expect(outcomeOf(await next.post(answer))).toBe("wrong_answer");
    expect(lines(server, "factor.refused")[0]).toMatchObject({
      person: "ada",
      reason: "the challenge was used before",
    });
    expect(await server.store.listSessions("ada", server.now())).toHaveLength(2);
  });

  it("for the challenge of another visit, or of another browser", async () => {
    const server = await startWithPasskeys();
    const { authenticator } = await addPasskey(server);
    const [mine, elsewhere] = [await openSignIn(server), await openSignIn(server)];
    const another = await openSignIn(server, mine.browser);
    expect(outcomeOf(await mine.post(authenticator.get(elsewhere.options)))).toBe("wrong_answer");
    expect(outcomeOf(await mine.post(authenticator.get(another.options)))).toBe("wrong_answer");
    // The whole visit of another browser, as an attacker would plant it.
    const planted = await mine.post(authenticator.get(elsewhere.options), { state: elsewhere.state });
    expect(planted.status).toBe(403);
  });

  it("for a challenge of the account page", async () => {
    const server = await startWithPasskeys();
    const { authenticator, browser, page } = await addPasskey(server);
    const { challenge = "" } =
      /data-options="[^"]*?challenge&quot;:&quot;(?<challenge>[\w-]+)/.exec(page.html)?.groups ?? {};
    expect(challenge).not.toBe("");
    const { post, options } = await openSignIn(server, browser);
    expect(outcomeOf(await post(authenticator.get({ ...options, challenge })))).toBe("wrong_answer");
  });

  it("once its challenge is over time", async () => {
    const server = await startWithPasskeys({});
    const { authenticator } = await addPasskey(server);
    const { post, options } = await openSignIn(server);
    server.advance(30 * 60);
    const answer = await post(authenticator.get(options));
    expect(answer.headers.get("location") ?? answer.status).not.toContain("/oauth/consent");
    expect(await stored(server, authenticator.id)).toMatchObject({ counter: 0 });
  });

  it("posted from another site", async () => {
    const server = await startWithPasskeys();
    const { authenticator } = await addPasskey(server);
    const { browser, state, options } = await openSignIn(server);
    const fields = { state, passkey: authenticator.get(options) };
    const headers = { "sec-fetch-site": "cross-site", origin: "https://evil.test" };
    expect((await browser.submit("/oauth/passkeys", fields, { headers })).status).toBe(403);
  });
});

describe("a passkey that may have been copied", () => {
  it.each([1, 0])("is refused where it counts %i after 1, and the person is told", async (counter) => {
    const server = await startWithPasskeys();
    const { authenticator } = await addPasskey(server);
    const first = await openSignIn(server);
    await first.post(authenticator.get(first.options));
    const next = await openSignIn(server);
    const answer = await next.post(authenticator.get(next.options, { counter }));
    expect(outcomeOf(answer)).toBe("may_be_copied");
    const page = await next.browser.request(answer.headers.get("location") ?? "");
    expect(textOf(await page.text())).toContain("refused, because it may have been copied");
    expect(lines(server, "factor.refused")).toMatchObject([
      { person: "ada", method: "passkeys", reason: expect.stringContaining("may have been copied") },
    ]);
    expect(await stored(server, authenticator.id)).toMatchObject({ counter: 1 });
  });

  it("signs in once where both copies sign at once", async () => {
    const server = await startWithPasskeys();
    const { authenticator } = await addPasskey(server);
    const visits = [await openSignIn(server), await openSignIn(server)];
    const answers = await Promise.all(
      visits.map(({ post, options }) => post(authenticator.get(options, { counter: 9 }))),
    );
    expect(answers.map(outcomeOf).filter((outcome) => outcome === ON)).toHaveLength(1);
    expect(await stored(server, authenticator.id)).toMatchObject({ counter: 9 });
  });
});

describe("whose passkey it is", () => {
  const entry = { address: "command line", operator: "root" };

  it("that of a disabled person signs no one in", async () => {
    const server = await startWithPasskeys();
    const { authenticator } = await addPasskey(server);
    const at = server.now();
    await server.store.disablePerson("ada", at, {
      event: "person.disabled",
      at,
      fields: { person: "ada", ...entry },
    });
    const { post, options } = await openSignIn(server);
    const answer = await post(authenticator.get(options));
    expect(answer.status).toBe(403);
    expect(textOf(await answer.text())).toContain("This account can’t be used here");
    expect(lines(server, "sign_in.refused")).toMatchObject([{ person: "ada", reason: "disabled" }]);
    expect(await server.store.listSessions("ada", at)).toEqual([]);
    expect(await stored(server, authenticator.id)).toMatchObject({ counter: 0 });
  });

  it("that of a person who is disabled while they are asked for it signs no one in", async () => {
    const server = await startWithPasskeys();
    const { authenticator } = await addPasskey(server);
    const { post, options } = await openSignIn(server);
    const passkey = authenticator.get(options);
    const at = server.now();
    const fields = { person: "ada", ...entry };
    const disabled = server.store.disablePerson("ada", at, { event: "person.disabled", at, fields });
    const [answer] = await Promise.all([post(passkey), disabled]);
    // Whichever was first: no session is left.
    expect([ON, "403 /"]).toContain(outcomeOf(answer));
    expect(await server.store.listSessions("ada", at)).toEqual([]);
    server.advance(1);
    const next = await openSignIn(server);
    expect((await next.post(authenticator.get(next.options))).status).toBe(403);
  });

  it("that of a removed person is no one's", async () => {
    const server = await startWithPasskeys();
    const { authenticator } = await addPasskey(server);
    const at = server.now();
    await server.store.removePerson("ada", at, {
      event: "person.removed",
      at,
      fields: { person: "ada", ...entry },
    });
    const { post, options } = await openSignIn(server);
    expect(outcomeOf(await post(authenticator.get(options)))).toBe("unknown_passkey");
    expect(await server.store.findPerson("ada")).toBeUndefined();
  });

  it("that of someone else confirms no change on the account page", async () => {
    const server = await startWithPasskeys();
    const { browser, page } = await addPasskey(server);
    const grace = await addPasskey(server, { username: "grace" });
    const toLogin = await press(browser, page, "sign_in_again");
    const location = toLogin.headers.get("location") ?? "";
    const html = await (await browser.request(location)).text();
    const state = new URL(location).searchParams.get("state") ?? "";
    const answer = await browser.submit("/oauth/passkeys", {
      state,
      passkey: grace.authenticator.get(optionsIn(html)),
    });
    expect(textOf(await answer.text())).toContain(
      "You signed in as grace of the test, but this is the account page of",
    );
  });

  it("is never a new person's: it has to be added first", async () => {
    const server = await startWithPasskeys();
    const stranger = createAuthenticator();
    const { post, options } = await openSignIn(server);
    stranger.create({
      challenge: options.challenge,
      rp: { id: "mcp.example" },
      user: { id: "eA", name: "x" },
    });
    expect(outcomeOf(await post(stranger.get(options)))).toBe("unknown_passkey");
    expect(await server.store.listPeople({ now: server.now(), limit: 10 })).toEqual([]);
  });

  it("goes where two people are made one", async () => {
    const server = await startWithPasskeys();
    const { authenticator } = await addPasskey(server);
    await addPasskey(server, { username: "grace" });
    const at = server.now();
    await server.store.linkPeople({ survivor: "grace", gone: "ada" }, at, {
      event: "person.linked",
      at,
      fields: { person: "grace", gone: "ada", ...entry },
    });
    const { post, options } = await openSignIn(server);
    expect(outcomeOf(await post(authenticator.get(options)))).toBe(ON);
    expect(lines(server, "sign_in.ok").at(-1)).toMatchObject({ person: "grace" });
  });
});

describe("who may come in", () => {
  const folder = mkdtempSync(join(tmpdir(), "gatehouse-passkeys-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Ada has signed in through a provider, and added a passkey; then the server starts again with other lists. */
  const withLists = async (name: string, admit: AdmitOption) => {
    const options = { database: join(folder, `${name}.db`), secret: SECRET };
    const okta = { signIn: [redirecting("okta", "Okta", { groups: ["staff"] })] };
    const server = await startWithPasskeys(options, okta);
    const browser = openBrowser(server);
    const state = stateOf((await browser.request("/account")).headers.get("location"));
    const page = await follow(browser, await comeBack(browser, "okta", state, { subject: "ada" }));
    const authenticator = createAuthenticator();
    await follow(
      browser,
      await press(browser, page, PASSKEY_ADD, { passkey: authenticator.create(optionsIn(page.html)) }),
    );
    await closeServers();
    const next = await startWithPasskeys(options, { ...okta, admit });
    const { post, options: asked } = await openSignIn(next);
    const answer = await post(authenticator.get(asked));
    const [{ reason = "" } = {}] = lines(next, "sign_in.refused");
    return answer.status === 403 ? String(reason) : outcomeOf(answer);
  };

  it.each<[string, AdmitOption, string]>([
    ["listed", { emails: ["ada@okta.example"] }, ON],
    ["of-a-group", { groups: ["staff"] }, ON],
    ["unlisted", { emails: ["grace@okta.example"] }, "no entry of admit.emails names them"],
    ["denied", { anyone: true, deny: { emails: ["ada@okta.example"] } }, "admit.deny.emails[0] names them"],
    ["by-claim", { claims: { sub: "ada" } }, "no entry of admit.claims names them"],
    ["denied-by-claim", { anyone: true, deny: { claims: { sub: "eve" } } }, "their provider was not asked"],
    [
      "checked",
      (_person, _client, { method, emails }) => method === "passkeys" && emails.length === 0,
      "admit.check returned false",
    ],
  ])("is asked as for the person's other ways in: %s", async (name, admit, expected) => {
    expect(await withLists(name, admit)).toContain(expected);
  });

  it("holds nothing of that against one whom the operator put there", async () => {
    const server = await startWithPasskeys(
      {},
      {
        signIn: [password((name) => ({ id: name })), redirecting("okta", "Okta")],
        admit: { emails: ["grace@okta.example"], deny: { emails: ["eve@okta.example"] } },
      },
    );
    const { authenticator } = await addPasskey(server);
    const { post, options } = await openSignIn(server);
    expect(outcomeOf(await post(authenticator.get(options)))).toBe(ON);
  });
});

it("an operator's own sign-in page offers it too, and lets in its script alone", async () => {
  const server = await startWithPasskeys({
    loginTemplate:
      '<form method="post"><input name="state" value="{state}"><input name="username" autocomplete="username webauthn"><input name="password"></form>{methods}',
  });
  const browser = openBrowser(server);
  const { html, state } = await openSignIn(server, browser);
  expect(html).toContain("data-passkey");
  const page = await browser.request(`/oauth/login?state=${encodeURIComponent(state)}`);
  expect(page.headers.get("content-security-policy")).toContain(`script-src ${PASSKEY_SCRIPT_HASH};`);
});
