import type { Migration } from "./migration.ts";

export const initial: Migration = {
  name: "0001-initial",
  needs: "0001-initial",
  up: (db) => [
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
      .addColumn("due_at", "bigint"),
    db.schema.createIndex("clients_due_at").on("clients").column("due_at").where("due_at", "is not", null),

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

    db.schema
      .createTable("signing_keys")
      .addColumn("kid", "text", (column) => column.notNull().primaryKey())
      .addColumn("ordinal", "integer", (column) => column.notNull().unique())
      .addColumn("algorithm", "text", (column) => column.notNull())
      .addColumn("public_jwk", "text", (column) => column.notNull())
      .addColumn("sealed_private_jwk", "text", (column) => column.notNull())
      .addColumn("created_at", "bigint", (column) => column.notNull())
      .addColumn("signs_from", "bigint", (column) => column.notNull())
      .addColumn("signs_until", "bigint")
      .addColumn("published_until", "bigint"),

    db.schema
      .createTable("assertions")
      .addColumn("client_id", "text", (column) => column.notNull())
      .addColumn("jti", "text", (column) => column.notNull())
      .addColumn("expires_at", "bigint", (column) => column.notNull())
      .addPrimaryKeyConstraint("assertions_key", ["client_id", "jti"]),
    db.schema.createIndex("assertions_expires_at").on("assertions").column("expires_at"),
  ],
};
