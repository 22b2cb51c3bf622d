import type { Migration } from "./migration.ts";

/** Which clients' approvals are remembered, and what a client was when a person approved it (decision 0049). Only adds. */
export const rememberedConsent: Migration = {
  name: "0005-remembered-consent",
  needs: "0001-first-release",
  up: (db) => [
    db.schema
      .alterTable("clients")
      .addColumn("remembers_consent", "integer", (column) => column.notNull().defaultTo(0)),
    db.schema.alterTable("grants").addColumn("approved_as", "text"),
  ],
};
