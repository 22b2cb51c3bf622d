import { type Announced, announce } from "./announced.ts";
import type { Migration } from "./migration.ts";

/** A table of its own: an id may be disabled whether its client has a row, is to be fetched, or is in the options. */
export const disabledClients: Migration = {
  name: "0006-disabled-clients",
  needs: "0001-initial",
  up: (db, dialect) => [
    db.schema
      .createTable("disabled_clients")
      .addColumn("id", "text", (column) => column.notNull().primaryKey())
      .addColumn("disabled_at", "bigint", (column) => column.notNull()),
    ...ANNOUNCED.map((announced) => announce(db, dialect, announced)),
  ],
};

const ANNOUNCED: readonly Announced[] = [
  {
    trigger: "changes_client_disabled",
    when: "INSERT",
    table: "disabled_clients",
    kind: "client_disabled",
    row: "NEW",
    column: "id",
  },
  {
    trigger: "changes_client_enabled",
    when: "DELETE",
    table: "disabled_clients",
    kind: "client_enabled",
    row: "OLD",
    column: "id",
  },
];
