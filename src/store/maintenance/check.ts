import { CLOCK_SKEW_SECONDS } from "../../core/clock-skew.ts";
import { isUnreleased, unreleasedProblem } from "../migrations/unreleased.ts";
import { countRows } from "./copy-table.ts";
import type { Database } from "./database.ts";
import { type SchemaState, schemaStateOf } from "./schema-state.ts";
import { TABLES } from "./tables.ts";

/** What there is to know of a database before a server is started on it. */
export type DatabaseFacts = {
  readonly name: string;
  /** The database's own, as it says it: "SQLite 3.53.4". */
  readonly version: string;
  /** Undefined where it has none of our tables. */
  readonly schema: SchemaState | undefined;
  /** By the names of the tables; empty where the schema is not one that this version knows. */
  readonly rows: Readonly<Record<string, number>>;
  /** SQLite: of the file, and free on its disk. */
  readonly space?: { readonly bytes: number; readonly freeBytes: number };
  /** SQLite: what is damaged, in SQLite's words. */
  readonly damage?: readonly string[];
  /** Postgres: by how much its clock is ahead of this machine's. */
  readonly clockAheadMs?: number;
  /** Postgres: a standby, or one that was made read-only. */
  readonly isReadOnly?: boolean;
};

/** What only a database of one kind can tell. */
export type EngineFacts = Omit<DatabaseFacts, "name" | "schema" | "rows">;

export async function factsOf(database: Database, own: EngineFacts): Promise<DatabaseFacts> {
  // What a damaged file answers is worth nothing.
  if (isDamaged(own)) return { name: database.name, schema: undefined, rows: {}, ...own };
  const schema = await schemaStateOf(database);
  const rows: Record<string, number> = {};
  if (schema?.pending.length === 0) {
    for (const table of TABLES) rows[table.name] = await countRows(database, table);
  }
  return { name: database.name, schema, rows, ...own };
}

/** A write-ahead log that cannot grow stops every refresh. */
const LITTLE_SPACE_BYTES = 100 * 1024 * 1024;
/** Of what the servers forgive one another, half: the next machine may be off in the other direction. */
const CLOCKS_APART_MS = (CLOCK_SKEW_SECONDS * 1000) / 2;

const UNITS = ["bytes", "KB", "MB", "GB", "TB"];

/** A number of bytes as people read it: "1.4 GB". */
export function sizeText(bytes: number): string {
  const power = Math.min(Math.floor(Math.log(Math.max(bytes, 1)) / Math.log(1024)), UNITS.length - 1);
  const value = bytes / 1024 ** power;
  return `${value.toLocaleString("en", { maximumFractionDigits: 1 })} ${UNITS[power]}`;
}

/** What is wrong, each in one sentence that says what to do. */
export function problemsOf(facts: DatabaseFacts): readonly string[] {
  const { space, damage = [], clockAheadMs = 0, isReadOnly } = facts;
  if (isDamaged(facts)) {
    return [`The file is damaged (${damage.join("; ")}). Stop the server, and restore the last backup.`];
  }
  const problems = [...schemaProblems(facts)];
  if (space && space.freeBytes < LITTLE_SPACE_BYTES) {
    problems.push(
      `Only ${sizeText(space.freeBytes)} are free on the disk of the database. Free some: a full disk stops every sign-in.`,
    );
  }
  if (Math.abs(clockAheadMs) > CLOCKS_APART_MS) {
    const direction = clockAheadMs > 0 ? "ahead of" : "behind";
    problems.push(
      `The database's clock is ${seconds(clockAheadMs)} ${direction} this machine's. Synchronize both clocks (NTP).`,
    );
  }
  if (isReadOnly) {
    problems.push("The database takes no writes: it is a standby, or was made read-only. Name the primary.");
  }
  return problems;
}

export function isDamaged({ damage = [] }: Pick<DatabaseFacts, "damage">): boolean {
  return damage.length > 0;
}

function schemaProblems({ name, schema }: DatabaseFacts): readonly string[] {
  if (!schema) return ["It has no tables of Gatehouse yet. A server makes them when it starts."];
  const { applied, pending, unknown, isUnfinishedCopy } = schema;
  if (isUnreleased(applied)) return [unreleasedProblem(name)];
  return [
    ...(pending.length === 0
      ? []
      : [
          `It lacks ${pending.join(", ")}. A server of this version brings it up to date when it starts; so does gatehouse database migrate.`,
        ]),
    ...(unknown.length === 0
      ? []
      : [`It has ${unknown.join(", ")}, which this version does not know. Use the version that made it.`]),
    ...(isUnfinishedCopy
      ? ["It is being copied to, and not all of it is there. Run the same gatehouse database copy again."]
      : []),
  ];
}

function seconds(milliseconds: number): string {
  return `${Math.round(Math.abs(milliseconds) / 1000)} seconds`;
}
