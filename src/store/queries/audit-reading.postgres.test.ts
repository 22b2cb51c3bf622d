import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setImmediate } from "node:timers/promises";
import pg from "pg";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { sharedPostgres } from "../../../test/support/postgres/shared.ts";
import { START, sampleEntry } from "../../../test/support/store/samples.ts";
import { openTestStore, type TestStore } from "../../../test/support/store/test-store.ts";
import type { AuditRecord } from "../../core/events.ts";
import { type AuditSearch, followAudit, searchAudit } from "./audit-reading.ts";

let folder: string;
let store: TestStore;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "gatehouse-audit-"));
  store = await openTestStore({ database: join(folder, "a.db") });
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

const write = (person: string, at = START) =>
  store.recordAudit(sampleEntry("consent.approved", { at, fields: { person } }));
const people = (records: readonly AuditRecord[]) => records.map(({ fields }) => fields.person);

/** A row with an id of our choice: as of a transaction that began earlier and is committed now. */
/** In a turn of its own: the reads of one turn are of one state. */
async function writeLate(id: number, person: string): Promise<void> {
  await setImmediate();
  const database = new DatabaseSync(join(folder, "a.db"));
  database
    .prepare(
      "INSERT INTO audit (id, at, event, outcome, person_id) VALUES (?, ?, 'consent.approved', 'ok', ?)",
    )
    .run(id, START, person);
  database.close();
}

describe("searchAudit", () => {
  const found = async (search: AuditSearch) => {
    const records: AuditRecord[] = [];
    for await (const record of searchAudit(store, search, "oldest_first")) records.push(record);
    return records;
  };

  it("goes through as many pages as there are, for rows that are rare", async () => {
    await Promise.all(Array.from({ length: 2500 }, (_, i) => write("grace", START + i)));
    await write("ada", START + 2300);
    expect(await found({})).toHaveLength(2501);
    expect(
      await found({ events: ["consent.approved"], where: ({ fields }) => fields.person === "ada" }),
    ).toHaveLength(1);
    expect(await found({ outcome: "refused" })).toEqual([]);
  });

  it("has the rows of which everything that was asked is true", async () => {
    const rows = [
      { person: "ada", client: "claude", grant: "1" },
      { person: "ada", client: "code", grant: "2" },
      { person: "grace", client: "claude", grant: "3" },
    ];
    for (const [i, fields] of rows.entries())
      await store.recordAudit(sampleEntry("consent.approved", { at: START + i, fields }));
    await store.recordAudit(sampleEntry("sign_in.failed", { at: START + 3, fields: { client: "claude" } }));
    const grants = async (search: AuditSearch) => (await found(search)).map(({ fields }) => fields.grant);
    expect(await grants({ person: "ada" })).toEqual(["1", "2"]);
    expect(await grants({ person: "ada", client: "claude" })).toEqual(["1"]);
    expect(await grants({ client: "claude" })).toEqual(["1", "3", undefined]);
    expect(await grants({ grant: "3", person: "ada" })).toEqual([]);
    expect(await grants({ client: "claude", events: ["sign_in.failed"] })).toEqual([undefined]);
    expect(await grants({ client: "claude", outcome: "ok", since: START + 1 })).toEqual(["3"]);
    expect(await grants({ until: START + 1 })).toEqual(["1"]);
  });
});

describe("followAudit", () => {
  it("tells what is written from then on, once", async () => {
    await write("before");
    const follower = await followAudit(store, () => 0);
    expect(await follower.next()).toEqual([]);
    await write("first");
    await write("second");
    expect(people(await follower.next())).toEqual(["first", "second"]);
    expect(await follower.next()).toEqual([]);
  });

  it("leaves out what its reader knows already", async () => {
    const follower = await followAudit(store, () => 0);
    await write("known");
    follower.skip(await store.auditAfter(0, 10));
    await write("news");
    expect(people(await follower.next())).toEqual(["news"]);
  });

  it("follows the order of writing, whatever the clocks of the writers say", async () => {
    const follower = await followAudit(store, () => 0);
    await write("by a fast clock", START + 30_000);
    expect(people(await follower.next())).toEqual(["by a fast clock"]);
    await write("by a slow clock", START - 30_000);
    expect(people(await follower.next())).toEqual(["by a slow clock"]);
  });

  it("misses no row that was committed after one with a greater id", async () => {
    let now = 0;
    await writeLate(100, "before");
    const follower = await followAudit(store, () => now);
    await writeLate(102, "quick");
    expect(people(await follower.next())).toEqual(["quick"]);
    await writeLate(99, "slow, since before");
    await writeLate(101, "slow");
    now += 9000;
    expect(people(await follower.next())).toEqual(["slow, since before", "slow"]);
    now += 20_000;
    expect(await follower.next()).toEqual([]);
    await write("later");
    expect(people(await follower.next())).toEqual(["later"]);
  });

  it("misses no row of a transaction that Postgres commits after a later one", async () => {
    const postgres = await sharedPostgres();
    onTestFinished(() => postgres.stop());
    const database = await postgres.freshDatabase();
    const onPostgres = await openTestStore({ database });
    const slow = new pg.Client(database);
    await slow.connect();
    const follower = await followAudit(onPostgres, () => 0);
    await slow.query("BEGIN");
    await slow.query(
      "INSERT INTO audit (at, event, outcome, person_id) VALUES (0, 'sign_in.ok', 'ok', 'slow')",
    );
    await onPostgres.recordAudit(sampleEntry("sign_in.ok", { fields: { person: "quick" } }));
    expect(people(await follower.next())).toEqual(["quick"]);
    await slow.query("COMMIT");
    expect(people(await follower.next())).toEqual(["slow"]);
    await slow.end();
    await onPostgres.close();
  });

  it("tells after an outage what it could not read in it", async () => {
    let isAway = false;
    const shaky = {
      ...store,
      auditAfter: (id: number, limit: number) =>
        isAway ? Promise.reject(new Error("away")) : store.auditAfter(id, limit),
    };
    const follower = await followAudit(shaky, () => 0);
    await write("during the outage");
    isAway = true;
    await expect(follower.next()).rejects.toThrow("away");
    isAway = false;
    expect(people(await follower.next())).toEqual(["during the outage"]);
  });
});
