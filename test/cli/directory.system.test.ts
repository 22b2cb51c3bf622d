import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { hashSync } from "bcryptjs";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { shownDatabase } from "../../src/core/database-url.ts";
import { openBrowser } from "../support/person.ts";
import { startPostgres, type TestPostgres } from "../support/postgres/postgres.ts";
import {
  gatehouse,
  gatehouseOnTerminal,
  gatehouseProcess,
  HAS_TERMINALS,
  type Outcome,
  temporaryFolder,
} from "../support/processes/command.ts";
import { closeServers, type TestServer } from "../support/server.ts";
import { PASSWORD, quickHash, signInStatus, startDirectory } from "../support/users.ts";

const NEW = "a better password";
const SECRET = "a-secret-of-the-test-that-is-long-enough";
const BCRYPT = hashSync(PASSWORD, 4);
/** Of "password"; passlib's documentation. */
const SCRYPT = "$scrypt$ln=16,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E";

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());
afterEach(closeServers);

describe.each([
  ["SQLite", async () => join(await temporaryFolder(), "gatehouse.db")],
  ["Postgres", () => postgres.freshDatabase()],
] as const)("with %s", (_name, newDatabase) => {
  let database: string;
  let cwd: string;
  beforeEach(async () => {
    [database, cwd] = [await newDatabase(), await temporaryFolder()];
  });

  const surroundings = () => ({
    cwd,
    env: {
      GATEHOUSE_DATABASE: database,
      GATEHOUSE_SECRET: SECRET,
      GATEHOUSE_PUBLIC_URL: "https://mcp.example",
    },
  });
  const run = (...parameters: readonly string[]) => gatehouse(parameters, surroundings());
  const feed = (input: string | Uint8Array, ...parameters: readonly string[]) =>
    gatehouseProcess(parameters, { ...surroundings(), input });

  /** A server on this database, whose clock is that of the commands. */
  async function directory(): Promise<TestServer> {
    const server = await startDirectory({ database, secret: SECRET });
    server.advance((Date.now() - server.now()) / 1000);
    return server;
  }

  async function listed(): Promise<readonly string[]> {
    const { stdout } = await run("person", "list", "--json");
    return JSON.parse(stdout || "[]").map(({ label, person }: Listed) => label ?? person.name);
  }

  async function importOf(text: string | Uint8Array, ...flags: readonly string[]): Promise<Outcome> {
    const file = join(cwd, "people.txt");
    await writeFile(file, text);
    return run("person", "import", file, ...flags);
  }

  it("add and passwd take the password from standard input, and keep it to themselves", async () => {
    const added = await feed(
      `${PASSWORD}\n`,
      "person",
      "add",
      "Ada",
      "--name",
      "Ada Lovelace",
      "--id",
      "id-7",
    );
    expect(added).toMatchObject({ exitCode: 0, stdout: "Added ada with the id id-7.\n" });
    expect(added.stderr).toMatch(/^The database is \S+\.\n$/);
    const before = await directory();
    expect(await signInStatus(before, "ada", PASSWORD)).toBe(303);
    // A Windows shell ends the line otherwise.
    const changed = await feed(`${NEW}\r\n`, "person", "passwd", "ADA");
    expect(changed).toMatchObject({ exitCode: 0, stderr: "" });
    expect(changed.stdout).toMatch(/^Set a new password for ada, who is signed out in every browser\./);
    expect(await signInStatus(before, "ada", PASSWORD)).toBe(403);
    expect(await signInStatus(before, "ada", NEW)).toBe(303);
    expect(await before.store.findPerson("id-7")).toMatchObject({
      person: { id: "id-7", name: "Ada Lovelace" },
    });
    const audit = await before.store.readAudit({ order: "oldest_first", limit: 100 });
    const kept = JSON.stringify([audit, added, changed]);
    for (const secret of [PASSWORD, NEW]) expect(kept).not.toContain(secret);
    expect(audit.map(({ event }) => event)).toEqual(
      expect.arrayContaining(["person.added", "credential.changed"]),
    );
  });

  it("invite changes nothing of a person who was added before, and says what does", async () => {
    await run("person", "invite", "ada", "--name", "Ada L", "--email", "ada@example.com");
    const again = ["person", "invite", "ada", "--name", "Ada L", "--email", "ADA@example.com"];
    expect((await run(...again)).exitCode).toBe(0);
    const changed = await run(...again, "--email", "ada@example.org", "--group", "app admins");
    expect(changed.exitCode).toBe(1);
    expect(changed.stderr).toContain("ada already exists, and an invitation doesn't change a person.");
    expect(changed.stderr).toContain("person set ada --add-email ada@example.org --add-group 'app admins'");
    const renamed = await run("person", "invite", "ada", "--id", "ada-1");
    expect(renamed.stderr).toMatch(/ada already exists with the id \S+\. Leave out --id\./);
    const { stdout } = await run("person", "show", "ada");
    expect(stdout).not.toMatch(/example\.org|app admins/);
  });

  it("invite prints a link that works once, and passwd --link one for a new password", async () => {
    const invited = await run("person", "invite", "ada", "--group", "admins");
    expect(invited.exitCode).toBe(0);
    expect(invited.stdout).toMatch(/^https:\/\/mcp\.example\/oauth\/invitation\?token=[\w-]{43}\n$/);
    expect(invited.stderr).toContain("It works once, within 72 hours");
    expect(invited.stderr).toContain("Your server needs users(), or users in SIGN_IN");
    expect(invited.stderr).toContain(`The database is ${shownDatabase(database)}.`);
    expect(invited.stderr).not.toContain("no longer work");
    const second = await run("person", "invite", "ada");
    expect(second.stderr).toContain("Invitations made for ada before no longer work.");
    const server = await directory();
    expect(await useLink(server, invited.stdout, PASSWORD)).toBe(410);
    expect(await useLink(server, second.stdout, PASSWORD)).toBe(200);
    expect(await useLink(server, second.stdout, NEW)).toBe(410);
    expect(await signInStatus(server, "ada", PASSWORD)).toBe(303);
    const again = await run("person", "invite", "ada");
    expect(again).toMatchObject({ exitCode: 1, stdout: "" });
    expect(again.stderr).toContain("ada has a password already.");

    const reset = await run("person", "passwd", "ada", "--link", "--hours", "2");
    expect(reset.stderr).toContain("within 2 hours");
    server.advance(1);
    expect(await useLink(server, reset.stdout, NEW)).toBe(200);
    expect(await signInStatus(server, "ada", PASSWORD)).toBe(403);
    expect(await signInStatus(server, "ada", NEW)).toBe(303);

    const anyone = await run("person", "invite");
    expect(await useLink(server, anyone.stdout, PASSWORD, "grace")).toBe(200);
    expect(await signInStatus(server, "grace", PASSWORD)).toBe(303);
    const audit = JSON.stringify(await server.store.readAudit({ order: "oldest_first", limit: 100 }));
    for (const { stdout } of [invited, reset, anyone]) expect(audit).not.toContain(tokenOf(stdout));
  });

  it("import adds the people of a file as other systems write it", async () => {
    const lines = [
      "\ufeff# people of the second floor",
      "",
      `Ada Lovelace:${PASSWORD}`,
      "grace:pass:with:colons",
      "alan:pass\u2028word of two lines",
      `a2:${BCRYPT.replace("$2b$", "$2a$")}`,
      `b2:${BCRYPT}`,
      `y2:${BCRYPT.replace("$2b$", "$2y$")}`,
      `argon:${quickHash(PASSWORD)}`,
      `scrypt:${SCRYPT}`,
      "   ",
    ];
    const imported = await importOf(lines.join("\r\n"));
    expect(imported).toMatchObject({ exitCode: 0, stdout: "Added 8 people.\n" });
    const server = await directory();
    for (const [username, password] of [
      ["ada lovelace", PASSWORD],
      ["grace", "pass:with:colons"],
      ["alan", "pass\u2028word of two lines"],
      ["a2", PASSWORD],
      ["b2", PASSWORD],
      ["y2", PASSWORD],
      ["argon", PASSWORD],
      ["scrypt", "password"],
    ] as const) {
      expect(await signInStatus(server, username, password), username).toBe(303);
      expect(await signInStatus(server, username, `${password}!`), username).toBe(403);
    }
  });

  it("import names each line that it cannot use, and adds no one for it, or the others where it is told to", async () => {
    await importOf("known:correct horse");
    const lines = [
      `ada:${PASSWORD}`,
      "no colon here",
      "grace:short",
      `known:${PASSWORD}`,
      `ADA:${NEW}`,
      `slow:${BCRYPT.replace("$04$", "$31$")}`,
      "huge:$argon2id$v=19$m=4194304,t=100,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
      "endless:$scrypt$ln=30,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E",
      "md5:$1$salt$qJH7.N4xYta3aEG/dfqo/0",
      `long:${"x".repeat(100_000)}`,
      `last:${BCRYPT}`,
    ];
    const refused = await importOf(lines.join("\n"));
    expect(refused).toMatchObject({ exitCode: 1, stdout: "" });
    const said = refused.stderr.split("\n").filter((line) => !line.startsWith("checking lines: "));
    expect(said.slice(0, -2).toSorted(byLine)).toEqual([
      "line 2: There is no colon between the username and the password.",
      expect.stringContaining("line 3: The password is too short."),
      "line 4: There is a person with this username already.",
      "line 5: The username is also in line 1.",
      "line 6: The hash needs several seconds for each sign-in.",
      "line 7: The hash needs more than 256 MiB of memory for each sign-in.",
      "line 8: The hash needs more than 256 MiB of memory for each sign-in.",
      expect.stringContaining("line 9: The hash is not a hash of bcrypt"),
      "line 10: The line is too long.",
    ]);
    expect(said.at(-2)).toMatch(
      /^gatehouse: 9 lines of .* cannot be used, so no one was added\. Correct lines 2–10, or/,
    );
    for (const secret of [PASSWORD, NEW, "xxx", BCRYPT.slice(7), "nf65EO", "qJH7"]) {
      expect(refused.stderr).not.toContain(secret);
    }
    expect(await listed()).toEqual(["known"]);

    const skipped = await importOf(lines.join("\n"), "--skip-bad-lines");
    expect(skipped).toMatchObject({ exitCode: 0, stdout: "Added 2 people. Left out lines 2–10.\n" });
    expect((await listed()).toSorted()).toEqual(["ada", "known", "last"]);
    expect(await signInStatus(await directory(), "ada", PASSWORD)).toBe(303);
  });

  it("import refuses what is not text, and what is not there", async () => {
    const utf16 = await importOf(Buffer.from(`\ufeffada:${PASSWORD}\n`, "utf16le"));
    expect(utf16.exitCode).toBe(1);
    expect(utf16.stderr).toContain("line 1: The line is not UTF-8.");
    for (const [file, why] of [
      [join(cwd, "missing.txt"), "There is no such file."],
      [cwd, "It is not a regular file."],
    ] as const) {
      const refused = await run("person", "import", file);
      expect(refused).toMatchObject({ exitCode: 1, stdout: "" });
      expect(refused.stderr).toContain(why);
    }
    expect(await listed()).toEqual([]);
  });

  it("import of one file twice at once adds each person once", async () => {
    const file = join(cwd, "people.txt");
    await writeFile(file, Array.from({ length: 40 }, (_, i) => `person ${i}:${BCRYPT}`).join("\n"));
    const importing = () => gatehouseProcess(["person", "import", file, "--skip-bad-lines"], surroundings());
    const outcomes = await Promise.all([importing(), importing()]);
    for (const { stderr } of outcomes) expect(stderr).not.toMatch(/\n {4}at /);
    // The one that loses says so; what it did not add, the other has added.
    await run("person", "import", file, "--skip-bad-lines");
    expect((await listed()).length).toBe(40);
  });
});

type Listed = { readonly label?: string; readonly person: { readonly name: string } };

const byLine = (a: string, b: string) => Number(/\d+/.exec(a)) - Number(/\d+/.exec(b));

const tokenOf = (printed: string): string => new URL(printed.trim()).searchParams.get("token") ?? "";

async function useLink(
  server: TestServer,
  printed: string,
  password: string,
  username = "",
): Promise<number> {
  const fields = { token: tokenOf(printed), username, password, again: password };
  return (await openBrowser(server).submit("/oauth/invitation", fields)).status;
}

describe("a new password", () => {
  let cwd: string;
  beforeEach(async () => {
    cwd = await temporaryFolder();
  });
  const add = (input: string | Uint8Array, ...more: readonly string[]) =>
    gatehouseProcess(["person", "add", "ada", ...more], { cwd, input });

  it.each([
    ["none", "", /password is missing/],
    ["an empty line", "\n", /password is missing/],
    ["several lines", "correct horse\nbattery staple\n", /several lines/],
    ["a short one", "hunt2\n", /too short/],
    ["a well-known one", "trustno1\n", /most common/],
    ["the username", "ada ada!\n", /little more than your username/],
    ["a very long one", "z".repeat(20_000), /too long/],
    ["a control character", "correct\u0007horse\n", /control character/],
  ])("on standard input is refused, and no one is added: %s", async (_what, input, why) => {
    const { exitCode, stdout, stderr } = await add(input);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
    expect(stderr).toMatch(why);
    const word = /\w{5,}/.exec(input)?.[0] ?? "none";
    expect(stderr).not.toContain(word);
    expect((await gatehouse(["person", "list"], { cwd })).stdout).not.toContain("ada");
  });

  it("is no argument, where others on the machine would see it, and is not repeated where someone tries", async () => {
    for (const tried of [["hunter22hunter"], ["--password=hunter22hunter"], ["-whunter22hunter"]]) {
      for (const command of ["add", "passwd"]) {
        const { exitCode, stderr } = await gatehouse(["person", command, "ada", ...tried], { cwd });
        expect(exitCode).toBe(1);
        expect(stderr).toMatch(/too many arguments|unknown option/);
        expect(stderr).not.toContain("hunter22hunter");
      }
    }
  });

  it.skipIf(!HAS_TERMINALS)("is asked for twice on a terminal, and not shown there", async () => {
    const type = (...typed: readonly (readonly [string, string])[]) =>
      gatehouseOnTerminal(["person", "add", "ada"], typed, { cwd });
    const differ = await type(["New password: ", `${PASSWORD}\r`], ["New password again: ", `${NEW}\r`]);
    expect(differ.exitCode).toBe(1);
    expect(differ.stdout).toContain("The two passwords differ. Nothing was changed.");
    const interrupted = await type(["New password: ", "correct\u0003"]);
    expect(interrupted.exitCode).toBe(1);
    expect(interrupted.stdout).toContain("Nothing was changed.");
    expect((await gatehouse(["person", "list"], { cwd })).stdout).not.toContain("ada");
    const added = await type(
      ["New password: ", `${PASSWORD}X\u007f\r`],
      ["New password again: ", `${PASSWORD}\r`],
    );
    expect(added.stdout).toContain("Added ada with the id ");
    expect(added.exitCode).toBe(0);
    for (const { stdout } of [differ, interrupted, added]) {
      expect(stdout).not.toContain("correct");
      expect(stdout).not.toContain("better");
    }
    const server = await startDirectory({ database: join(cwd, "gatehouse.db") });
    expect(await signInStatus(server, "ada", PASSWORD)).toBe(303);
  });
});
