import { announce } from "./announced.ts";
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
    ...(["INSERT", "DELETE"] as const).map((when) =>
      announce(db, dialect, {
        trigger: `changes_disabled_client_${when.toLowerCase()}`,
        when,
        table: "disabled_clients",
        kind: "disabled_clients",
        row: when === "DELETE" ? "OLD" : "NEW",
        column: "id",
      }),
    ),
  ],
};
