import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { problemsOf } from "../../src/store/maintenance/check.ts";
import { MIGRATIONS } from "../../src/store/migrations/index.ts";
import { connect } from "../support/client.ts";
import { DEMO, reach } from "../support/network.ts";
import { TEST_PASSWORD } from "../support/postgres/databases.ts";
import { startPostgres, type TestPostgres } from "../support/postgres/postgres.ts";
import {
  type Demo,
  type Environment,
  gatehouse,
  startDemo,
  temporaryFolder,
} from "../support/processes/command.ts";

const KNOWN = MIGRATIONS.map(({ name }) => name);

const SECRET = "a-secret-of-this-server-with-32-characters";

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());

type Report = {
  readonly reachable: boolean;
  readonly version: string;
  readonly migrations: Readonly<Record<"applied" | "pending" | "unknown", readonly string[]>> | null;
  readonly rows: Readonly<Record<string, number>>;
  readonly secret: {
    readonly from: string | null;
    readonly signingKeys: number;
    readonly doesNotOpen: readonly string[];
    readonly sealedWithOlder: readonly string[];
  };
  readonly problems: readonly string[];
  readonly [more: string]: unknown;
};

/** For people and for programs: both say the same, and the exit code says whether something is wrong. */
async function check(
  cwd: string,
  parameters: readonly string[] = [],
  env: Environment = {},
): Promise<Report & { readonly text: string }> {
  const text = await gatehouse(["database", "check", ...parameters], { cwd, env });
  const json = await gatehouse(["database", "check", "--json", ...parameters], { cwd, env });
  const report = JSON.parse(json.stdout) as Report;
  const exitCode = report.problems.length === 0 ? 0 : 1;
  for (const outcome of [text, json]) expect(outcome).toMatchObject({ exitCode, stderr: "" });
  for (const problem of report.problems) expect(text.stdout).toContain(`- ${problem}`);
  expect(text.stdout.includes("All is well.")).toBe(exitCode === 0);
  for (const secret of [SECRET, TEST_PASSWORD, encodeURIComponent(TEST_PASSWORD)])
    expect(text.stdout + json.stdout).not.toContain(secret);
  return { ...report, text: text.stdout };
}

function exec(file: string, statement: string): void {
  const database = new DatabaseSync(file);
  database.exec(statement);
  database.close();
}

/** The first page of a table; without one, of the table of tables. */
function overwritePageOf(table: string | undefined, file: string): void {
  const database = new DatabaseSync(file, { readOnly: true });
  const page = (name: string) =>
    Number(database.prepare("SELECT rootpage FROM sqlite_master WHERE name = ?").get(name)?.rootpage);
  const size = Number(database.prepare("PRAGMA page_size").get()?.page_size);
  // What begins the first page says that the file is a database at all.
  const from = table === undefined ? 100 : (page(table) - 1) * size;
  database.close();
  const bytes = readFileSync(file);
  writeFileSync(file, bytes.fill(0xa5, from, from + (table === undefined ? size - 100 : size)));
}

const connectTo = (demo: Demo) => connect(reach(demo.origin), { ...DEMO, params: { resource: demo.url } });

describe("gatehouse database check, on a file", () => {
  it("finds nothing wrong beside a running server, and says what is there", async () => {
    const demo = await startDemo();
    await connectTo(demo);
    const report = await check(demo.cwd);
    expect(report).toMatchObject({
      database: "./gatehouse.db",
      reachable: true,
      migrations: { pending: [], unknown: [] },
      damage: [],
      rows: { grants: 1, clients: 1, signing_keys: 1 },
      secret: { from: "./gatehouse.db.key", signingKeys: 1, doesNotOpen: [], sealedWithOlder: [] },
      problems: [],
    });
    expect(report.version).toMatch(/^SQLite \d/);
    expect(report.freeBytes).toBeGreaterThan(0);
    expect(report.text).toMatch(/integrity +ok/);
    expect(report.text).toMatch(/secret +\.\/gatehouse\.db\.key opens 1 of 1 signing keys/);
    // What was in the write-ahead log alone is in the file once the server has ended.
    await demo.stop();
    expect(report.bytes).toBe(statSync(join(demo.cwd, "gatehouse.db")).size);
  });

  it("names the keys that the secret does not open, and says where there is no secret", async () => {
    const demo = await startDemo();
    await demo.stop();
    const { keys } = JSON.parse(
      `{"keys":${(await gatehouse(["key", "list", "--json"], { cwd: demo.cwd })).stdout}}`,
    ) as { keys: { kid: string }[] };
    const wrong = await check(demo.cwd, [], { GATEHOUSE_SECRET: SECRET });
    expect(wrong.secret.doesNotOpen).toEqual(keys.map(({ kid }) => kid));
    expect(wrong.problems).toEqual([
      expect.stringMatching(new RegExp(`GATEHOUSE_SECRET does not open the signing key ${keys[0]?.kid}\\.`)),
    ]);
    const elsewhere = await check(demo.cwd, ["-d", join(demo.cwd, "gatehouse.db")]);
    expect(elsewhere.problems).toEqual([]);
    writeFileSync(join(demo.cwd, "gatehouse.db.key"), "", { mode: 0o600 });
    expect((await check(demo.cwd)).problems).toEqual([expect.stringMatching(/key file .* is empty/)]);
  });

  it("says which keys an older secret still has", async () => {
    const demo = await startDemo([], { env: { GATEHOUSE_SECRET: SECRET } });
    const newer = "the-newer-secret-of-at-least-32-characters";
    const report = await check(demo.cwd, [], { GATEHOUSE_SECRET: `${newer},${SECRET}` });
    expect(report.secret.sealedWithOlder).toHaveLength(1);
    expect(report.problems).toEqual([]);
    expect(report.text).toContain("1 of them with an older secret: gatehouse secret rotate");
    expect((await check(demo.cwd)).problems).toEqual([expect.stringMatching(/There is no secret here/)]);
  });

  it("names what is pending, and changes nothing", async () => {
    const demo = await startDemo();
    await demo.stop();
    exec(join(demo.cwd, "gatehouse.db"), "DELETE FROM gatehouse_migrations");
    const report = await check(demo.cwd);
    expect(report.migrations?.pending).toEqual(KNOWN);
    expect(report.problems).toEqual([expect.stringMatching(new RegExp(`^It lacks ${KNOWN.join(", ")}\\. `))]);
    expect((await check(demo.cwd)).migrations?.pending).toEqual(KNOWN);
  });

  it("finds nothing wrong once migrate has applied what was pending", async () => {
    const cwd = await temporaryFolder();
    writeFileSync(join(cwd, "gatehouse.db"), "");
    const migrate = () => gatehouse(["database", "migrate"], { cwd });
    expect(await migrate()).toMatchObject({ exitCode: 0, stdout: `Applied ${KNOWN.join(", ")}.\n` });
    expect(await migrate()).toMatchObject({ exitCode: 0, stdout: "It is up to date.\n" });
    expect((await check(cwd)).problems).toEqual([]);
  });

  it("refuses a database from before the first release, as every command and a server do", async () => {
    const { cwd, stop } = await startDemo();
    await stop();
    exec(
      join(cwd, "gatehouse.db"),
      "UPDATE gatehouse_migrations SET name = '0001-initial' WHERE name = '0001-first-release'",
    );
    const refusal =
      /The database \S*gatehouse\.db was made before the first release .* Name a new database, /;
    expect((await check(cwd)).problems).toEqual([expect.stringMatching(refusal)]);
    writeFileSync(join(cwd, "new.db"), "");
    await gatehouse(["database", "migrate", "-d", "new.db"], { cwd });
    for (const command of [
      ["database", "migrate"],
      ["database", "copy", "--from", "gatehouse.db", "--to", "other.db"],
      ["database", "copy", "--from", "new.db", "--to", "gatehouse.db"],
      ["client", "list"],
      ["demo", "--port", "0"],
    ]) {
      const { exitCode, stderr } = await gatehouse(command, { cwd });
      expect(stderr).toMatch(refusal);
      expect(exitCode).toBe(1);
    }
  });

  it("finds damage", async () => {
    const demo = await startDemo();
    await connectTo(demo);
    await demo.stop();
    const file = join(demo.cwd, "gatehouse.db");
    overwritePageOf("grants", file);
    const { problems, damage } = await check(demo.cwd);
    expect(damage).not.toEqual([]);
    expect(problems).toEqual([expect.stringMatching(/^The file is damaged \(.*restore the last backup/)]);

    overwritePageOf(undefined, file);
    expect((await check(demo.cwd)).problems).toEqual([
      expect.stringMatching(/is damaged\..*restore the last backup/),
    ]);
  });

  it.each([
    ["missing.db", /There is no database missing\.db/],
    ["other.db", /is not an SQLite database/],
    ["empty.db", /has no tables of Gatehouse yet/],
  ])("is told of %s in one sentence", async (name, sentence) => {
    const cwd = await temporaryFolder();
    writeFileSync(join(cwd, "other.db"), "name:password\n".repeat(100));
    writeFileSync(join(cwd, "empty.db"), "");
    const { problems } = await check(cwd, ["-d", name]);
    expect(problems).toEqual([expect.stringMatching(sentence)]);
  });
});

describe("gatehouse database check, on Postgres", () => {
  it("finds nothing wrong beside a running server, and says how far the clocks are apart", async () => {
    const env = { DATABASE_URL: await postgres.freshDatabase(), GATEHOUSE_SECRET: SECRET };
    const demo = await startDemo([], { env });
    await connectTo(demo);
    const report = await check(demo.cwd, [], env);
    expect(report).toMatchObject({
      reachable: true,
      readOnly: false,
      clockAheadMilliseconds: expect.any(Number),
      rows: { grants: 1 },
      secret: { from: "GATEHOUSE_SECRET", signingKeys: 1 },
      problems: [],
    });
    expect(report.version).toMatch(/^PostgreSQL \d+(\.\d+)?$/);
    expect(report.text).toMatch(/clock +\d+ ms (ahead of|behind) this machine's/);
  });

  it("says that it takes no writes", async () => {
    const url = await postgres.freshDatabase();
    const name = new URL(url).pathname.slice(1);
    await postgres.query(postgres.url(), `ALTER DATABASE ${name} SET default_transaction_read_only = on`);
    const { problems } = await check(await temporaryFolder(), ["-d", url]);
    expect(problems).toContainEqual(expect.stringMatching(/^The database takes no writes/));
  });

  it("says that it cannot be reached, and why, without the password", async () => {
    const cwd = await temporaryFolder();
    const nowhere = (await postgres.freshDatabase()).replace(/:\d+\//, ":1/");
    const report = await check(cwd, ["-d", nowhere]);
    expect(report.reachable).toBe(false);
    expect(report.problems).toEqual([expect.stringMatching(/cannot be reached: nothing listens there/)]);
    const stranger = (await postgres.freshDatabase()).replace(/:[^:@]+@/, ":wrong@");
    expect((await check(cwd, ["-d", stranger])).problems).toEqual([
      expect.stringMatching(/refuses this user or password/),
    ]);
  });
});

describe("what is wrong with a database", () => {
  const well = {
    name: "a.db",
    version: "SQLite 3",
    schema: { applied: KNOWN, pending: [], unknown: [], isUnfinishedCopy: false },
    rows: {},
  };
  const GB = 1024 ** 3;

  it.each([
    ["nothing", {}, undefined],
    ["space for long", { space: { bytes: GB, freeBytes: GB } }, undefined],
    ["little space", { space: { bytes: GB, freeBytes: 50 * 1024 * 1024 } }, /^Only 50 MB are free/],
    ["clocks half a minute apart", { clockAheadMs: -30_000 }, undefined],
    ["a clock behind", { clockAheadMs: -31_000 }, /is 31 seconds behind this machine's/],
    ["a clock ahead", { clockAheadMs: 90_000 }, /is 90 seconds ahead of this machine's/],
    [
      "a newer version",
      { schema: { ...well.schema, unknown: ["0099-new"] } },
      /0099-new, which this version does not know/,
    ],
    ["half a copy", { schema: { ...well.schema, isUnfinishedCopy: true } }, /is being copied to/],
  ])("%s", (_what, changes, sentence) => {
    const problems = problemsOf({ ...well, ...changes });
    expect(problems).toEqual(sentence === undefined ? [] : [expect.stringMatching(sentence)]);
  });
});
