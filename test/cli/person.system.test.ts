import { join } from "node:path";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { CredentialKind } from "../../src/store/credential.ts";
import { callTool, connect, refresh } from "../support/client.ts";
import { DEMO, reach } from "../support/network.ts";
import { signedIn } from "../support/people.ts";
import { type Demo, gatehouse, startDemo, temporaryFolder } from "../support/processes/command.ts";
import {
  APPROVED,
  CREDENTIAL_ADDED,
  CREDENTIAL_CHANGED,
  START,
  sampleApproval,
} from "../support/store/samples.ts";
import { openTestStore } from "../support/store/test-store.ts";

const GOOGLE = "https://accounts.google.com";
const DAY = 24 * 60 * 60 * 1000;

let cwd: string;
let database: string;

/** A database with three people: Ada has a session and two grants, Grace a session, and Eve nothing. */
beforeEach(async () => {
  cwd = await temporaryFolder();
  database = join(cwd, "gatehouse.db");
  const store = await openTestStore({ database });
  const now = Date.now();
  const ada = { id: "ada", name: "Ada Lovelace", email: "ada@example.com" };
  await signedIn(store, {
    person: ada,
    identity: { method: "users", issuer: "", subject: "ada" },
    emails: ["ada@example.com", "lovelace@example.com"],
    groups: ["engines"],
    session: "a".repeat(43),
    now: now - 3000,
  });
  await signedIn(store, {
    person: { id: "7Qm2", name: "Grace Hopper" },
    identity: { method: "oidc", issuer: GOOGLE, subject: "1093" },
    label: "grace@example.com",
    emails: ["grace@example.com"],
    session: "g".repeat(43),
    now: now - 2000,
  });
  await signedIn(store, {
    person: { id: "eve" },
    identity: { method: "github", issuer: "https://github.com", subject: "666" },
    label: "eve",
    now: now - 1000,
  });
  for (const id of ["grant-1", "grant-2"]) {
    const times = {
      signedInAt: now,
      createdAt: now,
      codeExpiresAt: now + DAY,
      refreshExpiresAt: now + DAY,
      endsAt: now + DAY,
    };
    await store.approve(sampleApproval({ id, person: ada, ...times }), APPROVED);
  }
  await store.close();
});

/** A command that ends well. */
async function run(...parameters: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await gatehouse(parameters, { cwd });
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  return stdout;
}

/** A command that is refused: what it says. */
async function refused(...parameters: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await gatehouse(parameters, { cwd });
  expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
  return stderr;
}

type Row = Readonly<Record<string, unknown>>;
const json = async (...parameters: readonly string[]) => JSON.parse(await run(...parameters, "--json"));
const shown = (
  id: string,
): Promise<Row & { readonly sessions: readonly Row[]; readonly grants: readonly Row[] }> =>
  json("person", "show", id);
const idsIn = async (...filter: readonly string[]): Promise<readonly string[]> =>
  (await json("person", "list", ...filter)).map(({ person }: { person: Row }) => person.id);
const audited = async (): Promise<readonly Row[]> =>
  (await run("audit", "export"))
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));

/** What a refused command must leave as it was. */
async function everything(): Promise<unknown> {
  return [
    await json("person", "list"),
    await Promise.all(["ada", "7Qm2", "eve"].map(shown)),
    await audited(),
  ];
}

describe("gatehouse person list", () => {
  it("has a line for each person, newest first, and filters them", async () => {
    const [, first, second, third] = (await run("person", "list")).split("\n");
    expect(first).toMatch(/^eve +- +- +github +0 +0 +2\d{3}-.*Z +-$/);
    expect(second).toMatch(/^7Qm2 +Grace Hopper +grace@example\.com +oidc +0 +1 /);
    expect(third).toMatch(/^ada +Ada Lovelace +ada@example\.com \(\+1\) +users +2 +1 /);
    expect(await idsIn("--matching", "HOPPER")).toEqual(["7Qm2"]);
    expect(await idsIn("--matching", "lovelace@")).toEqual(["ada"]);
    expect(await idsIn("--disabled")).toEqual([]);
    await run("person", "disable", "eve");
    expect(await idsIn("--disabled")).toEqual(["eve"]);
    expect(await run("person", "list")).toMatch(/^eve .* disabled$/m);
  });

  it("says where there are more than it shows, and where there is no one", async () => {
    const { stdout, stderr } = await gatehouse(["person", "list", "--limit", "2"], { cwd });
    expect(stdout.trimEnd().split("\n")).toHaveLength(3);
    expect(stderr).toBe("There are more. Show them with --limit, or narrow the list.\n");
    expect(await run("person", "list", "--matching", "nobody")).toBe("No people found.\n");
    expect(await refused("person", "list", "--matching", "")).toContain("--matching is empty");
  });

  it("shows what people call themselves without obeying it", async () => {
    const store = await openTestStore({ database });
    await signedIn(store, {
      person: { id: "mallory", name: "M\u001b[2Jallory\nada  Ada Lovelace  disabled" },
      identity: { method: "oidc", issuer: GOOGLE, subject: "m" },
      now: Date.now(),
    });
    await store.close();
    for (const parameters of [
      ["person", "list"],
      ["person", "show", "mallory"],
      ["person", "disable", "mallory"],
      ["person", "remove", "mallory", "--yes"],
    ]) {
      const said = await run(...parameters);
      expect(said).not.toContain("\u001b[2J");
      expect(said).not.toMatch(/^ada {2}Ada Lovelace {2}disabled/m);
    }
  });
});

describe("gatehouse person show", () => {
  it("prints the person with identities, sessions and live grants, and no secret", async () => {
    const text = await run("person", "show", "7Qm2");
    for (const line of [
      /^ *person +7Qm2$/m,
      /^ *name +Grace Hopper$/m,
      /^ *verified addresses +grace@example\.com$/m,
      /^oidc +https:\/\/accounts\.google\.com +grace@example\.com +2/m,
      /^g{10} +password +203\.0\.113\.7 +Test Browser 1\.0 +2/m,
      /^Live grants: none$/m,
    ]) {
      expect(text).toMatch(line);
    }
    const ada = await shown("ada");
    expect(ada).toMatchObject({
      person: { id: "ada", name: "Ada Lovelace" },
      emails: ["ada@example.com", "lovelace@example.com"],
      groups: ["engines"],
      disabledAt: null,
      identities: [{ method: "users", issuer: "", subject: "ada", label: "ada" }],
      sessions: [{ id: "a".repeat(10), method: "password", userAgent: "Test Browser 1.0" }],
    });
    expect(ada.grants).toHaveLength(2);
    // With the hash in the database and a cookie, no one can sign in; it is no one's business all the same.
    for (const said of [JSON.stringify(ada), await run("person", "show", "ada")]) {
      expect(said).not.toContain("a".repeat(11));
    }
  });

  it("says what the person proves themselves with beside a password, and none of it", async () => {
    const store = await openTestStore({ database });
    const passkey = { method: "passkeys", issuer: "mcp.example", subject: "key-1", label: "Ada's laptop" };
    const credential = (kind: CredentialKind, id: string, counter: number | null) =>
      ({
        personId: "ada",
        kind,
        id,
        secret: `secret ${id}`,
        counter,
        createdAt: START,
        usedAt: null,
      }) as const;
    const added = await store.addCredentials(
      {
        personId: "ada",
        credentials: [
          credential("passkey", "key-1", 0),
          credential("totp", "", 1),
          credential("recovery_code", "r1", null),
          credential("recovery_code", "r2", null),
        ],
        identity: passkey,
        session: "a".repeat(43),
        now: Date.now(),
      },
      CREDENTIAL_ADDED,
    );
    expect(added).toBe(true);
    await store.close();
    const text = await run("person", "show", "ada");
    expect(text).toMatch(/^ *authenticator app +since 2.*Z, 2 recovery codes left$/m);
    expect(text).toMatch(/^key-1 +Ada's laptop +mcp\.example +2/m);
    expect(await shown("ada")).toMatchObject({ authenticatorAppSince: START, recoveryCodes: 2 });
    expect(text + JSON.stringify(await shown("ada"))).not.toMatch(/secret |"r1"/);
    expect(await run("person", "show", "7Qm2")).toMatch(/^ *authenticator app +-$/m);
  });

  it("takes an id, or an address or a username that one person has", async () => {
    for (const [name, id] of [
      ["7Qm2", "7Qm2"],
      ["grace@example.com", "7Qm2"],
      ["Lovelace@Example.com", "ada"],
      ["ADA", "ada"],
    ] as const) {
      expect(await shown(name)).toMatchObject({ person: { id } });
    }
  });

  it("takes no part of an id or an address, no display name, and no provider's subject", async () => {
    for (const name of ["7Q", "7qm2", "grace@example", "Grace Hopper", "1093"]) {
      expect(await refused("person", "show", name)).toContain(
        `The database has no person ${name}. Search by a part of an id, a name or an address: gatehouse person list`,
      );
    }
    expect(await refused("person", "show", "")).toContain(
      "The name of the person is empty. Give an id, an address or a username. See: gatehouse person list",
    );
  });

  it("asks for an id where several have the address or the username", async () => {
    const store = await openTestStore({ database });
    const at = (id: string) => ({ method: "github", issuer: "https://github.com", subject: id });
    const other = { person: { id: "other" }, identity: at("other"), emails: ["ADA@example.com"] };
    await signedIn(store, { ...other, now: Date.now() });
    const username = { method: "users", issuer: "", subject: "7qm2" };
    await signedIn(store, { person: { id: "lookalike" }, identity: username, now: Date.now() });
    // What a provider calls someone names no one here.
    const claimed = { person: { id: "mallory" }, identity: at("mallory"), label: "ada@example.com" };
    await signedIn(store, { ...claimed, now: Date.now() });
    await store.close();
    expect(await refused("person", "disable", "ada@example.com")).toContain(
      "ada@example.com is an address or a username of several people: other, ada. Use an id.",
    );
    expect(await idsIn("--disabled")).toEqual([]);
    // An id wins, and the command says who else it could have been.
    const { stdout, stderr } = await gatehouse(["person", "disable", "7Qm2"], { cwd });
    expect(stdout).toContain("Disabled Grace Hopper (7Qm2).");
    expect(stderr).toBe("7Qm2 is the id of one person and the address or username of lookalike.\n");
    expect(await idsIn("--disabled")).toEqual(["7Qm2"]);
  });
});

describe("gatehouse person disable and enable", () => {
  it("end what the person has and say how much, until they are enabled", async () => {
    expect(await run("person", "disable", "lovelace@example.com")).toBe(
      "Disabled Ada Lovelace (ada). Ended 1 session and 2 grants.\n",
    );
    expect(await shown("ada")).toMatchObject({ disabledAt: expect.any(Number), sessions: [], grants: [] });
    expect(await run("person", "show", "ada")).toMatch(/^ *disabled +since 2/m);
    expect(await run("grant", "list", "--person", "ada", "--all")).toContain("revoked (person_disabled)");
    expect(await run("person", "disable", "ada")).toBe("Ada Lovelace (ada) is already disabled.\n");
    expect((await shown("7Qm2")).sessions).toHaveLength(1);

    expect(await run("person", "enable", "ada")).toBe(
      "Enabled Ada Lovelace (ada). They must sign in and approve their apps again.\n",
    );
    expect(await shown("ada")).toMatchObject({ disabledAt: null, sessions: [], grants: [] });
    expect(await refused("person", "enable", "ada")).toContain("Ada Lovelace (ada) is not disabled. See:");
    expect((await audited()).slice(-2)).toMatchObject([
      { event: "person.disabled", person: "ada", operator: expect.any(String), address: "command line" },
      { event: "person.enabled", person: "ada", operator: expect.any(String), address: "command line" },
    ]);
  });

  it("disable takes an id that no one has signed in with, and says so", async () => {
    const said = await run("person", "disable", "okta:00u1");
    expect(said).toMatch(
      /^Disabled okta:00u1\. Ended no sessions and no grants\.\nNo one with this id has signed in/,
    );
    expect(said).toContain("If it is a typo, take it back with: gatehouse person remove");
    expect(await idsIn("--disabled")).toEqual(["okta:00u1"]);
    expect(await run("person", "disable", "okta:00u1")).toBe("okta:00u1 is already disabled.\n");
    await run("person", "enable", "okta:00u1");
    expect(await idsIn("--disabled")).toEqual([]);
    expect(await refused("person", "disable", " ")).toContain("The id is empty.");
  });

  it("disable sends those who mean a program to the command for clients", async () => {
    await run("client", "add", "--id", "nightly", "--name", "Nightly", "--grant", "client_credentials");
    expect(await refused("person", "disable", "nightly")).toContain("Use: gatehouse client disable nightly");
    expect(await idsIn("--disabled")).toEqual([]);
  });
});

describe("gatehouse person sign-out", () => {
  it("ends every session and grant, and nothing else", async () => {
    expect(await run("person", "sign-out", "ada")).toBe(
      "Signed out Ada Lovelace (ada). Ended 1 session and 2 grants. They can sign in again.\n",
    );
    expect(await shown("ada")).toMatchObject({ disabledAt: null, sessions: [], grants: [] });
    expect(await run("person", "show", "ada")).toMatch(/^ *signed out +2/m);
    expect((await audited()).at(-1)).toMatchObject({ event: "person.signed_out", person: "ada" });
    expect(await refused("person", "sign-out", "okta:00u1")).toContain(
      "The database has no person okta:00u1.",
    );
  });

  it("--session ends one session and no grant; a part of its id is none, nor is another person's", async () => {
    const before = await everything();
    for (const session of ["a".repeat(9), "a".repeat(43), "g".repeat(10)]) {
      expect(await refused("person", "sign-out", "ada", "--session", session)).toContain(
        `The person has no session ${session}; it may have ended.`,
      );
    }
    expect(await refused("person", "sign-out", "ada", "--session", "")).toContain(
      "--session is empty. See: gatehouse person show <person>",
    );
    expect(await everything()).toEqual(before);
    expect(await run("person", "sign-out", "ada", "--session", "a".repeat(10))).toBe(
      `Ended ${"a".repeat(10)} of Ada Lovelace (ada). Grants continue.\n`,
    );
    const { sessions, grants } = await shown("ada");
    expect([sessions.length, grants.length]).toEqual([0, 2]);
    expect((await audited()).at(-1)).toMatchObject({
      event: "session.ended",
      person: "ada",
      address: "command line",
    });
  });
});

describe("gatehouse person remove", () => {
  it("asks first, and changes nothing without an answer", async () => {
    const before = await everything();
    const said = await refused("person", "remove", "7Qm2");
    expect(said).toContain(
      "Remove Grace Hopper (7Qm2), with 1 session and no grants, identities and password? It does not keep the person out: " +
        "the next sign-in makes a new person. To keep them out, disable them instead (gatehouse person disable 7Qm2). This cannot be undone.",
    );
    expect(said).toContain("add --yes if you are sure");
    expect(await refused("person", "remove", "ada")).toContain(
      "They can't sign in again until you add or invite them again. This cannot be undone.",
    );
    expect(await everything()).toEqual(before);
  });

  it("deletes the person, keeps the audit log, and says what it does not do", async () => {
    const before = await audited();
    const said = await run("person", "remove", "ada", "--yes");
    expect(said).toContain(
      "Removed Ada Lovelace (ada). Ended 1 session and 2 grants. The audit log keeps its entries.",
    );
    expect(said).toContain("They can't sign in again until you add or invite them again.");
    expect(await idsIn()).toEqual(["eve", "7Qm2"]);
    expect(await run("grant", "list", "--person", "ada", "--all")).not.toContain("Lovelace");
    expect(await audited()).toMatchObject([...before, { event: "person.removed", person: "ada" }]);
  });

  it("says what keeps out a person from a provider, whose next sign-in has another id", async () => {
    const said = await run("person", "remove", "7Qm2", "--yes");
    expect(said).toContain("To keep them out, name them in the server's option admit.deny.");
    expect(said).not.toContain("person disable");
  });

  it("warns where the person is disabled: that would be lifted", async () => {
    await run("person", "disable", "eve");
    expect(await refused("person", "remove", "eve")).toContain("eve is disabled, and removing lifts that");
    expect(await idsIn("--disabled")).toEqual(["eve"]);
  });
});

describe("gatehouse person link", () => {
  it("says which id survives and what moves, and changes nothing without an answer", async () => {
    const before = await everything();
    const said = await refused("person", "link", "7Qm2", "ada");
    expect(said).toContain(
      "Make Ada Lovelace (ada) and Grace Hopper (7Qm2) one person? The id 7Qm2 survives.",
    );
    expect(said).toContain("What moves to it: users ada; 1 session and 2 grants. The id ada ends");
    expect(await everything()).toEqual(before);
  });

  it("says that the second's password is dropped, where both have one", async () => {
    const store = await openTestStore({ database });
    for (const personId of ["ada", "7Qm2"]) {
      const password = {
        personId,
        kind: "password",
        id: "",
        counter: null,
        secret: "$2b$12$x",
        usedAt: null,
      } as const;
      await store.saveCredential({ ...password, createdAt: Date.now() }, CREDENTIAL_CHANGED);
    }
    await store.close();
    expect(await refused("person", "link", "7Qm2", "ada")).toContain(
      "Both have a password: that of ada is dropped. The id ada ends",
    );
  });

  it("says whose authenticator app survives, where both have one", async () => {
    const store = await openTestStore({ database });
    const now = Date.now();
    for (const [personId, subject] of [
      ["ada", "of ada"],
      ["7Qm2", "of grace"],
    ] as const) {
      const [session] = await store.listSessions(personId, now);
      const app = {
        personId,
        kind: "totp",
        id: "",
        secret: subject,
        counter: 1,
        createdAt: now,
        usedAt: null,
      } as const;
      const added = { personId, credentials: [app], session: session?.hash ?? "", now };
      expect(await store.addCredentials(added, CREDENTIAL_ADDED)).toBe(true);
    }
    const said =
      "Both have an authenticator app: that of 7Qm2 stays, and that of ada and its recovery codes are dropped.";
    expect(await refused("person", "link", "7Qm2", "ada")).toContain(`${said} The id ada ends`);
    expect(await run("person", "link", "7Qm2", "ada", "--yes")).toContain(said);
    expect(await store.findCredential("7Qm2", "totp")).toMatchObject({ secret: "of grace" });
    await store.close();
  });

  it("moves what the second has to the first", async () => {
    expect(await run("person", "link", "7Qm2", "ada", "--yes")).toBe(
      "Ada Lovelace (ada) is now Grace Hopper (7Qm2). What moved: users ada; 1 session and 2 grants.\n",
    );
    const { sessions, grants, identities } = await shown("7Qm2");
    expect([sessions.length, grants.length]).toEqual([2, 2]);
    expect(identities).toMatchObject([{ method: "users", subject: "ada" }, { method: "oidc" }]);
    // The username leads to the survivor from now on; the id is no one's.
    expect(await shown("ada")).toMatchObject({ person: { id: "7Qm2" } });
    expect(await idsIn()).toEqual(["eve", "7Qm2"]);
    expect((await audited()).at(-1)).toMatchObject({ event: "person.linked", person: "7Qm2", gone: "ada" });
  });

  it("keeps out whom the operator put out, on either side", async () => {
    await run("person", "disable", "eve");
    expect(await refused("person", "link", "ada", "eve")).toContain(
      "One of them is disabled, so ada will be.",
    );
    expect(await run("person", "link", "ada", "eve", "--yes")).toMatch(/ada is disabled\.\n$/);
    expect(await idsIn("--disabled")).toEqual(["ada"]);
    expect(await shown("ada")).toMatchObject({ sessions: [], grants: [] });
  });

  it("refuses to let go of a disabled id that no identity leads away from", async () => {
    await run("person", "disable", "okta:00u1");
    const before = await everything();
    expect(await refused("person", "link", "ada", "okta:00u1", "--yes")).toContain(
      "okta:00u1 is disabled and has no identity here",
    );
    expect(await everything()).toEqual(before);
    expect(await idsIn("--disabled")).toEqual(["okta:00u1"]);
  });

  it("refuses one person twice, and people who are not there", async () => {
    const before = await everything();
    expect(await refused("person", "link", "ada", "lovelace@example.com", "--yes")).toContain(
      "ada and lovelace@example.com are the same person: ada.",
    );
    expect(await refused("person", "link", "ada", "okta:1", "--yes")).toContain("has no person okta:1");
    expect(await everything()).toEqual(before);
  });
});

describe("beside a running server", () => {
  let demo: Demo;
  beforeAll(async () => {
    demo = await startDemo();
    const store = await openTestStore({ database: join(demo.cwd, "gatehouse.db") });
    const identity = { method: "password", issuer: "", subject: "demo" };
    await signedIn(store, { person: { id: "demo" }, identity, now: Date.now() });
    await store.close();
  });

  it("disable ends the person's tokens within the server, and grants can be made again after enable", async () => {
    const there = reach(demo.origin);
    const { clientId, access_token, refresh_token } = await connect(there, {
      ...DEMO,
      params: { resource: demo.url },
    });
    const status = async () => (await callTool(there, access_token, "get_time")).status;
    expect(await status()).toBe(200);
    const disabled = await gatehouse(["person", "disable", "demo"], { cwd: demo.cwd });
    expect(disabled.stdout).toMatch(/^Disabled .*demo.* 1 grant\.$/m);
    await expect.poll(status, { timeout: 20_000, interval: 100 }).toBe(401);
    const refused = await refresh(there, clientId, refresh_token);
    expect(await refused.json()).toMatchObject({ error: "invalid_grant" });
    const enabled = await gatehouse(["person", "enable", "demo"], { cwd: demo.cwd });
    expect(enabled.exitCode).toBe(0);
    const again = await connect(there, { ...DEMO, params: { resource: demo.url } });
    expect((await callTool(there, again.access_token, "get_time")).status).toBe(200);
  });
});
