import type { Migration } from "./migration.ts";

/** What a person lets a client act in (decision 0050). Only adds. */
export const organizations: Migration = {
  name: "0008-organizations",
  needs: "0001-first-release",
  up: (db) => [db.schema.alterTable("grants").addColumn("organization", "text")],
};
