import pg from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { startPostgres, type TestPostgres } from "../../../test/support/postgres/postgres.ts";
import { changeContract } from "../../../test/support/store/change-contract.ts";
import {
  APPROVED,
  addSamplePerson,
  REVOKED,
  START,
  sampleApproval,
} from "../../../test/support/store/samples.ts";
import { openTestStore, type TestStore } from "../../../test/support/store/test-store.ts";
import type { RemoteChange } from "../change-feed.ts";

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());

const open = (database: string) => openTestStore({ database, databaseConnections: 3 });
const openAll = (database: string, count: number) =>
  Promise.all(Array.from({ length: count }, () => open(database)));
const pooled = (url: string) => `${url}?pgbouncer=true`;

changeContract("Postgres", async (count) => openAll(await postgres.freshDatabase(), count));
changeContract("Postgres, whose notifications a pooler keeps", async (count) =>
  openAll(pooled(await postgres.freshDatabase()), count),
);

describe("following Postgres", () => {
  let url: string;
  let ours: TestStore;
  let theirs: TestStore;
  let told: RemoteChange[];
  let caughtUp: number;
  let interrupted: number;
  const start = async (decorate = (database: string) => database, before = "SELECT 1") => {
    url = await postgres.freshDatabase();
    await postgres.query(url, before);
    [ours, theirs] = await Promise.all([open(decorate(url)), open(decorate(url))]);
    [told, caughtUp, interrupted] = [[], 0, 0];
    ours.followChanges({
      changed: (changes) => told.push(...changes),
      caughtUp: () => (caughtUp += 1),
      interrupted: () => (interrupted += 1),
    });
    await soon(() => expect(caughtUp).toBeGreaterThan(0));
    await addSamplePerson(theirs);
    for (const id of ["a", "b"]) await theirs.approve(sampleApproval({ id }), APPROVED);
  };
  afterEach(async () => {
    vi.useRealTimers();
    await Promise.all([ours.close(), theirs.close()]);
  });

  const soon = (check: () => void) => vi.waitFor(check, { timeout: 20_000, interval: 20 });
  const revoke = (id: string) => theirs.revokeGrant(id, "operator", START, REVOKED);
  const revocation = (id: string): RemoteChange => ({ kind: "grant_revoked", id });
  /** Nothing is asked any more because time has passed. */
  const stopPolling = () => vi.useFakeTimers({ toFake: ["setTimeout"] });
  const turns = async () => {
    for (let turn = 0; turn < 200; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  };

  test("a notification tells at once", async () => {
    await start();
    stopPolling();
    await revoke("a");
    while (told.length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(told).toEqual([revocation("a")]);
  });

  test("without notifications it is asked for in half a second", async () => {
    await start(pooled);
    stopPolling();
    await revoke("a");
    await turns();
    expect(told).toEqual([]);
    vi.advanceTimersByTime(500);
    while (told.length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(told).toEqual([revocation("a")]);
  });

  test("a connection that is cut is made again, and nothing is missed", async () => {
    await start();
    await postgres.query(
      url,
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%changes%' AND pid <> pg_backend_pid()",
    );
    await revoke("a");
    await soon(() => expect(interrupted).toBe(1));
    await soon(() => expect(told).toEqual([revocation("a"), { kind: "anything" }]));
    await revoke("b");
    await soon(() => expect(told).toContainEqual(revocation("b")));
    expect(interrupted).toBe(1);
  });

  test("a database that goes away: it says so, and after it came back what was missed", async () => {
    await start();
    await postgres.goDown();
    await soon(() => expect(interrupted).toBeGreaterThan(0));
    await postgres.comeBack();
    await revoke("a");
    await soon(() => expect(told).toContainEqual(revocation("a")));
    expect(told).toContainEqual({ kind: "anything" });
  });

  test("a database that hangs: it says so", async () => {
    await start();
    postgres.hang();
    await soon(() => expect(interrupted).toBeGreaterThan(0));
    postgres.goOn();
    await revoke("a");
    await soon(() => expect(told).toContainEqual(revocation("a")));
  });

  test("a revocation that is committed late, after one that began later, is not missed", async () => {
    await start();
    const slow = new pg.Client(url);
    await slow.connect();
    await slow.query("BEGIN");
    await slow.query("UPDATE grants SET revoked_at = 1, revoked_reason = 'operator' WHERE id = 'a'");
    const second = revoke("b");
    await turns();
    await slow.query("COMMIT");
    await slow.end();
    expect(await second).toBe(true);
    await soon(() => expect(told).toEqual([revocation("a"), revocation("b")]));
  });

  test("another database that took the place of the first and lacks its last changes: the next are told", async () => {
    await start();
    await revoke("a");
    await soon(() => expect(told).toEqual([revocation("a")]));
    await postgres.query(url, "TRUNCATE changes RESTART IDENTITY");
    await postgres.query(
      url,
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%changes%' AND pid <> pg_backend_pid()",
    );
    await soon(() => expect(told).toContainEqual({ kind: "anything" }));
    await revoke("b");
    await soon(() => expect(told).toContainEqual(revocation("b")));
  });

  test("another database that lacks the last changes and has gone on since: what it said under numbers read before is told", async () => {
    await start();
    await revoke("a");
    await soon(() => expect(told).toEqual([revocation("a")]));
    await postgres.query(
      url,
      `TRUNCATE changes RESTART IDENTITY;
       UPDATE grants SET revoked_at = 1, revoked_reason = 'operator' WHERE id = 'b';
       INSERT INTO changes (kind, subject, made_at) SELECT 'grant_revoked', 'c', 1 FROM generate_series(1, 3);
       SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%changes%' AND pid <> pg_backend_pid()`,
    );
    await soon(() => expect(told).toContainEqual({ kind: "anything" }));
    expect(told).toContainEqual(revocation("b"));
  });

  test("what an operator changes by hand is told, whatever schema they look into", async () => {
    const bySchema = (database: string) => `${database}?options=-csearch_path%3Dgate`;
    await start(bySchema, "CREATE SCHEMA gate");
    await postgres.query(
      url,
      "UPDATE gate.grants SET revoked_at = 1, revoked_reason = 'operator' WHERE id = 'a'",
    );
    await soon(() => expect(told).toEqual([revocation("a")]));
  });

  test("closing ends it, though the database hangs", async () => {
    await start();
    postgres.hang();
    try {
      await ours.close();
    } finally {
      postgres.goOn();
    }
  });
});
