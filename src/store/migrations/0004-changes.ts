import type { Compilable } from "kysely";
import type { QueryBuilder } from "../query.ts";
import { type Announced, announce, raw } from "./announced.ts";
import type { Dialect, Migration } from "./migration.ts";

/**
 * What every process must hear of is announced by the database itself, in the commit that changes it: whoever changes
 * it, be it the previous version or an operator by hand.
 */
export const changes: Migration = {
  name: "0004-changes",
  needs: "0001-initial",
  up: (db, dialect) => [
    ...DIALECTS[dialect](db),
    ...ANNOUNCED.map((announced) => announce(db, dialect, announced)),
    db.schema.createIndex("changes_made_at").on("changes").column("made_at"),
  ],
};

/** None of these is on the path of a request but a revocation's; a refresh fires none. */
const ANNOUNCED: readonly Announced[] = [
  {
    trigger: "changes_grant_revoked",
    when: "UPDATE OF revoked_at",
    table: "grants",
    condition: "OLD.revoked_at IS NULL AND NEW.revoked_at IS NOT NULL",
    kind: "grant_revoked",
    row: "NEW",
    column: "id",
  },
  {
    trigger: "changes_client_removed",
    when: "DELETE",
    table: "clients",
    kind: "client_removed",
    row: "OLD",
    column: "id",
  },
  ...(["INSERT", "UPDATE", "DELETE"] as const).map(
    (when): Announced => ({
      trigger: `changes_signing_key_${when.toLowerCase()}`,
      when,
      table: "signing_keys",
      kind: "signing_keys",
      row: when === "DELETE" ? "OLD" : "NEW",
      column: "kid",
    }),
  ),
];

const DIALECTS: Readonly<Record<Dialect, (db: QueryBuilder) => readonly Compilable[]>> = {
  sqlite: (db) => [
    raw(
      db,
      `CREATE TABLE changes (
        id integer PRIMARY KEY AUTOINCREMENT,
        kind text NOT NULL,
        subject text NOT NULL,
        made_at bigint NOT NULL
      )`,
    ),
  ],
  postgres: (db) => [
    raw(
      db,
      `CREATE TABLE changes (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        kind text NOT NULL,
        subject text NOT NULL,
        made_at bigint NOT NULL
      )`,
    ),
    // The lock is held to the commit: rows can be seen in the order of their ids, so that whoever has seen one has seen
    // all before it. Of several notifications in one commit, one is sent. Whoever makes a change by hand may have another
    // search_path than we.
    raw(
      db,
      `CREATE FUNCTION gatehouse_announce() RETURNS trigger LANGUAGE plpgsql AS $$
      DECLARE
        changed jsonb := to_jsonb(CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END);
      BEGIN
        PERFORM pg_advisory_xact_lock(${CHANGES_LOCK});
        EXECUTE format('INSERT INTO %I.changes (kind, subject, made_at) VALUES ($1, $2, $3)', TG_TABLE_SCHEMA)
        USING TG_ARGV[0], changed ->> TG_ARGV[1], (extract(epoch FROM clock_timestamp()) * 1000)::bigint;
        PERFORM pg_notify('gatehouse_changes', '');
        RETURN NULL;
      END
      $$`,
    ),
  ],
};

/** Whoever holds this advisory lock announces: "news" as a number. */
const CHANGES_LOCK = 0x6e657773;
