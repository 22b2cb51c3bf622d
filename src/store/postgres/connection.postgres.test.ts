import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { startPostgres, type TestPostgres } from "../../../test/support/postgres/postgres.ts";
import {
  APPROVED,
  addSamplePerson,
  approveSample,
  DAY,
  KEY_ROTATED,
  REDEEMED,
  REMOVED,
  START,
  sampleApproval,
  sampleClient,
  sampleKey,
} from "../../../test/support/store/samples.ts";
import { inOnePiece, openTestStore, type TestStore } from "../../../test/support/store/test-store.ts";
import { OAuthError } from "../../core/errors.ts";
import { openStore } from "../open-store.ts";
import type { Query } from "../query.ts";
import { connectPostgres, type PostgresConnection } from "./connection.ts";

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());

const outage = expect.objectContaining({ code: "temporarily_unavailable", retryAfterSeconds: 2 });
/** Holds the rows of all grants, as a slow transaction does. Returns the function that lets go. */
async function lockGrants(
  url: string,
  lock = "SELECT * FROM grants FOR UPDATE",
): Promise<() => Promise<void>> {
  const client = new pg.Client(url);
  await client.connect();
  await client.query("BEGIN");
  await client.query(lock);
  return () => client.end();
}

const rotation = (presented: number) => ({
  id: "grant-1",
  clientId: "client-1",
  presented,
  refreshExpiresAt: START + 30 * DAY,
  now: START,
});

describe("the store on Postgres", () => {
  let url: string;
  let store: TestStore;
  const open = async (connections?: number): Promise<TestStore> => {
    store = inOnePiece(
      await openStore({
        database: url,
        ...(connections !== undefined && { databaseConnections: connections }),
      }),
    );
    await addSamplePerson(store);
    return store;
  };
  beforeEach(async () => {
    url = await postgres.freshDatabase();
  });
  afterEach(() => store.close());

  test("a database that is restarted: refused as an outage while it is away, and then as before", async () => {
    await open();
    const grant = await store.approve(sampleApproval(), APPROVED);
    await postgres.goDown();
    const verbs = [
      store.findGrant("grant-1"),
      store.redeemCode("grant-1", START + DAY, START, REDEEMED),
      store.removeClient("client-1", START, REMOVED),
      store.ping(),
    ];
    expect(await Promise.allSettled(verbs)).toEqual(
      verbs.map(() => ({ status: "rejected", reason: outage })),
    );
    await postgres.comeBack();
    expect(await store.findGrant("grant-1")).toEqual(grant);
  });

  test("a database that hangs is not waited for, neither by who has a connection nor by who has none", async () => {
    await open(1);
    await store.approve(sampleApproval(), APPROVED);
    postgres.hang();
    try {
      const verbs = [1, 2, 3].map(() => store.redeemCode("grant-1", START + DAY, START, REDEEMED));
      expect(await Promise.allSettled(verbs)).toEqual(
        verbs.map(() => ({ status: "rejected", reason: outage })),
      );
    } finally {
      postgres.goOn();
    }
    await store.ping();
  });

  test("one that answers and takes no writes is told apart from one that takes them", async () => {
    await open();
    const unlock = await lockGrants(url, "LOCK TABLE grants IN EXCLUSIVE MODE");
    await expect(store.probeWrites()).rejects.toEqual(outage);
    await store.ping();
    await unlock();
    await store.probeWrites();
  });

  test("connections that an operator ends are made anew", async () => {
    await open(2);
    await Promise.all([store.ping(), store.ping()]);
    await postgres.query(
      url,
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'gatehouse'",
    );
    await new Promise((resolve) => setTimeout(resolve, 100));
    await store.ping();
  });

  test("what cannot be answered in time is refused at once, and not queued without end", async () => {
    await open(1);
    await store.approve(sampleApproval(), APPROVED);
    const unlock = await lockGrants(url);
    const redeem = () => store.redeemCode("grant-1", START + DAY, START, REDEEMED);
    const first = redeem();
    // It has the connection, and the rest waits behind it.
    await new Promise(setImmediate);
    let settled = 0;
    const waiting = Array.from({ length: 50 }, () => redeem().finally(() => (settled += 1)));
    await expect(store.ping()).rejects.toMatchObject({
      code: "temporarily_unavailable",
      detail: expect.stringContaining("too many statements wait"),
    });
    expect(settled).toBe(0);
    await unlock();
    expect(await first).toMatchObject({ generation: 1 });
    expect(await Promise.all(waiting)).toEqual(waiting.map(() => undefined));
  });

  test("a statement that was given up does not go on in the database", async () => {
    await open(1);
    await store.approve(sampleApproval(), APPROVED);
    const unlock = await lockGrants(url);
    await expect(store.redeemCode("grant-1", START + DAY, START, REDEEMED)).rejects.toEqual(outage);
    // A moment later: Postgres got it after we began to wait.
    const waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'";
    await vi.waitFor(async () => expect(await postgres.query(url, waiting)).toEqual([]), { timeout: 10_000 });
    await unlock();
    expect(await store.findGrant("grant-1")).toMatchObject({ redeemedAt: null, generation: 0 });
  });

  test("who may wait longer, as commands do, gets an answer later", async () => {
    store = await openTestStore({ database: url, answerMs: 60_000 });
    await addSamplePerson(store);
    await store.approve(sampleApproval(), APPROVED);
    const unlock = await lockGrants(url);
    const redeemed = store.redeemCode("grant-1", START + DAY, START, REDEEMED);
    await new Promise((resolve) => setTimeout(resolve, 2500));
    await unlock();
    expect(await redeemed).toMatchObject({ generation: 1 });
  });

  test("a column that a newer version adds does not disturb statements that are prepared", async () => {
    await open(3);
    await store.approve(sampleApproval(), APPROVED);
    await store.redeemCode("grant-1", START + DAY, START, REDEEMED);
    const rotateThree = (presented: number) =>
      Promise.all([0, 1, 2].map((ahead) => store.rotateRefresh(rotation(presented + ahead))));
    await rotateThree(1);
    await postgres.query(url, "ALTER TABLE grants ADD COLUMN of_tomorrow text");
    const { generation = 0 } = (await store.findGrant("grant-1")) ?? {};
    const answers = await rotateThree(generation);
    expect(answers.filter((grant) => grant !== undefined).length).toBeGreaterThan(0);
  });

  test("a database that is serializable by default: a race has one outcome all the same", async () => {
    const name = new URL(url).pathname.slice(1);
    await postgres.query(url, `ALTER DATABASE ${name} SET default_transaction_isolation = 'serializable'`);
    await open();
    await store.approve(sampleApproval(), APPROVED);
    const redeemed = await Promise.all(
      Array.from({ length: 10 }, () => store.redeemCode("grant-1", START + DAY, START, REDEEMED)),
    );
    expect(redeemed.filter((grant) => grant !== undefined)).toHaveLength(1);
    const firsts = await Promise.all(["a", "b", "c"].map((kid) => store.addFirstSigningKey(sampleKey(kid))));
    expect(new Set(firsts.map((keys) => JSON.stringify(keys))).size).toBe(1);
  });

  test("a client that everybody uses is removed, though revoking all of its grants takes longer than a statement may", async () => {
    store = await openTestStore({ database: url, answerMs: 3000 });
    await addSamplePerson(store);
    await store.addClient(sampleClient(), "unaudited");
    await store.approve(sampleApproval(), APPROVED);
    const [{ columns } = {}] = await postgres.query(
      url,
      "SELECT string_agg(column_name, ', ') AS columns FROM information_schema.columns WHERE table_name = 'grants' AND column_name <> 'id'",
    );
    await postgres.query(
      url,
      `INSERT INTO grants (id, ${columns}) SELECT id || number, ${columns} FROM grants, generate_series(1, 8000) AS number`,
    );
    // Four seconds in all, however fast this machine is.
    await postgres.query(
      url,
      `CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.05); RETURN NEW; END';
       CREATE TRIGGER slow BEFORE UPDATE ON grants FOR EACH ROW WHEN (NEW.id LIKE '%00') EXECUTE FUNCTION dawdle()`,
    );
    expect(await store.removeClient("client-1", START, REMOVED)).toBe(true);
    const reasons =
      "SELECT revoked_reason AS reason, count(*)::int AS count FROM grants GROUP BY revoked_reason";
    expect(await postgres.query(url, reasons)).toEqual([{ reason: "client_removed", count: 8001 }]);
  });

  test("a NUL character, which Postgres cannot keep, is the asker's mistake", async () => {
    await open();
    await expect(store.findGrant("\0")).rejects.toMatchObject({ code: "invalid_request" });
    await expect(store.useAssertion("client-1", "j\0ti", START)).rejects.toBeInstanceOf(OAuthError);
  });

  test("what a row holds is not in the error about it", async () => {
    await open();
    await store.addSigningKey(sampleKey("a"), START, KEY_ROTATED);
    const error = await store
      .addSigningKey(sampleKey("a"), START, KEY_ROTATED)
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toHaveProperty("detail");
    expect(error).not.toHaveProperty("cause");
    expect(String(error)).toMatch(/Postgres refused a statement: .*\(23505\)/);
  });

  test("bigint is a number here, and in the rest of the program what it was", async () => {
    await open();
    expect((await approveSample(store)).createdAt).toBe(START);
    expect(await postgres.query(url, "SELECT created_at FROM grants")).toEqual([
      { created_at: String(START) },
    ]);
  });

  test("closing waits for what is under way", async () => {
    await open(1);
    const verbs = ["a", "b", "c"].map((jti) => store.useAssertion("client-1", jti, START));
    await store.close();
    expect(await Promise.all(verbs)).toEqual([true, true, true]);
    await expect(store.ping()).rejects.toThrow("closed");
  });
});

describe("a connection", () => {
  let pool: pg.Pool;
  let connection: PostgresConnection;
  beforeEach(async () => {
    const connectionString = await postgres.freshDatabase();
    pool = new pg.Pool({ connectionString, max: 2, pipeline: true });
    // It says that it has ended before its connections have, and the end of Postgres may come first.
    pool.on("error", () => {});
    await pool.query("CREATE TABLE things (name text PRIMARY KEY, size bigint)");
    await pool.query("CREATE TABLE notes (text text PRIMARY KEY, at bigint NOT NULL)");
    await pool.query("INSERT INTO things VALUES ('door', 1)");
    connection = connectPostgres(pool, { answerMs: 10_000, connections: 2, together: 8, prepared: true });
  });
  afterEach(async () => {
    await connection.close();
    await pool.end();
  });

  const query = (sql: string, ...parameters: Query<unknown>["parameters"]): Query<unknown> => ({
    sql,
    parameters,
    parse: (row) => row,
  });
  const grow = (name: string, size: number) =>
    query("update things set size = $2 where name = $1 returning name", name, size);
  const note = (text: string, at: number | null = START) =>
    query('insert into "notes" ("text", "at") values ($1, $2)', text, at);
  const rowsIn = async (table: string) => (await pool.query(`SELECT * FROM ${table}`)).rows;

  test("a note is written with the change", async () => {
    expect(await connection.write(grow("door", 2), note("it grew"))).toEqual([{ name: "door" }]);
    expect(await rowsIn("things")).toEqual([{ name: "door", size: "2" }]);
    expect(await rowsIn("notes")).toEqual([{ text: "it grew", at: String(START) }]);
  });

  test("a note about what did not happen is not written", async () => {
    expect(await connection.write(grow("window", 2), note("it grew"))).toEqual([]);
    expect(await rowsIn("notes")).toEqual([]);
  });

  test("one row changed or many, there is one note", async () => {
    await pool.query("INSERT INTO things VALUES ('window', 1)");
    const all = query("update things set size = 3 returning name");
    expect(await connection.write(all, note("they grew"))).toHaveLength(2);
    expect(await rowsIn("notes")).toHaveLength(1);
  });

  test("where the note cannot be written, nothing changes", async () => {
    await expect(connection.write(grow("door", 2), note("it grew", null))).rejects.toThrow("23502");
    expect(await rowsIn("things")).toEqual([{ name: "door", size: "1" }]);
  });

  test("all of several queries last, or none", async () => {
    await expect(connection.writeTogether([grow("door", 2), note("x", null)])).rejects.toThrow("23502");
    expect(await rowsIn("things")).toEqual([{ name: "door", size: "1" }]);
    const [grown, noted] = await connection.writeTogether([grow("door", 2), note("x")]);
    expect([grown, noted]).toEqual([[{ name: "door" }], []]);
    expect(await rowsIn("notes")).toHaveLength(1);
  });

  test("a transaction that cannot begin or end is refused, and the connection does not come back in the middle of it", async () => {
    await expect(connection.writeTogether([grow("door", 2), query("select 1/0")])).rejects.toThrow("22012");
    for (let use = 0; use < 4; use += 1) {
      expect(await connection.read(query("select count(*)::int as count from things"))).toEqual([
        { count: 1 },
      ]);
    }
    expect(await rowsIn("things")).toEqual([{ name: "door", size: "1" }]);
  });

  test("behind a pooler that changes connections between statements, they are run without being prepared", async () => {
    const read = () => connection.read(query("select name from things where size = $1", 1));
    const prepared = "SELECT count(*)::int AS count FROM pg_prepared_statements";
    await read();
    expect((await pool.query(prepared)).rows).toEqual([{ count: 1 }]);
    // What a pooler's other connection looks like: the statement is not there.
    await pool.query("DEALLOCATE ALL");
    expect(await read()).toEqual([{ name: "door" }]);
    expect((await pool.query(prepared)).rows).toEqual([{ count: 0 }]);
  });

  test("behind a pooler, which keeps a transaction open for a process that hangs, Postgres ends it all the same", async () => {
    const pooled = connectPostgres(pool, { answerMs: 10_000, connections: 2, together: 8, prepared: false });
    const setting = query("select current_setting('idle_in_transaction_session_timeout') as idle");
    expect(await pooled.writeTogether([setting])).toEqual([[{ idle: "5s" }]]);
    expect(await pooled.read(setting)).toEqual([{ idle: "0" }]);
  });

  test("two that each hold what the other one waits for: one is run again, and both are done", async () => {
    await pool.query("INSERT INTO things VALUES ('window', 1)");
    const grown = await Promise.all([
      connection.writeTogether([grow("door", 2), query("select pg_sleep(0.2)"), grow("window", 2)]),
      connection.writeTogether([grow("window", 3), query("select pg_sleep(0.2)"), grow("door", 3)]),
    ]);
    expect(grown.map((rows) => rows.map((each) => each.length))).toEqual([
      [1, 1, 1],
      [1, 1, 1],
    ]);
    const [one, other] = await rowsIn("things");
    expect(one.size).toBe(other.size);
  });
});
