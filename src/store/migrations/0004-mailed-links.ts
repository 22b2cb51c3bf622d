import type { Migration } from "./migration.ts";

/** Mails with a code beside the link (decision 0046). Only adds. */
export const mailedLinks: Migration = {
  name: "0004-mailed-links",
  needs: "0001-first-release",
  up: (db) =>
    (
      [
        ["code_mac", "text"],
        ["tries", "bigint"],
        ["sealed", "text"],
      ] as const
    ).map(([name, type]) => db.schema.alterTable("one_time_links").addColumn(name, type)),
};
