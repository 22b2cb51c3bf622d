import { type Announced, announce } from "./announced.ts";
import type { Migration } from "./migration.ts";

/** What people have at other services, for tools that act there as them (decision 0054). Only adds. */
export const upstreams: Migration = {
  name: "0010-upstreams",
  needs: "0001-first-release",
  up: (db, dialect) => [
    db.schema
      .createTable("upstream_credentials")
      .addColumn("person_id", "text", (column) => column.notNull())
      .addColumn("upstream", "text", (column) => column.notNull())
      .addColumn("kind", "text", (column) => column.notNull())
      .addColumn("sealed", "text", (column) => column.notNull())
      .addColumn("scopes", "text", (column) => column.notNull())
      .addColumn("account", "text", (column) => column.notNull())
      .addColumn("version", "text", (column) => column.notNull())
      .addColumn("refreshing_until", "bigint")
      .addColumn("created_at", "bigint", (column) => column.notNull())
      .addColumn("used_at", "bigint")
      .addColumn("expires_at", "bigint")
      .addColumn("dead_at", "bigint")
      .addPrimaryKeyConstraint("upstream_credentials_key", ["person_id", "upstream"]),
    ...ANNOUNCED.map((announced) => announce(db, dialect, announced)),
  ],
};

const CHANGED = {
  table: "upstream_credentials",
  column: "person_id",
  kind: "upstream_changed",
  atCommit: true,
} as const;

/**
 * What other instances have in memory ends with the connection, and where it takes the place of another. A refresh announces
 * nothing: what it replaces ends by itself, everywhere at the same time.
 */
const ANNOUNCED: readonly Announced[] = [
  {
    ...CHANGED,
    trigger: "changes_upstream_replaced",
    when: "UPDATE OF created_at, dead_at",
    condition: "NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.dead_at IS DISTINCT FROM OLD.dead_at",
    row: "NEW",
  },
  { ...CHANGED, trigger: "changes_upstream_removed", when: "DELETE", row: "OLD" },
];
