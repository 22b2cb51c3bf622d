import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, describe, expect, test } from "vitest";
import { type ChildStore, startChildStore } from "../../../test/support/processes/child-store.ts";
import {
  APPROVED,
  addSamplePerson,
  approveSample,
  PERSON_ADDED,
  REDEEMED,
  START,
  sampleApproval,
  sampleKey,
  samplePerson,
} from "../../../test/support/store/samples.ts";
import { openTestStore } from "../../../test/support/store/test-store.ts";
import { ConfigurationError } from "../../core/errors.ts";

const folder = mkdtempSync(join(tmpdir(), "gatehouse-store-"));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;
const freshFile = (): string => {
  files += 1;
  return join(folder, `${files}.db`);
};

describe("the file", () => {
  test("is for its owner alone, and so are the files beside it", async () => {
    const database = freshFile();
    const store = await openTestStore({ database });
    await addSamplePerson(store);
    await store.approve(sampleApproval(), APPROVED);
    for (const name of [database, `${database}-wal`, `${database}-shm`]) {
      expect(statSync(name).mode & 0o777).toBe(0o600);
    }
    await store.close();
  });

  test("keeps everything when it is closed and opened again", async () => {
    const database = freshFile();
    const store = await openTestStore({ database });
    await addSamplePerson(store);
    const grant = await approveSample(store);
    await store.close();
    const again = await openTestStore({ database });
    expect(await again.findGrant(grant.id)).toEqual(grant);
    await again.close();
  });

  test("is written through to the disk at every commit", async () => {
    const database = freshFile();
    const traced = spawnSync(
      process.execPath,
      ["--input-type=module", "-e", PRAGMAS, database, join(import.meta.dirname, "open.ts")],
      { encoding: "utf8" },
    );
    expect(traced.stdout.trim()).toBe("PRAGMA journal_mode = WAL, PRAGMA synchronous = FULL");
  });
});

/** Prints how the store sets up durability: the settings of a connection cannot be seen from another one. */
const PRAGMAS = `
  import { DatabaseSync } from "node:sqlite";
  const exec = DatabaseSync.prototype.exec;
  const seen = [];
  DatabaseSync.prototype.exec = function (sql) {
    if (/journal_mode|synchronous/.test(sql)) seen.push(sql);
    return exec.call(this, sql);
  };
  const { openSqliteStore } = await import(process.argv[2]);
  const store = await openSqliteStore({ database: process.argv[1] });
  await store.close();
  console.log(seen.join(", "));
`;

describe("a database that cannot be opened is named, with what to do", () => {
  const refusal = async (database: string): Promise<string> => {
    const error = await openTestStore({ database }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConfigurationError);
    const { message } = error as ConfigurationError;
    expect(message).toContain(database);
    expect(message).not.toContain("\n");
    return message;
  };

  test("its directory is missing", async () => {
    expect(await refusal(join(folder, "missing", "a.db"))).toMatch(/directory does not exist.*Make/);
    writeFileSync(join(folder, "plain"), "");
    expect(await refusal(join(folder, "plain", "a.db"))).toMatch(/directory does not exist/);
  });

  test("it is a directory", async () => {
    expect(await refusal(folder)).toMatch(/is a directory/);
  });

  test("it is another kind of file, which stays as it is", async () => {
    const database = freshFile();
    const text = "name:password\n".repeat(100);
    writeFileSync(database, text);
    expect(await refusal(database)).toMatch(/is not an SQLite database/);
    expect(readFileSync(database, "utf8")).toBe(text);
  });

  test("it may not be written", () => {
    const locked = join(folder, "locked");
    mkdirSync(locked);
    chmodSync(locked, 0o555);
    chmodSync(folder, 0o755);
    const database = join(locked, "a.db");
    const script = `
      const { openSqliteStore } = await import(process.argv[2]);
      // The superuser may write everything. Only here: nobody may not be allowed to read this checkout.
      if (process.getuid?.() === 0) process.setuid(65534);
      await openSqliteStore({ database: process.argv[1] }).catch((error) => console.log(error.name, error.message));
    `;
    const child = spawnSync(
      process.execPath,
      ["--input-type=module", "-e", script, database, join(import.meta.dirname, "open.ts")],
      { encoding: "utf8" },
    );
    expect(child.stdout).toMatch(/^ConfigurationError The database .*a\.db cannot be written\. Give/);
  });

  test("another program has locked it", async () => {
    const database = freshFile();
    const other = new DatabaseSync(database);
    other.exec("CREATE TABLE t (a); BEGIN EXCLUSIVE");
    expect(await refusal(database)).toMatch(/is locked by another program/);
    other.close();
  });

  test("it has tables of another program, and stays as it is", async () => {
    const database = freshFile();
    const other = new DatabaseSync(database);
    other.exec("CREATE TABLE users (name); INSERT INTO users VALUES ('ada')");
    other.close();
    const before = readFileSync(database);
    expect(await refusal(database)).toMatch(
      /belongs to another program: it has a table users, and none of Gatehouse's\. Name another file/,
    );
    expect(readFileSync(database)).toEqual(before);
  });
});

describe("migrations", () => {
  const schemaOf = (database: string): unknown[] => {
    const file = new DatabaseSync(database);
    const rows = file.prepare("SELECT type, name, sql FROM sqlite_master ORDER BY name").all();
    file.close();
    return rows;
  };

  test("opening again changes nothing", async () => {
    const database = freshFile();
    await (await openTestStore({ database })).close();
    const schema = schemaOf(database);
    expect(schema.length).toBeGreaterThan(5);
    await (await openTestStore({ database })).close();
    expect(schemaOf(database)).toEqual(schema);
  });

  test("a database of a newer version is refused and left alone", async () => {
    const database = freshFile();
    await (await openTestStore({ database })).close();
    const file = new DatabaseSync(database);
    file.exec("INSERT INTO gatehouse_migrations VALUES ('9999-from-the-future', '9999-from-the-future')");
    file.close();
    const schema = schemaOf(database);
    await expect(openTestStore({ database })).rejects.toThrow(
      new RegExp(`database ${database} was made by a newer version of Gatehouse.*9999-from-the-future`),
    );
    await expect(openTestStore({ database })).rejects.toThrow(ConfigurationError);
    expect(schemaOf(database)).toEqual(schema);
  });

  test("an up-to-date database opens while another process is writing", async () => {
    const database = freshFile();
    await (await openTestStore({ database })).close();
    const other = new DatabaseSync(database);
    other.exec("BEGIN IMMEDIATE");
    const store = await openTestStore({ database });
    await store.ping();
    other.close();
    await store.close();
  });

  test("a new database is made as soon as another process is done with it", async () => {
    const database = freshFile();
    const other = new DatabaseSync(database);
    other.exec("BEGIN EXCLUSIVE");
    const opened = openTestStore({ database });
    setTimeout(() => other.close(), 10);
    const store = await opened;
    await store.ping();
    await store.close();
  });

  test("one that fails leaves nothing behind", async () => {
    const database = freshFile();
    const other = new DatabaseSync(database);
    other.exec("CREATE TABLE familiar_networks (theirs)");
    await expect(openTestStore({ database })).rejects.toThrow(ConfigurationError);
    other.close();
    const names = schemaOf(database).map((row) => (row as { name: string }).name);
    expect(names).not.toContain("grants");
  });
});

describe("several processes on one file", () => {
  const start = async (database: string, count: number): Promise<ChildStore[]> =>
    Promise.all(Array.from({ length: count }, () => startChildStore(database)));

  test("that all make it at once all open it", async () => {
    for (let round = 0; round < 3; round += 1) {
      const children = await start(freshFile(), 4);
      await Promise.all(children.map((child) => child.open()));
      const keys = await Promise.all(
        children.map((child, index) => child.call("addFirstSigningKey", sampleKey(`key-${index}`))),
      );
      expect(new Set(keys.map((answer) => JSON.stringify(answer))).size).toBe(1);
      expect(keys[0]).toHaveLength(1);
      await Promise.all(children.map((child) => child.end()));
    }
  });

  test("write at the same time, and a code is still redeemed once", async () => {
    const database = freshFile();
    const children = await start(database, 3);
    await Promise.all(children.map((child) => child.open()));
    const ids = Array.from({ length: 40 }, (_, index) => `grant-${index}`);
    await children[0]?.call("addPerson", samplePerson(), PERSON_ADDED);
    const approved = ids.map((id, index) =>
      children[index % 3]!.call("approve", sampleApproval({ id }), APPROVED),
    );
    await Promise.all(approved);
    const winners = await Promise.all(
      ids.map(async (id) => {
        const answers = await Promise.all(
          children.map((child) => child.call("redeemCode", id, START + 1e6, START, REDEEMED)),
        );
        return answers.filter((answer) => answer !== undefined).length;
      }),
    );
    expect(winners).toEqual(ids.map(() => 1));
    await Promise.all(children.map((child) => child.end()));
  });
});
