import type { Dialect } from "../migrations/migration.ts";
import { type Given, prepare, type QueryBuilder } from "../query.ts";
import { lockedRows } from "./held-rows.ts";

/** A person's row, until the commit: of what they change about themselves, one thing at a time. Returns no row for one who is not there. */
export function lockOne(db: QueryBuilder, dialect: Dialect) {
  return prepare(
    (given: Given<{ id: string }>) =>
      lockedRows(db.selectFrom("people").select("id").where("id", "=", given("id")), dialect),
    (row) => row.id,
  );
}
