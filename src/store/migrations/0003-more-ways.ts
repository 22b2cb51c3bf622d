import type { Migration } from "./migration.ts";

/** What counts the uses of a credential: a passkey's signatures, the steps of one-time codes (decision 0044). Only adds. */
export const moreWays: Migration = {
  name: "0003-more-ways",
  needs: "0001-first-release",
  up: (db) => [db.schema.alterTable("credentials").addColumn("counter", "bigint")],
};
