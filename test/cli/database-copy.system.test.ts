import { copyFileSync, existsSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { CHECKOUT } from "../support/checkout.ts";
import { callTool, connect, refresh, type Tokens, tokensOf } from "../support/client.ts";
import { claimsOf } from "../support/forge.ts";
import { DEMO, reach } from "../support/network.ts";
import { TEST_PASSWORD } from "../support/postgres/databases.ts";
import { startPostgres, type TestPostgres } from "../support/postgres/postgres.ts";
import { type Demo, gatehouse, start, startDemo } from "../support/processes/command.ts";

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());

type Connected = Tokens & { readonly clientId: string };

const connectTo = (demo: Demo): Promise<Connected> =>
  connect(reach(demo.origin), { ...DEMO, params: { resource: demo.url } });
const keyFileIn = (cwd: string) => join(cwd, "gatehouse.db.key");
const secretIn = (cwd: string) => readFileSync(keyFileIn(cwd), "utf8").trim();

/** The demonstration elsewhere or later, under the URL that clients know. */
function startAgain(demo: Demo, env: Readonly<Record<string, string>>, cwd = demo.cwd): Promise<Demo> {
  return startDemo([], { cwd, port: Number(new URL(demo.origin).port), env });
}

async function stopped(demo: Demo): Promise<void> {
  expect(await demo.stop()).toMatchObject({ exitCode: 0, stderr: "" });
}

/** What the command says where it ends well, progress apart. */
async function copied(cwd: string, from: string, to: string, ...more: readonly string[]): Promise<string> {
  const outcome = await gatehouse(["database", "copy", "--from", from, "--to", to, ...more], { cwd });
  expect(outcome.exitCode, outcome.stderr).toBe(0);
  return outcome.stdout;
}

async function refusal(cwd: string, from: string, to: string, env = {}): Promise<string> {
  const outcome = await gatehouse(["database", "copy", "--from", from, "--to", to], { cwd, env });
  expect(outcome.exitCode).toBe(1);
  expect(outcome.stdout).toBe("");
  expect(outcome.stderr).toMatch(/^gatehouse: .*\n$/);
  for (const password of [TEST_PASSWORD, encodeURIComponent(TEST_PASSWORD)])
    expect(outcome.stderr).not.toContain(password);
  return outcome.stderr;
}

/** Somebody who was connected before the move goes on as if there had been none. */
async function goesOn(demo: Demo, client: Connected): Promise<Connected> {
  const there = reach(demo.origin);
  expect((await callTool(there, client.access_token, "get_time")).status).toBe(200);
  const next = await tokensOf(refresh(there, client.clientId, client.refresh_token));
  expect((await callTool(there, next.access_token, "get_time")).status).toBe(200);
  return { ...client, ...next };
}

describe("gatehouse database copy", () => {
  it("moves a server to Postgres, to another database there and back to a file, and every token stays valid", async () => {
    const demo = await startDemo();
    const { cwd } = demo;
    let client = await connectTo(demo);
    await stopped(demo);

    const url = await postgres.freshDatabase();
    const said = await copied(cwd, "./gatehouse.db", url);
    expect(said).toMatch(/^grants +1 +1 +[0-9a-f]{32}$/m);
    expect(said).toContain("Every row is there, and the same.");
    expect(said).toMatch(/set GATEHOUSE_SECRET of every server to the secret in \.\/gatehouse\.db\.key/);
    expect(said).not.toContain(secretIn(cwd));
    const env = { GATEHOUSE_SECRET: secretIn(cwd) };
    const onPostgres = await startAgain(demo, { ...env, DATABASE_URL: url });
    client = await goesOn(onPostgres, client);
    let newcomer = await connectTo(onPostgres);
    await stopped(onPostgres);

    const other = await postgres.freshDatabase();
    const across = await copied(cwd, url, other);
    expect(across).toMatch(/^grants +2 +2 +[0-9a-f]{32}$/m);
    expect(across).toContain("Every row is there, and the same.");
    const onOther = await startAgain(demo, { ...env, DATABASE_URL: other });
    client = await goesOn(onOther, client);
    newcomer = await goesOn(onOther, newcomer);
    await stopped(onOther);

    const back = await copied(cwd, other, "./back.db");
    expect(back).toMatch(/^grants +2 +2 +[0-9a-f]{32}$/m);
    expect(back).toMatch(/No secret was found here \(GATEHOUSE_SECRET\)/);
    expect(statSync(join(cwd, "back.db")).mode & 0o777).toBe(0o600);
    const onFile = await startAgain(demo, { ...env, GATEHOUSE_DATABASE: "./back.db" });
    await goesOn(onFile, client);
    await goesOn(onFile, newcomer);
    await stopped(onFile);
  });

  it("moves a file with its key file", async () => {
    const demo = await startDemo();
    const client = await connectTo(demo);
    await stopped(demo);
    expect(await copied(demo.cwd, "gatehouse.db", "moved.db")).toContain(
      "Move the secret too: cp -p gatehouse.db.key moved.db.key",
    );
    const env = { GATEHOUSE_DATABASE: "moved.db" };
    // Without it, no server starts: it would have a secret of its own, and nobody's tokens would be valid.
    await expect(startAgain(demo, env)).rejects.toThrow(
      /moved\.db has signing keys, and there is no secret .*GATEHOUSE_SECRET, or put the key file at \.?\/?moved\.db\.key/,
    );
    expect(existsSync(join(demo.cwd, "moved.db.key"))).toBe(false);
    copyFileSync(keyFileIn(demo.cwd), join(demo.cwd, "moved.db.key"));
    await goesOn(await startAgain(demo, env), client);
  });

  it("copies nothing under a running server; with a head start, it catches up once that has stopped", async () => {
    const demo = await startDemo();
    const { cwd } = demo;
    const url = await postgres.freshDatabase();
    const [early, gone] = [await connectTo(demo), await connectTo(demo)];
    expect(await refusal(cwd, "gatehouse.db", url)).toMatch(/is in use: a server .* Stop it first/);

    const headStart = await copied(cwd, "gatehouse.db", url, "--while-running");
    expect(headStart).toContain("Stop it now, and run the same without --while-running");
    expect(headStart).not.toContain(TEST_PASSWORD);
    const env = { DATABASE_URL: url, GATEHOUSE_SECRET: secretIn(cwd) };
    await expect(startDemo([], { cwd, env })).rejects.toThrow(
      /is being copied to, and not all of it is there/,
    );

    const refreshed = await goesOn(demo, early);
    const revoked = await gatehouse(["grant", "revoke", String(claimsOf(gone.access_token).gid)], { cwd });
    expect(revoked).toMatchObject({ exitCode: 0, stderr: "" });
    const late = await connectTo(demo);
    await stopped(demo);
    expect(await copied(cwd, "gatehouse.db", url)).toContain("Every row is there, and the same.");
    const moved = await startAgain(demo, env);
    await goesOn(moved, refreshed);
    await goesOn(moved, late);
    expect((await callTool(reach(moved.origin), gone.access_token, "get_time")).status).toBe(401);
  });

  it("killed in the middle, goes on where it was", async () => {
    const demo = await startDemo();
    const client = await connectTo(demo);
    await stopped(demo);
    const rows = multiplyGrants(join(demo.cwd, "gatehouse.db"), 20_000);
    const url = await postgres.freshDatabase();
    const main = join(CHECKOUT, "src/cli/main.ts");
    const parameters = [main, "database", "copy", "--from", "gatehouse.db", "--to", url];
    const copying = start(process.execPath, parameters, { cwd: demo.cwd });
    const there = async () => {
      const [counted] = await postgres.query(url, "SELECT count(*)::int AS rows FROM grants").catch(() => []);
      return Number(counted?.rows ?? 0);
    };
    await vi.waitFor(async () => expect(await there()).toBeGreaterThan(0), { timeout: 30_000, interval: 10 });
    copying.child.kill("SIGKILL");
    expect((await copying.ended).signal).toBe("SIGKILL");
    const before = await there();
    expect(before).toBeLessThan(rows);

    const said = await copied(demo.cwd, "gatehouse.db", url);
    const [, total, written] = /^grants +(\d+) +(\d+) /m.exec(said) ?? [];
    expect(Number(total)).toBe(rows);
    // A statement that was under way when the process died may have been committed.
    expect(Number(written)).toBeGreaterThan(0);
    expect(Number(written)).toBeLessThanOrEqual(rows - before);
    const moved = await startAgain(demo, { DATABASE_URL: url, GATEHOUSE_SECRET: secretIn(demo.cwd) });
    await goesOn(moved, client);
  });

  it("is refused, and nothing is copied, where the secret is not the one of the source", async () => {
    const demo = await startDemo();
    await stopped(demo);
    const { cwd } = demo;
    const wrong = "a-secret-of-another-server-32-characters";
    const env = { GATEHOUSE_SECRET: wrong };
    const sentence = /The secret in GATEHOUSE_SECRET does not open the signing keys in gatehouse\.db/;
    const said = await refusal(cwd, "gatehouse.db", "new.db", env);
    expect(said).toMatch(sentence);
    expect(said).not.toContain(wrong);
    writeFileSync(join(cwd, "new.db.key"), `${wrong}\n`, { mode: 0o600 });
    expect(await refusal(cwd, "gatehouse.db", "new.db")).toMatch(/The secret in new\.db\.key does not open/);
    copyFileSync(keyFileIn(cwd), join(cwd, "new.db.key"));
    expect(await copied(cwd, "gatehouse.db", "new.db")).toContain(
      "Its key file new.db.key is there already.",
    );
  });

  it("names the two databases where one is missing, they are one, or the target is taken", async () => {
    const demo = await startDemo();
    await stopped(demo);
    const { cwd } = demo;
    symlinkSync(join(cwd, "gatehouse.db"), join(cwd, "link.db"));
    expect(await refusal(cwd, "missing.db", "new.db")).toMatch(
      /no database missing\.db\. Name it with --from/,
    );
    for (const same of ["gatehouse.db", "./gatehouse.db", "link.db"])
      expect(await refusal(cwd, "gatehouse.db", same)).toMatch(/--from and --to are the same database/);
    expect(await refusal(cwd, "gatehouse.db", ":memory:")).toMatch(/ends with the command/);
    expect(await refusal(cwd, ":memory:", "new.db")).toMatch(
      /^gatehouse: --from is :memory:, .* Name a file/,
    );
    const misspelt = `mysql://ada:${encodeURIComponent(TEST_PASSWORD)}@db/x`;
    expect(await refusal(cwd, misspelt, "new.db")).toMatch(/^gatehouse: --from is "mysql:\/\/…@db\/x"/);
    expect(await refusal(cwd, "gatehouse.db", misspelt)).toMatch(/^gatehouse: --to is "mysql:\/\/…@db\/x"/);
    const url = await postgres.freshDatabase();
    await startDemo([], { env: { DATABASE_URL: url, GATEHOUSE_SECRET: secretIn(cwd) } }).then(stopped);
    expect(await refusal(cwd, "gatehouse.db", url)).toMatch(/has data of its own \(1 in signing_keys\)/);
    const down = url.replace(/:\d+\//, ":1/");
    expect(await refusal(cwd, "gatehouse.db", down)).toMatch(/cannot be reached/);
  });
});

/** Copies of the one grant, under ids of their own. Resolves to how many there are. */
function multiplyGrants(file: string, copies: number): number {
  const database = new DatabaseSync(file);
  const columns = database.prepare("SELECT name FROM pragma_table_info('grants') WHERE name <> 'id'").all();
  const names = columns.map(({ name }) => name).join(", ");
  database.exec(`
    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${copies})
    INSERT INTO grants (id, ${names}) SELECT 'copy-' || n, ${names} FROM numbers, grants`);
  const counted = database.prepare("SELECT count(*) AS rows FROM grants").get();
  database.close();
  return Number(counted?.rows);
}
