import { sql } from "kysely";
import type { Migration } from "./migration.ts";

/** Why a grant's client was last refused, and an index of what ended the grants of many (decision 0051). Only adds. */
export const timeline: Migration = {
  name: "0009-timeline",
  needs: "0001-first-release",
  up: (db) => [
    db.schema.alterTable("grants").addColumn("refused_at", "bigint"),
    db.schema.alterTable("grants").addColumn("refusal", "text"),
    // What the operator did that is of no one person. Of a client's entries, nearly all are people's.
    db.schema
      .createIndex("audit_operator")
      .on("audit")
      .columns(["client_id", "at"])
      .where(sql.ref("operator"), "is not", null)
      .where(sql.ref("person_id"), "is", null),
  ],
};
