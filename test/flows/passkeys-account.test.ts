import { afterEach, describe, expect, it, test } from "vitest";
import { PASSKEY_SCRIPT_HASH } from "../../src/pages/passkey-script.ts";
import { follow, openAccount, press, signInToAccount, textOf, valuesOf } from "../support/account.ts";
import {
  addPasskey,
  openSignIn,
  outcomeOf,
  PASSKEY_ADD,
  PASSKEY_REMOVE,
  startWithPasskeys,
} from "../support/passkey-people.ts";
import { createAuthenticator, optionsIn, type Said } from "../support/passkeys.ts";
import { openBrowser } from "../support/person.ts";
import { closeServers, type TestServer } from "../support/server.ts";

afterEach(closeServers);

const passkeysOf = async ({ store }: TestServer, id = "ada") =>
  (await store.listCredentials(id)).filter(({ kind }) => kind === "passkey").map((one) => one.id);
const entries = async ({ store }: TestServer, event: string) =>
  (await store.auditAfter(0, 500)).filter((record) => record.event === event).map(({ fields }) => fields);

describe("adding a passkey", () => {
  it("asks for one that finds its person and checks who holds it, and none that is there", async () => {
    const server = await startWithPasskeys();
    const first = await signInToAccount(openBrowser(server), "ada", "lovelace");
    expect(optionsIn(first.html)).toEqual({
      challenge: expect.stringMatching(/^[\w-]{80,}$/),
      rp: { id: "mcp.example", name: "Test App" },
      user: {
        id: expect.stringMatching(/^[\w-]{43}$/),
        name: "ada of the test",
        displayName: "ada of the test",
      },
      pubKeyCredParams: [-7, -8, -257].map((alg) => ({ type: "public-key", alg })),
      excludeCredentials: [],
      authenticatorSelection: { residentKey: "required", userVerification: "required" },
      attestation: "none",
    });
    const { page, authenticator } = await addPasskey(server);
    expect(optionsIn(page.html).excludeCredentials).toEqual([{ type: "public-key", id: authenticator.id }]);
    const [credential] = await server.store.listCredentials("ada");
    // A device keeps one for each user handle, so all of a person have the same.
    expect(optionsIn(page.html).user?.id).toBe(JSON.parse(credential?.secret ?? "").userHandle);
  });

  it("lists it by its name, with an entry in the audit log, and says so", async () => {
    const server = await startWithPasskeys();
    const { page, browser } = await addPasskey(server, {
      name: "  Ada’s\u202E laptop ",
      said: { isSynced: true },
    });
    expect(textOf(page.html)).toContain("You can now sign in with this passkey.");
    expect(textOf(page.html)).toMatch(/Passkeys .* Ada’s laptop Synced Since .* Not used yet\. Remove/);
    expect(await entries(server, "credential.added")).toMatchObject([{ person: "ada", kind: "passkey" }]);
    const policy = (await browser.request("/account")).headers.get("content-security-policy");
    expect(policy).toContain(`; script-src ${PASSKEY_SCRIPT_HASH};`);
    // Not among the other ways to sign in, which have buttons of their own.
    expect(valuesOf(page, "identity")).toEqual([]);
  });

  it("calls it by its browser where it was given no name", async () => {
    const server = await startWithPasskeys();
    const { page } = await addPasskey(server, { name: " " });
    expect(textOf(page.html)).toContain("Unknown browser");
  });

  it("gives it a number where another one is called so", async () => {
    const server = await startWithPasskeys();
    await addPasskey(server, { name: "Laptop" });
    // The older one is listed first.
    server.advance(1);
    const { page } = await addPasskey(server, { name: "laptop" });
    expect(textOf(page.html)).toMatch(/Laptop Since .* laptop 2 Since/);
  });

  const refused: readonly (readonly [string, Said, RegExp])[] = [
    ["for another origin", { origin: "https://evil.test" }, /origin "https:\/\/evil\.test"/],
    ["for another RP ID", { rpId: "evil.test" }, /RP ID/],
    ["without user verification", { userVerified: false }, /User verification was required/],
    ["of another kind", { type: "webauthn.get" }, /type: webauthn\.get/],
    ["whose challenge is one's own", { challenge: "bWluZQ" }, /^the challenge is for something else/],
    ["from a frame of another site", { crossOrigin: true }, /frame of another site/],
    [
      "with certificates, which would be looked up",
      { attestation: certified("packed") },
      /attestation with certificates$/,
    ],
    [
      "with an attestation that was not asked for",
      { attestation: { fmt: "apple", attStmt: new Map() } },
      /attestation that was not asked for$/,
    ],
    [
      "with a wrong attestation",
      {
        attestation: {
          fmt: "packed",
          attStmt: new Map<string, unknown>([
            ["sig", new Uint8Array(8)],
            ["alg", -7],
          ]),
        },
      },
      /./,
    ],
  ];
  test.each(refused)("saves none %s", async (_what, said, reason) => {
    const server = await startWithPasskeys();
    const browser = openBrowser(server);
    const page = await signInToAccount(browser, "ada", "lovelace");
    const passkey = createAuthenticator().create(optionsIn(page.html), said);
    const answer = await press(browser, page, PASSKEY_ADD, { passkey });
    expect(answer.status).toBe(400);
    expect(textOf(await answer.text())).toContain("The passkey could not be saved. Try again.");
    const logged = server.lines.filter(({ name }) => name === "request.refused");
    expect(logged).toMatchObject([{ fields: { path: "/account", reason: expect.stringMatching(reason) } }]);
    expect(await passkeysOf(server)).toEqual([]);
    expect(await server.store.listIdentities("ada")).toHaveLength(1);
    expect(await entries(server, "credential.added")).toEqual([]);
  });

  it("says what is missing where the script did not run", async () => {
    const server = await startWithPasskeys();
    const browser = openBrowser(server);
    const answer = await press(browser, await signInToAccount(browser, "ada", "lovelace"), PASSKEY_ADD, {
      name: "x",
    });
    expect(answer.status).toBe(400);
    expect(textOf(await answer.text())).toContain("Turn JavaScript on, and try again.");
  });

  it("needs a sign-in of the last five minutes, and asks the device for nothing before", async () => {
    const server = await startWithPasskeys();
    const browser = openBrowser(server);
    const page = await signInToAccount(browser, "ada", "lovelace");
    const passkey = createAuthenticator().create(optionsIn(page.html));
    server.advance(5 * 60 + 1);
    const answer = await press(browser, page, PASSKEY_ADD, { passkey });
    expect(answer.headers.get("location")).toContain("/oauth/login?state=");
    expect(await passkeysOf(server)).toEqual([]);
    const html = await (await browser.request("/account")).text();
    expect(html).not.toContain("data-passkey");
    expect(html).toContain("passkeys.add");
  });

  it("counts for the session that began it, and not for that of another person or browser", async () => {
    const server = await startWithPasskeys();
    const browsers = [openBrowser(server), openBrowser(server), openBrowser(server)] as const;
    const ada = await signInToAccount(browsers[0], "ada", "lovelace");
    const there = await signInToAccount(browsers[1], "ada", "lovelace");
    const grace = await signInToAccount(browsers[2], "grace", "hopper");
    const passkey = createAuthenticator().create(optionsIn(grace.html));
    for (const [browser, page] of [
      [browsers[0], ada],
      [browsers[1], there],
    ] as const) {
      expect((await press(browser, page, PASSKEY_ADD, { passkey })).status).toBe(400);
    }
    expect(await passkeysOf(server)).toEqual([]);
  });

  it("takes no passkey from the one who has its id", async () => {
    const server = await startWithPasskeys();
    const theirs = await addPasskey(server, { username: "grace" });
    const browser = openBrowser(server);
    const page = await signInToAccount(browser, "ada", "lovelace");
    const attacker = createAuthenticator();
    const passkey = attacker.create(optionsIn(page.html), { id: theirs.authenticator.id });
    const answer = await press(browser, page, PASSKEY_ADD, { passkey });
    expect(answer.status).toBe(400);
    expect(textOf(await answer.text())).toContain("This passkey is in use already.");
    const { post, options } = await openSignIn(server);
    const forged = attacker.get(options, { id: theirs.authenticator.id });
    expect(outcomeOf(await post(forged))).toBe("wrong_answer");
    expect([await passkeysOf(server), await passkeysOf(server, "grace")]).toEqual([
      [],
      [theirs.authenticator.id],
    ]);
  });

  it("says what to do on this page where its form can't be read", async () => {
    const server = await startWithPasskeys();
    const browser = openBrowser(server);
    const page = await signInToAccount(browser, "ada", "lovelace");
    const answer = await press(browser, page, PASSKEY_ADD, { passkey: "x".repeat(70_000) });
    const said = textOf(await answer.text());
    expect(said).toContain("Open your account page again.");
    expect(said).not.toContain("your app");
  });

  it("ends at twenty", async () => {
    const server = await startWithPasskeys();
    let { page, browser } = await addPasskey(server);
    const add = () =>
      press(browser, page, PASSKEY_ADD, { passkey: createAuthenticator().create(optionsIn(page.html)) });
    for (let count = 1; count < 20; count += 1) page = await follow(browser, await add());
    expect((await add()).status).toBe(400);
    expect(await passkeysOf(server)).toHaveLength(20);
  });

  it("ends at twenty, also where many are added at once", async () => {
    const server = await startWithPasskeys();
    const { browser } = await addPasskey(server);
    const pages = await Promise.all(Array.from({ length: 30 }, () => openAccount(browser)));
    const answers = await Promise.all(
      pages.map((page) =>
        press(browser, page, PASSKEY_ADD, { passkey: createAuthenticator().create(optionsIn(page.html)) }),
      ),
    );
    expect(await passkeysOf(server)).toHaveLength(20);
    const refused = answers.filter(({ status }) => status === 400);
    expect(refused).toHaveLength(11);
    for (const answer of refused)
      expect(textOf(await answer.text())).toContain("You have 20 passkeys already.");
  });

  it("counts once for each challenge", async () => {
    const server = await startWithPasskeys();
    const browser = openBrowser(server);
    const page = await signInToAccount(browser, "ada", "lovelace");
    const make = () => createAuthenticator().create(optionsIn(page.html));
    expect((await press(browser, page, PASSKEY_ADD, { passkey: make() })).status).toBe(303);
    expect((await press(browser, page, PASSKEY_ADD, { passkey: make() })).status).toBe(400);
    expect(await passkeysOf(server)).toHaveLength(1);
    const logged = server.lines.filter(({ name }) => name === "request.refused");
    expect(logged).toMatchObject([{ fields: { reason: "the challenge was used before" } }]);
  });
});

describe("removing a passkey", () => {
  it("takes it away with its identity, and it signs no one in", async () => {
    const server = await startWithPasskeys();
    const { browser, page, authenticator } = await addPasskey(server);
    const { id } = authenticator;
    const after = await follow(browser, await press(browser, page, PASSKEY_REMOVE, { credential: id }));
    expect(textOf(after.html)).toContain("You can no longer sign in with this passkey.");
    expect(await passkeysOf(server)).toEqual([]);
    expect(await server.store.listIdentities("ada")).toHaveLength(1);
    expect(await entries(server, "credential.removed")).toMatchObject([{ person: "ada", kind: "passkey" }]);
    const { post, options } = await openSignIn(server);
    expect(outcomeOf(await post(authenticator.get(options)))).toBe("unknown_passkey");
    const again = await follow(browser, await press(browser, after, PASSKEY_REMOVE, { credential: id }));
    expect(textOf(again.html)).toContain("That passkey was removed already.");
  });

  it("takes no one else's, and none without a new sign-in", async () => {
    const server = await startWithPasskeys();
    const { browser, page, authenticator } = await addPasskey(server);
    const grace = await addPasskey(server, { username: "grace" });
    const theirs = { credential: authenticator.id };
    const said = await follow(grace.browser, await press(grace.browser, grace.page, PASSKEY_REMOVE, theirs));
    expect(textOf(said.html)).toContain("That passkey was removed already.");
    server.advance(5 * 60 + 1);
    const answer = await press(browser, page, PASSKEY_REMOVE, theirs);
    expect(answer.headers.get("location")).toContain("/oauth/login?state=");
    expect(await passkeysOf(server)).toEqual([authenticator.id]);
  });

  it("has no button among the other ways, which could leave its key behind", async () => {
    const server = await startWithPasskeys();
    const { browser, page, authenticator } = await addPasskey(server);
    const { identityId } = await import("../../src/authorization-server/account/identity-id.ts");
    const identity = identityId({ method: "passkeys", issuer: "mcp.example", subject: authenticator.id });
    await press(browser, page, "unlink", { identity });
    expect(await passkeysOf(server)).toEqual([authenticator.id]);
    expect(await server.store.listIdentities("ada")).toHaveLength(2);
  });
});

function certified(fmt: string): NonNullable<Said["attestation"]> {
  const attStmt = new Map<string, unknown>([
    ["alg", -7],
    ["sig", new Uint8Array(8)],
    ["x5c", [new Uint8Array(8)]],
  ]);
  return { fmt, attStmt };
}
