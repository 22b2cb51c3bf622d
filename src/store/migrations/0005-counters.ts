import type { Migration } from "./migration.ts";

/** What all instances on one Postgres count together. With SQLite it is counted in memory. */
export const counters: Migration = {
  name: "0005-counters",
  needs: "0001-initial",
  up: (db, dialect) =>
    dialect === "sqlite"
      ? []
      : [
          db.schema
            .createTable("counters")
            .addColumn("key", "text", (column) => column.notNull().primaryKey())
            .addColumn("counted", "bigint", (column) => column.notNull())
            .addColumn("most", "bigint", (column) => column.notNull())
            .addColumn("ends_at", "bigint", (column) => column.notNull()),
          db.schema.createIndex("counters_ends_at").on("counters").column("ends_at"),
        ],
};
