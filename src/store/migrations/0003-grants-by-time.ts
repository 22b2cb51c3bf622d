import type { Migration } from "./migration.ts";

/** The list of grants begins with the newest, and does not read the others. */
export const grantsByTime: Migration = {
  name: "0003-grants-by-time",
  needs: "0001-initial",
  up: (db) => [db.schema.createIndex("grants_created_at").on("grants").column("created_at")],
};
