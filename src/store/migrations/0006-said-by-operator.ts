import { raw } from "./announced.ts";
import type { Migration } from "./migration.ts";

/** Of whom the operator says who they are, so that no sign-in changes it (decision 0038). Only adds. */
export const saidByOperator: Migration = {
  name: "0006-said-by-operator",
  needs: "0001-first-release",
  up: (db) => [
    db.schema
      .alterTable("people")
      .addColumn("said_by_operator", "integer", (column) => column.notNull().defaultTo(0)),
    raw(db, THOSE_WHO_ARE_THERE),
  ],
};

/** Only the operator's commands and invitations have ever given someone a username or a password. */
const THOSE_WHO_ARE_THERE = `UPDATE people SET said_by_operator = 1
  WHERE id IN (SELECT person_id FROM credentials WHERE kind = 'password')
    OR id IN (SELECT person_id FROM identities WHERE method = 'users')`;
