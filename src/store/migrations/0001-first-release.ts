import type { Compilable } from "kysely";
import type { QueryBuilder } from "../query.ts";
import { type Announced, announce, raw } from "./announced.ts";
import type { Dialect, Migration } from "./migration.ts";

/** The schema of the first release. What each column means is said in ../schema.ts. */
export const firstRelease: Migration = {
  name: "0001-first-release",
  needs: "0001-first-release",
  up: (db, dialect) => [
    ...clients(db),
    ...grants(db),
    ...CLIENT_APPROVED[dialect].map((statement) => raw(db, statement)),
    signingKeys(db),
    ...assertions(db),
    ...familiarNetworks(db),
    ...audit(db, dialect),
    ...(dialect === "sqlite" ? [] : counters(db)),
    ...CHANGES[dialect].map((statement) => raw(db, statement)),
    db.schema.createIndex("changes_made_at").on("changes").column("made_at"),
    ...ANNOUNCED.map((announced) => announce(db, dialect, announced)),
  ],
};

/** An id may be disabled whether its client has a row, is yet to be fetched, or is in the options: a table of its own. */
function clients(db: QueryBuilder): readonly Compilable[] {
  return [
    db.schema
      .createTable("clients")
      .addColumn("id", "text", (column) => column.notNull().primaryKey())
      .addColumn("origin", "text", (column) => column.notNull())
      .addColumn("name", "text")
      .addColumn("redirect_uris", "text", (column) => column.notNull())
      .addColumn("authentication_method", "text", (column) => column.notNull())
      .addColumn("secret_hash", "text")
      .addColumn("jwks", "text")
      .addColumn("jwks_uri", "text")
      .addColumn("grant_types", "text", (column) => column.notNull())
      .addColumn("scopes", "text", (column) => column.notNull())
      .addColumn("client_uri", "text")
      .addColumn("logo_uri", "text")
      .addColumn("application_type", "text", (column) => column.notNull())
      .addColumn("created_at", "bigint", (column) => column.notNull())
      .addColumn("fetched_at", "bigint")
      .addColumn("fresh_until", "bigint")
      .addColumn("due_at", "bigint")
      .addColumn("unapproved_since", "bigint"),
    db.schema.createIndex("clients_due_at").on("clients").column("due_at").where("due_at", "is not", null),
    db.schema
      .createIndex("clients_unapproved_since")
      .on("clients")
      .column("unapproved_since")
      .where("unapproved_since", "is not", null),
    db.schema
      .createTable("disabled_clients")
      .addColumn("id", "text", (column) => column.notNull().primaryKey())
      .addColumn("disabled_at", "bigint", (column) => column.notNull()),
  ];
}

function grants(db: QueryBuilder): readonly Compilable[] {
  return [
    db.schema
      .createTable("grants")
      .addColumn("id", "text", (column) => column.notNull().primaryKey())
      .addColumn("client_id", "text", (column) => column.notNull())
      .addColumn("client_name", "text")
      .addColumn("person_id", "text", (column) => column.notNull())
      .addColumn("person", "text", (column) => column.notNull())
      .addColumn("resource", "text", (column) => column.notNull())
      .addColumn("scopes", "text", (column) => column.notNull())
      .addColumn("redirect_uri", "text", (column) => column.notNull())
      .addColumn("code_challenge", "text", (column) => column.notNull())
      .addColumn("code_expires_at", "bigint", (column) => column.notNull())
      .addColumn("redeemed_at", "bigint")
      .addColumn("generation", "bigint", (column) => column.notNull())
      .addColumn("rotated_at", "bigint")
      .addColumn("unused_generation", "bigint")
      .addColumn("used_at", "bigint")
      .addColumn("refresh_expires_at", "bigint", (column) => column.notNull())
      .addColumn("ends_at", "bigint", (column) => column.notNull())
      .addColumn("created_at", "bigint", (column) => column.notNull())
      .addColumn("revoked_at", "bigint")
      .addColumn("revoked_reason", "text")
      .addColumn("due_at", "bigint", (column) => column.notNull()),
    // None of these has a column that a refresh changes: it writes the one row and nothing else.
    db.schema.createIndex("grants_client").on("grants").columns(["client_id", "created_at"]),
    db.schema.createIndex("grants_person").on("grants").columns(["person_id", "created_at"]),
    db.schema
      .createIndex("grants_revoked_at")
      .on("grants")
      .column("revoked_at")
      .where("revoked_at", "is not", null),
    db.schema.createIndex("grants_due_at").on("grants").column("due_at"),
    // The list of grants begins with the newest, and does not read the others.
    db.schema.createIndex("grants_created_at").on("grants").column("created_at"),
  ];
}

/** The database itself says that a client waits for no approval any more, in the commit that keeps its first grant. */
const CLIENT_APPROVED: Readonly<Record<Dialect, readonly string[]>> = {
  sqlite: [
    `CREATE TRIGGER client_approved AFTER INSERT ON grants BEGIN
      UPDATE clients SET unapproved_since = NULL WHERE id = NEW.client_id AND unapproved_since IS NOT NULL;
    END`,
  ],
  postgres: [
    `CREATE FUNCTION gatehouse_client_approved() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      EXECUTE format(
        'UPDATE %I.clients SET unapproved_since = NULL WHERE id = $1 AND unapproved_since IS NOT NULL',
        TG_TABLE_SCHEMA
      ) USING NEW.client_id;
      RETURN NULL;
    END
    $$`,
    `CREATE TRIGGER client_approved AFTER INSERT ON grants FOR EACH ROW
    EXECUTE FUNCTION gatehouse_client_approved()`,
  ],
};

function signingKeys(db: QueryBuilder): Compilable {
  return db.schema
    .createTable("signing_keys")
    .addColumn("kid", "text", (column) => column.notNull().primaryKey())
    .addColumn("ordinal", "integer", (column) => column.notNull().unique())
    .addColumn("algorithm", "text", (column) => column.notNull())
    .addColumn("public_jwk", "text", (column) => column.notNull())
    .addColumn("sealed_private_jwk", "text", (column) => column.notNull())
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .addColumn("signs_from", "bigint", (column) => column.notNull())
    .addColumn("signs_until", "bigint")
    .addColumn("published_until", "bigint");
}

function assertions(db: QueryBuilder): readonly Compilable[] {
  return [
    db.schema
      .createTable("assertions")
      .addColumn("client_id", "text", (column) => column.notNull())
      .addColumn("jti", "text", (column) => column.notNull())
      .addColumn("expires_at", "bigint", (column) => column.notNull())
      .addPrimaryKeyConstraint("assertions_key", ["client_id", "jti"]),
    db.schema.createIndex("assertions_expires_at").on("assertions").column("expires_at"),
  ];
}

function familiarNetworks(db: QueryBuilder): readonly Compilable[] {
  return [
    db.schema
      .createTable("familiar_networks")
      .addColumn("name", "text", (column) => column.notNull())
      .addColumn("network", "text", (column) => column.notNull())
      .addColumn("person", "text", (column) => column.notNull())
      .addColumn("ends_at", "bigint", (column) => column.notNull())
      .addPrimaryKeyConstraint("familiar_networks_key", ["name", "network"]),
    db.schema.createIndex("familiar_networks_ends_at").on("familiar_networks").column("ends_at"),
  ];
}

/** Its numbers are the database's, in the order in which rows begin to be. None is given twice. */
function audit(db: QueryBuilder, dialect: Dialect): readonly Compilable[] {
  const table = db.schema.createTable("audit");
  const numbered =
    dialect === "sqlite"
      ? table.addColumn("id", "integer", (column) => column.primaryKey().autoIncrement())
      : table.addColumn("id", "bigint", (column) => column.primaryKey().generatedByDefaultAsIdentity());
  return [
    numbered
      .addColumn("at", "bigint", (column) => column.notNull())
      .addColumn("event", "text", (column) => column.notNull())
      .addColumn("outcome", "text", (column) => column.notNull())
      .addColumn("operator", "text")
      .addColumn("person_id", "text")
      .addColumn("client_id", "text")
      .addColumn("grant_id", "text")
      .addColumn("address", "text")
      .addColumn("correlation_id", "text")
      .addColumn("reason", "text")
      .addColumn("details", "text"),
    db.schema.createIndex("audit_at").on("audit").columns(["at", "id"]),
    // The rows of one person, client or grant, by time.
    ...(["person_id", "client_id", "grant_id"] as const).map((column) =>
      db.schema
        .createIndex(`audit_${column}`)
        .on("audit")
        .columns([column, "at", "id"])
        .where(column, "is not", null),
    ),
  ];
}

/** What all instances on one Postgres count together. With SQLite it is counted in memory. */
function counters(db: QueryBuilder): readonly Compilable[] {
  return [
    db.schema
      .createTable("counters")
      .addColumn("key", "text", (column) => column.notNull().primaryKey())
      .addColumn("counted", "bigint", (column) => column.notNull())
      .addColumn("most", "bigint", (column) => column.notNull())
      .addColumn("ends_at", "bigint", (column) => column.notNull()),
    db.schema.createIndex("counters_ends_at").on("counters").column("ends_at"),
  ];
}

/** Whoever holds this advisory lock announces: "news" as a number. */
const CHANGES_LOCK = 0x6e657773;

/** What every process must learn of, announced by the database itself in the commit that changes it. */
const CHANGES: Readonly<Record<Dialect, readonly string[]>> = {
  sqlite: [
    `CREATE TABLE changes (
      id integer PRIMARY KEY AUTOINCREMENT,
      kind text NOT NULL,
      subject text NOT NULL,
      made_at bigint NOT NULL
    )`,
  ],
  postgres: [
    `CREATE TABLE changes (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      kind text NOT NULL,
      subject text NOT NULL,
      made_at bigint NOT NULL
    )`,
    // The lock is held to the commit: rows can be seen in the order of their ids, so that a reader that has seen one has
    // seen all before it. Of several notifications in one commit, one is sent. A change that is made by hand may come with
    // another search_path than ours.
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
