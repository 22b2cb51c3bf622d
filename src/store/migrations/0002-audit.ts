import type { QueryBuilder } from "../query.ts";
import type { Dialect, Migration } from "./migration.ts";

export const audit: Migration = {
  name: "0002-audit",
  needs: "0001-initial",
  up: (db, dialect) => [
    numbered(db.schema.createTable("audit"), dialect)
      .addColumn("at", "bigint", (column) => column.notNull())
      .addColumn("event", "text", (column) => column.notNull())
      .addColumn("outcome", "text", (column) => column.notNull())
      .addColumn("operator", "text")
      .addColumn("person_id", "text")
      .addColumn("client_id", "text")
      .addColumn("grant_id", "text")
      .addColumn("address", "text")
      .addColumn("correlation_id", "text")
      .addColumn("reason", "text")
      .addColumn("details", "text"),
    db.schema.createIndex("audit_at").on("audit").columns(["at", "id"]),
    ...(["person_id", "client_id", "grant_id"] as const).map((column) => concerning(db, column)),
  ],
};

/** Numbers that the database gives, in the order in which rows begin to be. None is given twice. */
function numbered(
  table: ReturnType<QueryBuilder["schema"]["createTable"]>,
  dialect: Dialect,
): ReturnType<QueryBuilder["schema"]["createTable"]> {
  return dialect === "sqlite"
    ? table.addColumn("id", "integer", (column) => column.primaryKey().autoIncrement())
    : table.addColumn("id", "bigint", (column) => column.primaryKey().generatedByDefaultAsIdentity());
}

/** The rows of one person, client or grant, by time. */
function concerning(db: QueryBuilder, column: "person_id" | "client_id" | "grant_id") {
  return db.schema
    .createIndex(`audit_${column}`)
    .on("audit")
    .columns([column, "at", "id"])
    .where(column, "is not", null);
}
