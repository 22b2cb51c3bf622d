import type { Compilable } from "kysely";
import type { QueryBuilder } from "../query.ts";
import { type Announced, announce, raw } from "./announced.ts";
import type { Migration } from "./migration.ts";

/** People, what they prove themselves with, and where they are signed in (decision 0038). Only adds. */
export const people: Migration = {
  name: "0002-people",
  needs: "0001-first-release",
  up: (db, dialect) => [
    ...peopleTable(db),
    ...identities(db),
    ...credentials(db),
    ...oneTimeLinks(db),
    ...sessions(db),
    raw(db, PEOPLE_OF_GRANTS),
    ...ANNOUNCED.map((announced) => announce(db, dialect, announced)),
  ],
};

function peopleTable(db: QueryBuilder): readonly Compilable[] {
  return [
    db.schema
      .createTable("people")
      .addColumn("id", "text", (column) => column.notNull().primaryKey())
      .addColumn("profile", "text", (column) => column.notNull())
      .addColumn("emails", "text", (column) => column.notNull())
      .addColumn("groups", "text", (column) => column.notNull())
      .addColumn("found_by", "text", (column) => column.notNull())
      .addColumn("disabled_at", "bigint")
      .addColumn("signed_out_at", "bigint")
      .addColumn("created_at", "bigint", (column) => column.notNull())
      .addColumn("signed_in_at", "bigint"),
    // The list of people begins with the newest, and does not read the others.
    db.schema.createIndex("people_created_at").on("people").columns(["created_at", "id"]),
  ];
}

function identities(db: QueryBuilder): readonly Compilable[] {
  return [
    db.schema
      .createTable("identities")
      .addColumn("method", "text", (column) => column.notNull())
      .addColumn("issuer", "text", (column) => column.notNull())
      .addColumn("subject", "text", (column) => column.notNull())
      .addColumn("person_id", "text", (column) => column.notNull())
      .addColumn("label", "text", (column) => column.notNull())
      .addColumn("created_at", "bigint", (column) => column.notNull())
      .addColumn("used_at", "bigint")
      .addPrimaryKeyConstraint("identities_key", ["method", "issuer", "subject"]),
    db.schema.createIndex("identities_person").on("identities").column("person_id"),
    // A token of another issuer, and a logout there, do not say by which method somebody signed in.
    db.schema.createIndex("identities_subject").on("identities").columns(["issuer", "subject"]),
  ];
}

function credentials(db: QueryBuilder): readonly Compilable[] {
  return [
    db.schema
      .createTable("credentials")
      .addColumn("person_id", "text", (column) => column.notNull())
      .addColumn("kind", "text", (column) => column.notNull())
      .addColumn("id", "text", (column) => column.notNull())
      .addColumn("secret", "text", (column) => column.notNull())
      .addColumn("scheme", "text", (column) => column.notNull())
      .addColumn("created_at", "bigint", (column) => column.notNull())
      .addColumn("used_at", "bigint")
      .addPrimaryKeyConstraint("credentials_key", ["person_id", "kind", "id"]),
    db.schema.createIndex("credentials_scheme").on("credentials").columns(["kind", "scheme"]),
  ];
}

function oneTimeLinks(db: QueryBuilder): readonly Compilable[] {
  return [
    db.schema
      .createTable("one_time_links")
      .addColumn("hash", "text", (column) => column.notNull().primaryKey())
      .addColumn("purpose", "text", (column) => column.notNull())
      .addColumn("person_id", "text")
      .addColumn("created_at", "bigint", (column) => column.notNull())
      .addColumn("expires_at", "bigint", (column) => column.notNull()),
    db.schema
      .createIndex("one_time_links_person")
      .on("one_time_links")
      .column("person_id")
      .where("person_id", "is not", null),
    db.schema.createIndex("one_time_links_expires_at").on("one_time_links").column("expires_at"),
  ];
}

function sessions(db: QueryBuilder): readonly Compilable[] {
  return [
    db.schema
      .createTable("sessions")
      .addColumn("hash", "text", (column) => column.notNull().primaryKey())
      .addColumn("person_id", "text", (column) => column.notNull())
      .addColumn("method", "text", (column) => column.notNull())
      .addColumn("address", "text")
      .addColumn("user_agent", "text")
      .addColumn("authenticated_at", "bigint", (column) => column.notNull())
      .addColumn("created_at", "bigint", (column) => column.notNull())
      .addColumn("used_at", "bigint", (column) => column.notNull())
      .addColumn("expires_at", "bigint", (column) => column.notNull())
      .addColumn("ends_at", "bigint", (column) => column.notNull())
      .addColumn("upstream_issuer", "text")
      .addColumn("upstream_session", "text"),
    db.schema.createIndex("sessions_person").on("sessions").columns(["person_id", "created_at"]),
    db.schema.createIndex("sessions_expires_at").on("sessions").column("expires_at"),
    db.schema
      .createIndex("sessions_upstream")
      .on("sessions")
      .columns(["upstream_issuer", "upstream_session"])
      .where("upstream_session", "is not", null),
  ];
}

/**
 * Those who have approved something before people had rows can be listed, signed out and disabled like the others. A grant
 * without a redirect URI is a program's. The first identity that says such an id proves it from then on.
 */
const PEOPLE_OF_GRANTS = `INSERT INTO people (id, profile, emails, groups, found_by, created_at)
  SELECT person_id, person, '[]', '[]', lower(person_id), created_at FROM (
    SELECT person_id, person, created_at,
      row_number() OVER (PARTITION BY person_id ORDER BY created_at DESC, id) AS recency
    FROM grants WHERE revoked_at IS NULL AND redirect_uri <> ''
  ) AS live WHERE recency = 1`;

const COMMON = { kind: "person_changed", atCommit: true } as const;
const CHANGED = { ...COMMON, table: "people", column: "id" } as const;
const PROVES = { ...COMMON, table: "identities", column: "person_id" } as const;

/**
 * A first sign-in announces nothing, and so waits for no other announcement; nor does a person whom the operator adds. What was
 * verified for the person whom an identity proved until now is verified again, and what was verified before one was linked: a
 * provider's, and not yet used. Of several rows that change together, the person's changes first: it is
 * announced last, or it would wait for the grants of one who waits to announce.
 */
const ANNOUNCED: readonly Announced[] = [
  {
    ...CHANGED,
    trigger: "changes_person_added_disabled",
    when: "INSERT",
    condition: "NEW.disabled_at IS NOT NULL",
    row: "NEW",
  },
  {
    ...CHANGED,
    trigger: "changes_person_updated",
    when: "UPDATE OF disabled_at, signed_out_at",
    condition:
      "NEW.disabled_at IS DISTINCT FROM OLD.disabled_at OR NEW.signed_out_at IS DISTINCT FROM OLD.signed_out_at",
    row: "NEW",
  },
  { ...CHANGED, trigger: "changes_person_removed", when: "DELETE", row: "OLD" },
  {
    ...PROVES,
    trigger: "changes_identity_linked",
    when: "INSERT",
    condition: "NEW.used_at IS NULL AND NEW.issuer <> ''",
    row: "NEW",
  },
  { ...PROVES, trigger: "changes_identity_removed", when: "DELETE", row: "OLD" },
  {
    ...PROVES,
    trigger: "changes_identity_moved",
    when: "UPDATE OF person_id",
    condition: "NEW.person_id IS DISTINCT FROM OLD.person_id",
    row: "OLD",
  },
];
