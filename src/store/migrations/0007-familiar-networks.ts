import type { Migration } from "./migration.ts";

/** The networks from which people have signed in: with SQLite they were in memory until now, and ended with the process. */
export const familiarNetworks: Migration = {
  name: "0007-familiar-networks",
  needs: "0001-initial",
  up: (db) => [
    db.schema
      .createTable("familiar_networks")
      .addColumn("name", "text", (column) => column.notNull())
      .addColumn("network", "text", (column) => column.notNull())
      .addColumn("person", "text", (column) => column.notNull())
      .addColumn("ends_at", "bigint", (column) => column.notNull())
      .addPrimaryKeyConstraint("familiar_networks_key", ["name", "network"]),
    db.schema.createIndex("familiar_networks_ends_at").on("familiar_networks").column("ends_at"),
  ],
};
