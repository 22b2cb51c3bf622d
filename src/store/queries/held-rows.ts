import type { SelectQueryBuilder } from "kysely";
import type { Dialect } from "../migrations/migration.ts";
import type { Schema } from "../schema.ts";

/**
 * The rows that a statement reads, as they are until its commit. A change of them that is under way is waited for, and then
 * they are read as it left them. SQLite has one writer at a time, and needs no lock.
 */
export function heldRows<Tables extends keyof Schema, Row>(
  rows: SelectQueryBuilder<Schema, Tables, Row>,
  dialect: Dialect,
): SelectQueryBuilder<Schema, Tables, Row> {
  return dialect === "postgres" ? rows.forShare() : rows;
}

/** The same for what changes them, or what hangs on them, next: one at a time. */
export function lockedRows<Tables extends keyof Schema, Row>(
  rows: SelectQueryBuilder<Schema, Tables, Row>,
  dialect: Dialect,
): SelectQueryBuilder<Schema, Tables, Row> {
  return dialect === "postgres" ? rows.forUpdate() : rows;
}
