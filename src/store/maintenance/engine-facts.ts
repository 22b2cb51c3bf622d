import { statfsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { Query } from "../query.ts";
import type { EngineFacts } from "./check.ts";
import type { Database } from "./database.ts";

/** What only SQLite can tell. @param file where the database is */
export async function sqliteFacts({ run }: Pick<Database, "run">, file: string): Promise<EngineFacts> {
  const [version = ""] = await run(text("SELECT sqlite_version() AS answer"));
  const { bavail, bsize } = statfsSync(dirname(resolve(file)));
  return {
    version: `SQLite ${version}`,
    space: { bytes: await sizeOf(run), freeBytes: bavail * bsize },
    damage: await damageOf(run),
  };
}

/** With what is in the write-ahead log alone so far: while a server runs, that may be most of it. */
async function sizeOf(run: Database["run"]): Promise<number> {
  const [bytes = "0"] = await run(
    text("SELECT page_count * page_size AS answer FROM pragma_page_count(), pragma_page_size()"),
  );
  return Number(bytes);
}

async function damageOf(run: Database["run"]): Promise<readonly string[]> {
  try {
    const found = await run(QUICK_CHECK);
    return found.filter((answer) => answer !== "ok");
  } catch (error) {
    // So damaged that it cannot be looked through.
    return [error instanceof Error ? error.message : String(error)];
  }
}

/** The first ten findings: who has one needs no more. */
const QUICK_CHECK: Query<string> = {
  sql: "PRAGMA quick_check(10)",
  parameters: [],
  parse: (row) => String((row as { quick_check: unknown }).quick_check),
};

/** What only Postgres can tell. */
export async function postgresFacts({ run }: Pick<Database, "run">): Promise<EngineFacts> {
  const [version = ""] = await run(text("SELECT version() AS answer"));
  const [readOnly] = await run(text("SELECT current_setting('transaction_read_only') AS answer"));
  return {
    // "PostgreSQL 18.1 on x86_64-pc-linux-gnu, compiled by …": what it is, and not how it was made.
    version: version.split(/ on |,/)[0] ?? version,
    isReadOnly: readOnly === "on",
    clockAheadMs: await clockAhead(run),
  };
}

const ATTEMPTS = 3;

/** Of several attempts the one with the fastest answer: half of the way is what is not known. */
async function clockAhead(run: Database["run"]): Promise<number> {
  let best = { wayMs: Number.POSITIVE_INFINITY, aheadMs: 0 };
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const [asked, startedAt] = [Date.now(), performance.now()];
    const [there = asked] = await run(CLOCK);
    const wayMs = performance.now() - startedAt;
    if (wayMs < best.wayMs) best = { wayMs, aheadMs: Math.round(there - (asked + wayMs / 2)) };
  }
  return best.aheadMs;
}

const CLOCK: Query<number> = {
  sql: "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS answer",
  parameters: [],
  parse: (row) => Number((row as { answer: unknown }).answer),
};

function text(sql: string): Query<string> {
  return { sql, parameters: [], parse: (row) => String((row as { answer: unknown }).answer) };
}
