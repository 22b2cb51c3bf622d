import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setImmediate } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  APPROVED,
  addSamplePerson,
  DAY,
  KEY_ROTATED,
  REDEEMED,
  START,
  sampleApproval,
  sampleClient,
  sampleKey,
} from "../../../test/support/store/samples.ts";
import { openTestStore } from "../../../test/support/store/test-store.ts";
import { OAuthError } from "../../core/errors.ts";
import type { Query } from "../query.ts";
import type { Store } from "../store.ts";
import { connectSqlite } from "./connection.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "gatehouse-group-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("writes that are issued together share a commit", () => {
  test("a hundred rotations, approvals and revocations at once are one", async () => {
    const database = join(folder, "a.db");
    const store = await openTestStore({ database });
    await addSamplePerson(store);
    const ids = Array.from({ length: 50 }, (_, index) => `grant-${index}`);
    const before = commitsIn(`${database}-wal`);
    await Promise.all(ids.map((id) => store.approve(sampleApproval({ id }), APPROVED)));
    expect(commitsIn(`${database}-wal`)).toBe(before + 1);

    const answers = await Promise.all([
      ...ids.map((id) => store.redeemCode(id, START + DAY, START + 1, REDEEMED)),
      ...ids.map((id) => {
        const rotation = { id, clientId: "client-1", presented: 1, now: START + 2 };
        return store.rotateRefresh({ ...rotation, refreshExpiresAt: START + DAY });
      }),
      store.addClient(sampleClient(), "unaudited"),
    ]);
    expect(answers).not.toContain(undefined);
    expect(commitsIn(`${database}-wal`)).toBe(before + 2);
    await store.close();
  });

  test("also those of requests that go on from a read, each in its own time", async () => {
    const database = join(folder, "a.db");
    const store = await openTestStore({ database });
    await addSamplePerson(store);
    for (let index = 0; index < 10; index += 1)
      await store.approve(sampleApproval({ id: `grant-${index}` }), APPROVED);
    const before = commitsIn(`${database}-wal`);
    await Promise.all(
      Array.from({ length: 10 }, async (_, index) => {
        for (let turn = 0; turn < index; turn += 1) await store.findGrant(`grant-${index}`);
        return store.redeemCode(`grant-${index}`, START + DAY, START + 1, REDEEMED);
      }),
    );
    expect(commitsIn(`${database}-wal`)).toBe(before + 1);
    await store.close();
  });

  test("a write that comes alone does not wait for the next turn", async () => {
    const database = join(folder, "a.db");
    const store = await openTestStore({ database });
    const before = commitsIn(`${database}-wal`);
    await writeOverTurns(store, [1, 1, 1]);
    expect(commitsIn(`${database}-wal`)).toBe(before + 3);
    await store.close();
  });

  test("more than one wait for as long as each turn brings another", async () => {
    const database = join(folder, "a.db");
    const store = await openTestStore({ database });
    const before = commitsIn(`${database}-wal`);
    await writeOverTurns(store, [2, 1, 1, 0, 1]);
    expect(commitsIn(`${database}-wal`)).toBe(before + 2);
    await store.close();
  });

  test("none waits for more than eight turns, whatever comes after it", async () => {
    const database = join(folder, "a.db");
    const store = await openTestStore({ database });
    const before = commitsIn(`${database}-wal`);
    await writeOverTurns(store, [
      2,
      ...Array.from({ length: 7 }, () => 1),
      2,
      ...Array.from({ length: 7 }, () => 1),
    ]);
    expect(commitsIn(`${database}-wal`)).toBe(before + 2);
    await store.close();
  });

  test("one that fails rejects alone; the others are kept", async () => {
    const database = join(folder, "a.db");
    const store = await openTestStore({ database });
    await addSamplePerson(store);
    const answers = await Promise.allSettled([
      store.addSigningKey(sampleKey("a"), START, KEY_ROTATED),
      store.addSigningKey(sampleKey("a"), START, KEY_ROTATED),
      store.approve(sampleApproval(), APPROVED),
      store.addSigningKey(sampleKey("b"), START, KEY_ROTATED),
    ]);
    expect(answers.map((answer) => answer.status)).toEqual([
      "fulfilled",
      "rejected",
      "fulfilled",
      "fulfilled",
    ]);
    await store.close();
    const again = await openTestStore({ database });
    expect((await again.listSigningKeys()).map((key) => key.kid)).toEqual(["a", "b"]);
    expect(await again.findGrant("grant-1")).toBeDefined();
    await again.close();
  });
});

describe("a connection", () => {
  let database: DatabaseSync;
  let connection: ReturnType<typeof connectSqlite>;
  const insert = (value: string | number): Query<unknown> =>
    raw("INSERT INTO t VALUES (?) RETURNING a", value);
  const rows = (): unknown[] =>
    database
      .prepare("SELECT a FROM t ORDER BY a")
      .all()
      .map(({ a }) => a);
  beforeEach(() => {
    database = new DatabaseSync(join(folder, "a.db"), { timeout: 0 });
    database.exec(`
      PRAGMA journal_mode = WAL;
      CREATE TABLE t (a UNIQUE CHECK (a <> 'bad'));
      CREATE TABLE later (a REFERENCES t (a) DEFERRABLE INITIALLY DEFERRED);
    `);
    connection = connectSqlite(database);
  });
  afterEach(() => database.close());

  test("runs a unit of several queries as a whole or not at all", async () => {
    const answers = await Promise.allSettled([
      connection.write(insert(1)),
      connection.writeTogether([insert(2), insert(3), insert("bad")]),
      connection.writeTogether([insert(4), insert(5)]),
      connection.write(insert(6)),
    ]);
    expect(answers.map((answer) => answer.status)).toEqual([
      "fulfilled",
      "rejected",
      "fulfilled",
      "fulfilled",
    ]);
    expect(rows()).toEqual([1, 4, 5, 6]);
  });

  test("rejects all that was in a commit that fails, keeps none of it, and goes on after it", async () => {
    // A deferred constraint is looked at by COMMIT: the statements themselves succeed.
    const answers = await Promise.allSettled([
      connection.write(insert(1)),
      connection.write(raw("INSERT INTO later VALUES (99)")),
      connection.writeTogether([insert(2), insert(3)]),
    ]);
    expect(answers.map((answer) => answer.status)).toEqual(["rejected", "rejected", "rejected"]);
    expect(rows()).toEqual([]);
    await connection.write(insert(4));
    expect(rows()).toEqual([4]);
  });

  test("keeps nothing after an error that ends the transaction, and rejects what came before and after it", async () => {
    const answers = await Promise.allSettled([
      connection.write(insert(1)),
      connection.writeTogether([insert(2), raw("INSERT OR ROLLBACK INTO t VALUES ('bad')")]),
      connection.write(insert(3)),
    ]);
    expect(answers.map((answer) => answer.status)).toEqual(["rejected", "rejected", "rejected"]);
    expect(rows()).toEqual([]);
    await connection.write(insert(4));
    expect(rows()).toEqual([4]);
  });

  test("answers nothing as kept when the disk is full, and says that it is an outage", async () => {
    await connection.write(insert(1));
    const pages = Number(database.prepare("PRAGMA page_count").get()?.page_count);
    database.exec(`PRAGMA max_page_count = ${pages}`);
    const answers = await Promise.allSettled([
      connection.write(insert(2)),
      connection.write(insert("x".repeat(50_000))),
      connection.write(insert(3)),
    ]);
    const kept = rows();
    const claimed = [2, "x".repeat(50_000), 3].filter((_, index) => answers[index]?.status === "fulfilled");
    expect(kept).toEqual([1, ...claimed]);
    expect(answers[1]).toMatchObject({ reason: { code: "temporarily_unavailable", status: 503 } });
    database.exec("PRAGMA max_page_count = 100000");
    await connection.write(insert(4));
    expect(rows()).toContain(4);
  });

  test("reads one state in a turn of the event loop: what another process writes is read in the next", async () => {
    const other = new DatabaseSync(join(folder, "a.db"));
    const read = () => connection.read(raw("SELECT a FROM t"));
    expect(await read()).toEqual([]);
    other.exec("INSERT INTO t VALUES (1)");
    expect(await read()).toEqual([]);
    await setImmediate();
    expect(await read()).toEqual([{ a: 1 }]);
    other.close();
  });

  test("reads what it has written, and what it is to read anew, also in a turn that has read before", async () => {
    const other = new DatabaseSync(join(folder, "a.db"));
    const read = () => connection.read(raw("SELECT a FROM t"));
    const [before, , after] = await Promise.all([read(), connection.write(insert(1)), read()]);
    expect([before, after, await read()]).toEqual([[], [], [{ a: 1 }]]);
    other.exec("INSERT INTO t VALUES (2)");
    connection.endReads();
    expect(await read()).toEqual([{ a: 1 }, { a: 2 }]);
    other.close();
  });

  test("waits while another process writes, without holding up reads, and then writes", async () => {
    const other = new DatabaseSync(join(folder, "a.db"));
    other.exec("BEGIN IMMEDIATE; INSERT INTO t VALUES (1)");
    let answered = false;
    const written = connection.write(insert(2)).then(() => {
      answered = true;
    });
    for (let turn = 0; turn < 5; turn += 1) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      expect(await connection.read(raw("SELECT a FROM t"))).toEqual([]);
    }
    expect(answered).toBe(false);
    const joined = connection.write(insert(3));
    other.exec("COMMIT");
    await Promise.all([written, joined]);
    expect(rows()).toEqual([1, 2, 3]);
    other.close();
  });

  test("gives up after a while, as an outage; what comes later is written", async () => {
    const other = new DatabaseSync(join(folder, "a.db"));
    other.exec("BEGIN IMMEDIATE");
    const error = await connection.write(insert(1)).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(OAuthError);
    expect(error).toMatchObject({ code: "temporarily_unavailable", status: 503 });
    other.exec("ROLLBACK");
    await connection.write(insert(2));
    expect(rows()).toEqual([2]);
    other.close();
  });

  test("refuses at its close what cannot be written, and everything after it", async () => {
    const other = new DatabaseSync(join(folder, "a.db"));
    other.exec("BEGIN IMMEDIATE");
    const waiting = connection.write(insert(1));
    connection.close();
    await expect(waiting).rejects.toMatchObject({ code: "temporarily_unavailable" });
    await expect(connection.write(insert(2))).rejects.toThrow("closed");
    other.close();
    expect(rows()).toEqual([]);
  });
});

/** Issues so many writes in each turn of the event loop, one turn after the other. */
async function writeOverTurns(store: Pick<Store, "addClient">, turns: readonly number[]): Promise<void> {
  const written: Promise<boolean>[] = [];
  for (const writes of turns) {
    for (let write = 0; write < writes; write += 1) {
      written.push(store.addClient(sampleClient({ id: `client-of-turns-${written.length}` }), "unaudited"));
    }
    await setImmediate();
  }
  await Promise.all(written);
}

function raw(sql: string, ...parameters: readonly (string | number)[]): Query<unknown> {
  return { sql, parameters, parse: (row) => row };
}

/** Commits since the file was made, read from the log: a frame that ends one has the database's size in its header. */
function commitsIn(wal: string): number {
  const log = readFileSync(wal);
  const pageSize = log.readUInt32BE(8);
  let commits = 0;
  for (let frame = 32; frame + 24 <= log.length; frame += 24 + pageSize) {
    if (log.readUInt32BE(frame + 4) !== 0) commits += 1;
  }
  return commits;
}
