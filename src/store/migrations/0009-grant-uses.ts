import type { Migration } from "./migration.ts";

/**
 * What is known of the use of a grant's access tokens. Code before this step writes neither column: a rotation of its own
 * leaves `unused_generation` behind, and then only the grace window excuses an old refresh token, as it did before.
 */
export const grantUses: Migration = {
  name: "0009-grant-uses",
  needs: "0001-initial",
  up: (db) => [
    db.schema.alterTable("grants").addColumn("unused_generation", "bigint"),
    db.schema.alterTable("grants").addColumn("used_at", "bigint"),
  ],
};
