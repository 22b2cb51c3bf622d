import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import pg from "pg";
import { isPostgresUrl } from "../../src/core/database-url.ts";
import { openStore } from "../../src/store/open-store.ts";
import type { Store } from "../../src/store/store.ts";
import type { BenchSettings } from "../comparison.ts";
import type { Row, Scenario } from "../report.ts";
import { makeGrants, SQL_CLIENT_ID, someGrants } from "../servers/sql-grants.ts";
import { withPostgres } from "./with-postgres.ts";

const GRANTS = 50_000;
const REFRESHES_OF_EACH = 5;
const USES_TOGETHER = 20;
const CLIENTS = 20_000;
const AUDITED = 50_000;
const AT_ONCE = 64;
const RESOURCE = "https://mcp.example.com/mcp";
const YEAR_MS = 365 * 24 * 60 * 60 * 1000;

/** What the pages on capacity reckon with. It has no target: it says how much disk to buy. */
export const bytesPerGrant: Scenario<BenchSettings> = {
  name: "bytes-per-grant",
  title: `bytes on disk of each of ${GRANTS.toLocaleString("en")} grants, and of what a refresh writes`,
  onRequest: "takes a minute, and has no target",
  run: (settings) =>
    withPostgres(settings, async (freshDatabase) => ({
      rows: [
        ...(await measure("SQLite", join(settings.directory, "bytes.db"))),
        ...(await measure("Postgres", await freshDatabase())),
      ],
      figures: [],
    })),
};

async function measure(where: string, database: string): Promise<readonly Row[]> {
  await makeGrants(database, { count: GRANTS, resource: RESOURCE });
  const rows = [row(`${where}, a grant`, await sizeOf(database, "grants"), GRANTS)];
  const { store, close } = await openStore({ database });
  try {
    const written = await writtenBy(database, () => refreshAll(store, database));
    const count = GRANTS * REFRESHES_OF_EACH;
    rows.push(
      row(
        `${where}, the same, refreshed ${REFRESHES_OF_EACH} times`,
        await sizeOf(database, "grants"),
        GRANTS,
      ),
      { name: `${where}, a refresh`, values: [`${bytes(written / count)} written`] },
    );
    const used = await writtenBy(database, () => useAll(store, database));
    rows.push({
      name: `${where}, a first use, ${USES_TOGETHER} together`,
      values: [`${bytes(used / GRANTS)} written`],
    });
    await registerClients(store);
    rows.push(row(`${where}, a client that registered`, await sizeOf(database, "clients"), CLIENTS));
    await audit(store, database);
    rows.push(row(`${where}, a row of the audit log`, await sizeOf(database, "audit"), AUDITED));
  } finally {
    await close();
  }
  return rows;
}

/** Each grant in turn, over and over, so that a row has rested before it is written again. */
async function refreshAll(store: Store, database: string): Promise<void> {
  const ids = await someGrants(database, GRANTS);
  for (let presented = 1; presented <= REFRESHES_OF_EACH; presented += 1) {
    await each(ids, async (id) => {
      const now = Date.now();
      const refreshExpiresAt = now + YEAR_MS;
      await store.rotateRefresh({ id, clientId: SQL_CLIENT_ID, presented, refreshExpiresAt, now });
    });
  }
}

/** An access token of each grant, in the batches in which an instance writes them. */
async function useAll(store: Store, database: string): Promise<void> {
  const ids = await someGrants(database, GRANTS);
  for (let index = 0; index < ids.length; index += USES_TOGETHER) {
    const batch = ids.slice(index, index + USES_TOGETHER);
    await store.recordUses(
      batch.map((grantId) => ({ grantId, generation: REFRESHES_OF_EACH + 1 })),
      Date.now(),
    );
  }
}

async function registerClients(store: Store): Promise<void> {
  const [known] = await store.listClients();
  if (!known) throw new Error("the client of the grants is gone");
  const { liveGrants: _, ...client } = known;
  const numbers = Array.from({ length: CLIENTS }, (_, number) => number);
  // As long as the id of a client that registers.
  const idOf = (number: number) => `dcr_${String(number).padStart(43, "x")}`;
  await each(numbers, (number) => store.addClient({ ...client, id: idOf(number) }, "unaudited"));
}

/** The most usual rows: three for each grant. */
async function audit(store: Store, database: string): Promise<void> {
  const grants = await someGrants(database, AUDITED);
  await each([...grants.entries()], ([number, grant]) =>
    store.recordAudit({
      event: "code.redeemed",
      at: Date.now(),
      fields: {
        grant,
        client: SQL_CLIENT_ID,
        person: `person-${number}`,
        address: "203.0.113.9",
        correlationId: "abcdefghijkl",
      },
    }),
  );
}

async function each<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  const left = items.values();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const item of left) await work(item);
    }),
  );
}

type Size = { readonly table: number; readonly indexes: number };

async function sizeOf(database: string, table: "grants" | "clients" | "audit"): Promise<Size> {
  if (isPostgresUrl(database)) {
    const [size] = await query(
      database,
      `SELECT pg_table_size('${table}') AS "table", pg_indexes_size('${table}') AS indexes`,
    );
    return { table: Number(size?.table), indexes: Number(size?.indexes) };
  }
  const file = new DatabaseSync(database);
  try {
    file.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    const size = file
      .prepare(
        `SELECT sum(pgsize) FILTER (WHERE type = 'table') AS "table", sum(pgsize) FILTER (WHERE type = 'index') AS indexes
         FROM dbstat JOIN sqlite_schema USING (name) WHERE tbl_name = ?`,
      )
      .get(table);
    return { table: Number(size?.table), indexes: Number(size?.indexes) };
  } finally {
    file.close();
  }
}

/** The bytes that work sends to the disk: of Postgres' log, and of this process, where the system counts them. */
async function writtenBy(database: string, work: () => Promise<void>): Promise<number> {
  const before = await writtenSoFar(database);
  await work();
  return (await writtenSoFar(database)) - before;
}

async function writtenSoFar(database: string): Promise<number> {
  if (isPostgresUrl(database)) {
    const [log] = await query(database, "SELECT pg_current_wal_lsn() - '0/0' AS bytes");
    return Number(log?.bytes);
  }
  if (process.platform !== "linux") return Number.NaN;
  return Number(/^write_bytes: (\d+)$/m.exec(readFileSync("/proc/self/io", "utf8"))?.[1]);
}

async function query(database: string, sql: string): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client(database);
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

function row(name: string, { table, indexes }: Size, count: number): Row {
  return {
    name,
    values: [
      `${bytes((table + indexes) / count)}`,
      `${bytes(table / count)} in the table`,
      `${bytes(indexes / count)} in its indexes`,
    ],
  };
}

function bytes(count: number): string {
  return `${Math.round(count).toLocaleString("en")} bytes`;
}
