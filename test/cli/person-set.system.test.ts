import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { signedIn } from "../support/people.ts";
import { gatehouse, temporaryFolder } from "../support/processes/command.ts";
import { PERSON_ADDED, sampleEntry, samplePerson } from "../support/store/samples.ts";
import { openTestStore, type TestStore } from "../support/store/test-store.ts";

let cwd: string;

async function inStore<Result>(run: (store: TestStore) => Promise<Result>): Promise<Result> {
  const store = await openTestStore({ database: join(cwd, "gatehouse.db") });
  try {
    return await run(store);
  } finally {
    await store.close();
  }
}

const HOST = "mcp.example";

/** The operator added Ada, who has two passkeys, and a provider says who Grace is. */
beforeEach(async () => {
  cwd = await temporaryFolder();
  await inStore(async (store) => {
    const now = Date.now();
    const ada = { id: "ada", name: "Ada Lovelace", email: "ada@example.com" };
    const emails = ["ada@example.com", "lovelace@example.com"];
    await store.addPerson(
      {
        ...samplePerson("ada", { person: ada, passwordHash: undefined }),
        emails,
        groups: ["engines", "staff"],
      },
      PERSON_ADDED,
    );
    const google = { method: "oidc", issuer: "https://accounts.google.com", subject: "1093" };
    await signedIn(store, {
      person: { id: "7Qm2", name: "Grace Hopper" },
      identity: google,
      groups: ["navy"],
      now,
    });
    const mailbox = { method: "magic_link", issuer: "", subject: "lovelace@example.com" };
    const linked = { ...mailbox, personId: "ada", label: "lovelace@example.com", now };
    await store.addIdentity(linked, sampleEntry("identity.linked"));
  });
});

async function run(...parameters: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await gatehouse(["person", ...parameters], { cwd });
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  return stdout;
}

/** What a refused command says. It changes nothing. */
async function refused(...parameters: readonly string[]): Promise<string> {
  const before = await inStore((store) => store.listPeople({ now: Date.now(), limit: 10 }));
  const { exitCode, stdout, stderr } = await gatehouse(["person", ...parameters], { cwd });
  expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
  expect(await inStore((store) => store.listPeople({ now: Date.now(), limit: 10 }))).toEqual(before);
  return stderr;
}

const person = (id = "ada") => inStore((store) => store.findPerson(id));
const lastEntry = () =>
  inStore(async (store) => (await store.readAudit({ order: "newest_first", limit: 1 }))[0]);

describe("gatehouse person set", () => {
  it("changes the name, addresses and groups, says what they are then, and leaves an entry", async () => {
    const said = await run(
      ...["set", "ada", "--name", "Ada King", "--add-email", "king@example.com"],
      ...["--remove-email", "Ada@Example.com", "--add-group", "countesses", "--remove-group", "engines"],
    );
    expect(said).toMatch(/^Changed the name, addresses and groups of Ada Lovelace \(ada\)\.$/m);
    expect(said).toMatch(/^ *name +Ada King$/m);
    expect(said).toMatch(/^ *addresses +lovelace@example\.com, king@example\.com$/m);
    expect(said).toMatch(/^ *groups +staff, countesses$/m);
    expect(await person()).toMatchObject({
      person: { id: "ada", name: "Ada King", email: "lovelace@example.com" },
      emails: ["lovelace@example.com", "king@example.com"],
      groups: ["staff", "countesses"],
      isSaidByOperator: true,
    });
    const entry = await lastEntry();
    expect(entry).toMatchObject({
      event: "person.changed",
      fields: { person: "ada", changed: ["name", "addresses", "groups"], address: "command line" },
    });
    expect(JSON.stringify(entry)).not.toMatch(/King|example|countesses/);
    expect(await run("show", "king@example.com")).toContain("Ada King");
  });

  it("can be given several of a kind, and leaves what it does not name", async () => {
    await run("set", "ada", "--add-group", "a", "--add-group", "b", "--add-group", "staff");
    expect(await person()).toMatchObject({
      person: { name: "Ada Lovelace", email: "ada@example.com" },
      emails: ["ada@example.com", "lovelace@example.com"],
      groups: ["engines", "staff", "a", "b"],
    });
  });

  it("takes the last address away, and the one that tools get with it", async () => {
    const said = await run(
      ...["set", "ada", "--remove-email", "ada@example.com", "--remove-email", "lovelace@example.com"],
    );
    expect(await person()).toMatchObject({ person: { id: "ada", name: "Ada Lovelace" }, emails: [] });
    expect((await person())?.person).not.toHaveProperty("email");
    // A linked address is a way in, and stays one.
    expect(said).toContain("lovelace@example.com is linked, so they can still sign in by email with it.\n");
    expect(said).not.toContain("ada@example.com is linked");
  });

  it.each<[readonly string[], RegExp]>([
    [[], /^gatehouse: Nothing to change\. Give --name, --add-email, --remove-email/],
    [["--name", ""], /--name is empty; it must be 1 to 255 characters that can be seen/],
    [["--name", "A\u200bda"], /--name is .*; it must be 1 to 255 characters that can be seen/],
    [["--add-email", "ada"], /--add-email is "ada"; it must be an address such as ada@example\.com/],
    [["--add-group", " "], /--add-group is " "; it must be 1 to 255 characters/],
    [["--name", "x".repeat(256)], /--name is /],
    [
      ["--remove-email", "da@example.com"],
      /Ada Lovelace \(ada\) has no address da@example\.com\. Nothing was changed\. See: gatehouse person show <person>/,
    ],
    [["--remove-group", "Engines"], /Ada Lovelace \(ada\) is not in the group Engines\./],
    [
      ["--add-group", "x", "--remove-group", "x"],
      /--add-group and --remove-group both have x\. Keep one of them/,
    ],
    [
      ["--name", "Ada Lovelace", "--add-email", "ADA@example.com", "--add-group", "staff"],
      /Ada Lovelace \(ada\) is so already\. Nothing was changed/,
    ],
  ])("is refused with %j", async (flags, sentence) => {
    expect(await refused("set", "ada", ...flags)).toMatch(sentence);
  });

  it("asks first, where until now each sign-in said who the person is", async () => {
    const asked = await refused("set", "7Qm2", "--add-group", "admirals");
    expect(asked).toContain("Until now, each sign-in of Grace Hopper (7Qm2) has said who they are.");
    expect(asked).toContain("add --yes if you are sure");
    await run("set", "7Qm2", "--add-group", "admirals", "--yes");
    expect(await person("7Qm2")).toMatchObject({ groups: ["navy", "admirals"], isSaidByOperator: true });
    await run("set", "7Qm2", "--remove-group", "navy");
    expect(await person("7Qm2")).toMatchObject({ groups: ["admirals"] });
  });

  it("refuses a person who is not there", async () => {
    expect(await refused("set", "nobody", "--name", "No")).toContain("The database has no person nobody.");
  });
});

describe("the passkeys of a person", () => {
  const LAPTOP = "bGFwdG9wLW9mLWFkYQ";
  const PHONE = "cGhvbmUtb2YtYWRh";

  beforeEach(() =>
    inStore(async (store) => {
      const now = Date.now();
      const session = "a".repeat(43);
      const identity = { method: "users", issuer: "", subject: "ada" };
      await signedIn(store, { person: { id: "ada" }, identity, session, now, isNew: false });
      for (const [id, label] of [
        [LAPTOP, "Ada's laptop"],
        [PHONE, "Phone"],
      ] as const) {
        const common = { personId: "ada", session, now };
        const passkey = { kind: "passkey", id, secret: `secret ${id}`, counter: 0 } as const;
        const credentials = [{ ...passkey, personId: "ada", createdAt: now, usedAt: null }];
        const added = {
          ...common,
          credentials,
          identity: { method: "passkeys", issuer: HOST, subject: id, label },
        };
        expect(await store.addCredentials(added, sampleEntry("credential.added"))).toBe(true);
      }
    }),
  );

  const passkeysOf = async (id = "ada") => JSON.parse(await run("show", id, "--json")).passkeys;

  it("are listed with their ids, names and hosts, and nothing else of them", async () => {
    const text = await run("show", "ada");
    expect(text).toMatch(/^PASSKEY +NAME +HOST +SINCE +LAST USED$/m);
    expect(text).toMatch(/^bGFwdG9wLW +Ada's laptop +mcp\.example +2\d{3}-.*Z +-$/m);
    const passkeys = await passkeysOf();
    expect(passkeys).toMatchObject([
      { id: LAPTOP, name: "Ada's laptop", host: HOST, usedAt: null },
      { id: PHONE, name: "Phone", host: HOST, usedAt: null },
    ]);
    expect(text + JSON.stringify(passkeys)).not.toContain("secret ");
    expect(await run("show", "7Qm2")).not.toContain("Passkeys");
  });

  it.each([
    ["its short id", LAPTOP.slice(0, 10)],
    ["its whole id", LAPTOP],
    ["its name", "Ada's laptop"],
  ])("are removed by %s, with an entry, and nothing else is", async (_what, name) => {
    expect(await run("remove-passkey", "ada", name, "--yes")).toBe(
      "Removed the passkey Ada's laptop of Ada Lovelace (ada).\n",
    );
    expect(await passkeysOf()).toMatchObject([{ id: PHONE }]);
    expect(await lastEntry()).toMatchObject({
      event: "credential.removed",
      fields: { person: "ada", kind: "passkey", address: "command line" },
    });
    expect(await inStore((store) => store.listSessions("ada", Date.now()))).toHaveLength(1);
    expect(await refused("remove-passkey", "ada", name, "--yes")).toContain("The person has no passkey");
  });

  it("are asked about first, and the last way in is called that", async () => {
    const asked = await refused("remove-passkey", "ada", "Phone");
    expect(asked).toContain("Remove the passkey Phone of Ada Lovelace (ada)? Sessions and grants continue");
    expect(await passkeysOf()).toHaveLength(2);
    await inStore((store) =>
      store.removeIdentity(
        "ada",
        { method: "magic_link", issuer: "", subject: "lovelace@example.com" },
        { method: "passkeys", issuer: HOST, subject: PHONE },
        sampleEntry("identity.unlinked"),
      ),
    );
    await run("remove-passkey", "ada", LAPTOP, "--yes");
    expect(await refused("remove-passkey", "ada", "Phone")).toContain("It is their only way to sign in.");
    expect(await run("remove-passkey", "ada", "Phone", "--yes")).toBe(
      "Removed the passkey Phone of Ada Lovelace (ada).\nThey have no other way to sign in.\n",
    );
    expect(await passkeysOf()).toEqual([]);
  });

  it("are no one else's, and none by a part of an id or a name", async () => {
    for (const [id, name] of [
      ["7Qm2", "Phone"],
      ["ada", "phone"],
      ["ada", LAPTOP.slice(0, 9)],
      ["ada", ""],
      ["ada", "lovelace@example.com"],
    ] as const) {
      expect(await refused("remove-passkey", id, name, "--yes")).toContain("The person has no passkey");
    }
    expect(await passkeysOf()).toHaveLength(2);
  });
});
