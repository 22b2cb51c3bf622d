import { sql } from "kysely";
import type { Credential } from "../credential.ts";
import type { Dialect } from "../migrations/migration.ts";
import { fromCredential, schemeOf, toCredential } from "../people-rows.ts";
import type { PeopleStore } from "../people-store.ts";
import { type Connection, type Given, prepare, type Query, type QueryBuilder } from "../query.ts";
import type { CredentialTable } from "../schema.ts";
import { auditNote } from "./audit.ts";
import { passwordLinkEnds } from "./ended-links.ts";
import { heldRows } from "./held-rows.ts";
import { signOutStatements } from "./signed-out.ts";

type CredentialQueries = Pick<
  PeopleStore,
  | "listCredentials"
  | "findCredential"
  | "saveCredential"
  | "changePassword"
  | "upgradeCredential"
  | "listCredentialKinds"
  | "listCredentialsAfter"
>;

/** What people prove themselves with here. */
export function credentialQueries(
  db: QueryBuilder,
  connection: Connection,
  dialect: Dialect,
): CredentialQueries {
  const note = auditNote(db);
  const put = putCredential(db, dialect);
  const schemes = differentSchemes(db);
  const upgrade = upgradeStatement(db);
  const { signOut, endSessions, beginAnew, endOthers } = signOutStatements(db);
  const { endLinksForPassword } = passwordLinkEnds(db);

  const list = prepare(
    (given: Given<{ personId: string }>) =>
      db
        .selectFrom("credentials")
        .selectAll()
        .where("person_id", "=", given("personId"))
        .orderBy("created_at")
        .orderBy("kind")
        .orderBy("id"),
    (row) => toCredential(row.kind === "password" ? { ...row, secret: "" } : row),
  );

  const find = prepare(
    (given: Given<{ personId: string; kind: string; id: string }>) =>
      db
        .selectFrom("credentials")
        .selectAll()
        .where("person_id", "=", given("personId"))
        .where("kind", "=", given("kind"))
        .where("id", "=", given("id")),
    toCredential,
  );

  const page = prepare(
    (given: Given<{ personId: string; kind: string; limit: number }>) =>
      db
        .selectFrom("credentials")
        .selectAll()
        .where("kind", "=", given("kind"))
        .where("id", "=", sql.lit(""))
        .where("person_id", ">", given("personId"))
        .orderBy("person_id")
        .limit(given("limit")),
    toCredential,
  );

  return {
    listCredentials: (personId) => connection.read(list({ personId })),
    async findCredential(personId, kind, id = "") {
      return (await connection.read(find({ personId, kind, id })))[0];
    },
    async saveCredential(credential, entry) {
      const { personId: id, createdAt: now } = credential;
      const saved = await connection.writeOrNothing({
        required: [signOut({ id, now }), put(credential)],
        also: [endSessions({ id }), endLinksForPassword({ personId: id })],
        note: note(entry),
      });
      return saved !== undefined;
    },
    async changePassword({ credential, session: hash, now }, entry) {
      const { personId } = credential;
      // The person first: of two sessions that each change it and end the other one, neither waits for the other.
      const changed = await connection.writeOrNothing({
        required: [signOut({ id: personId, now }), beginAnew({ personId, hash, now }), put(credential)],
        also: [endOthers({ personId, hash }), endLinksForPassword({ personId })],
        note: note(entry),
      });
      return changed !== undefined;
    },
    async upgradeCredential({ personId, kind, before, secret }) {
      await connection.write(upgrade({ personId, kind, before, secret, scheme: schemeOf(secret) }));
    },
    listCredentialsAfter: (kind, personId, limit) => connection.read(page({ kind, personId, limit })),
    listCredentialKinds: (kind, limit) => connection.read(schemes({ kind, limit })),
  };
}

function upgradeStatement(db: QueryBuilder) {
  return prepare(
    (given: Given<{ personId: string; kind: string; before: string; secret: string; scheme: string }>) =>
      db
        .updateTable("credentials")
        .set({ secret: given("secret"), scheme: given("scheme") })
        .where("person_id", "=", given("personId"))
        .where("kind", "=", given("kind"))
        .where("secret", "=", given("before")),
    () => undefined,
  );
}

/** From one to the next greater one in the index: there are few, and a million rows with each. */
function differentSchemes(db: QueryBuilder) {
  return prepare(
    (given: Given<{ kind: string; limit: number }>) =>
      db
        .withRecursive("different(scheme)", (cte) =>
          cte
            .selectFrom("credentials")
            .select(({ fn }) => fn.min<string | null>("scheme").as("scheme"))
            .where("kind", "=", given("kind"))
            .unionAll(
              cte
                .selectFrom("different")
                .select(({ selectFrom }) =>
                  selectFrom("credentials")
                    .select(({ fn }) => fn.min("credentials.scheme").as("scheme"))
                    .where("credentials.kind", "=", given("kind"))
                    .whereRef("credentials.scheme", ">", "different.scheme")
                    .as("scheme"),
                )
                .where("different.scheme", "is not", null),
            ),
        )
        .selectFrom("different")
        .select("scheme")
        .where("scheme", "is not", null)
        .limit(given("limit")),
    (row) => String(row.scheme),
  );
}

/** In the place of the one of its kind and id. Returns no row where the person is not there. */
export function putCredential(db: QueryBuilder, dialect: Dialect): (credential: Credential) => Query<string> {
  const put = prepare(
    (given: Given<CredentialTable>) => {
      const person = db
        .selectFrom("people")
        .select(COLUMNS.map((name) => given(name).as(name)))
        .where("people.id", "=", given("person_id"));
      return db
        .insertInto("credentials")
        .columns(COLUMNS)
        .expression(heldRows(person, dialect))
        .onConflict((conflict) =>
          conflict.columns(["person_id", "kind", "id"]).doUpdateSet((eb) => ({
            secret: eb.ref("excluded.secret"),
            scheme: eb.ref("excluded.scheme"),
            counter: eb.ref("excluded.counter"),
            created_at: eb.ref("excluded.created_at"),
            used_at: eb.ref("excluded.used_at"),
          })),
        )
        .returning("person_id");
    },
    (row) => row.person_id,
  );
  return (credential) => put(fromCredential(credential));
}

/** One that is not there yet. Returns no row where it is, or where the person is not there or disabled. */
export function addCredential(db: QueryBuilder, dialect: Dialect): (credential: Credential) => Query<string> {
  const add = prepare(
    (given: Given<CredentialTable>) => {
      const person = db
        .selectFrom("people")
        .select(COLUMNS.map((name) => given(name).as(name)))
        .where("people.id", "=", given("person_id"))
        .where("people.disabled_at", "is", null);
      return db
        .insertInto("credentials")
        .columns(COLUMNS)
        .expression(heldRows(person, dialect))
        .onConflict((conflict) => conflict.columns(["person_id", "kind", "id"]).doNothing())
        .returning("person_id");
    },
    (row) => row.person_id,
  );
  return (credential) => add(fromCredential(credential));
}

const COLUMNS = [
  "person_id",
  "kind",
  "id",
  "secret",
  "scheme",
  "counter",
  "created_at",
  "used_at",
] as const satisfies readonly (keyof CredentialTable)[];
