import { sql } from "kysely";
import type { Identity } from "../../core/identity.ts";
import type { Credential, CredentialKind } from "../credential.ts";
import type { Dialect } from "../migrations/migration.ts";
import type { PeopleStore } from "../people-store.ts";
import { type Connection, type Given, prepare, type Query, type QueryBuilder, query } from "../query.ts";
import { auditNote } from "./audit.ts";
import { addCredential, putCredential } from "./credentials.ts";
import { addToPerson, findOne, isSame, keyOf, removeOne } from "./identities.ts";
import { lockOne } from "./locked-person.ts";
import { holdSession } from "./sessions.ts";
import { signOutStatements } from "./signed-out.ts";

/** Credentials that come and go together, each set in one commit. A password only changes: queries/credentials.ts. */
export function credentialSetQueries(
  db: QueryBuilder,
  connection: Connection,
  dialect: Dialect,
): Pick<PeopleStore, "addCredentials" | "removeCredentials" | "countPasskeys"> {
  const note = auditNote(db);
  const lockPerson = lockOne(db, dialect);
  const hold = holdSession(db, dialect);
  const add = addCredential(db, dialect);
  const put = putCredential(db, dialect);
  const prove = addToPerson(db, dialect);
  const find = findOne(db);
  const unprove = removeOne(db);

  const { signOut, beginAnew, endOthers } = signOutStatements(db);
  const remove = removeStatements(db);

  const isThere = stillThere(db);
  const hasRoom = roomFor(db);
  const count = passkeysByHost(db);

  return {
    countPasskeys: () => connection.read(count({})),
    async addCredentials(given, entry) {
      const { personId, credentials, replacing = [], beside, identity, most, signsOut, now } = given;
      const { session: hash } = given;
      const isReplaced = ({ kind }: Credential) => replacing.includes(kind);
      // The person first: a sign-out that is under way is waited for, and then the session is gone.
      const added = await connection.writeOrNothing({
        required: [
          ...(signsOut
            ? [signOut({ id: personId, now }), beginAnew({ personId, hash, now, ...signsOut })]
            : [lockPerson({ id: personId }), hold({ personId, hash, now })]),
          ...(beside
            ? [isThere({ personId, kind: beside.kind, id: beside.id, createdAt: beside.createdAt })]
            : []),
          ...(identity ? [prove(toRow(identity, personId, now))] : []),
          ...(most === undefined
            ? []
            : credentials.map(({ kind }) => hasRoom({ personId, kind, most: most }))),
          ...credentials.map((credential) => (isReplaced(credential) ? put(credential) : add(credential))),
        ],
        also: [
          ...replacing.map((kind) =>
            remove.others(
              personId,
              kind,
              credentials.filter((credential) => credential.kind === kind).map(({ id }) => id),
            ),
          ),
          ...(signsOut ? [endOthers({ personId, hash })] : []),
        ],
        note: note(entry),
      });
      return added !== undefined;
    },
    async removeCredentials(removed, entry) {
      const { personId, kind, ids, also = [], identity, keeping, session, now } = removed;
      if (identity && keeping && isSame(identity, keeping)) return false;
      // The person first, and one at a time: of two that remove one of two each, both would see the other one.
      const done = await connection.writeOrNothing({
        required: [
          lockPerson({ id: personId }),
          ...(session === undefined ? [] : [hold({ personId, hash: session, now })]),
          ...(keeping ? [find({ ...keyOf(keeping), personId })] : []),
          ...(ids?.map((id) => remove.one({ personId, kind, id })) ?? [remove.all({ personId, kind })]),
          ...(identity ? [unprove({ ...keyOf(identity), personId })] : []),
        ],
        also: also.map((other) => remove.all({ personId, kind: other })),
        note: note(entry),
      });
      return done !== undefined;
    },
  };
}

function toRow(identity: Identity & { readonly label: string }, personId: string, now: number) {
  return { ...keyOf(identity), person_id: personId, label: identity.label, created_at: now };
}

/** A row where the person has fewer of a kind. Under the lock of the person, each sees those before it. */
function roomFor(db: QueryBuilder) {
  return prepare(
    (given: Given<{ personId: string; kind: string; most: number }>) =>
      db
        .selectFrom("people")
        .select("id")
        .where("id", "=", given("personId"))
        .where(
          (eb) =>
            eb
              .selectFrom("credentials")
              .select(({ fn }) => fn.countAll<number>().as("count"))
              .where("person_id", "=", given("personId"))
              .where("kind", "=", given("kind")),
          "<",
          given("most"),
        ),
    (row) => row.id,
  );
}

function removeStatements(db: QueryBuilder) {
  const all = prepare(
    (given: Given<{ personId: string; kind: string }>) =>
      db
        .deleteFrom("credentials")
        .where("person_id", "=", given("personId"))
        .where("kind", "=", given("kind"))
        .returning("id"),
    (row) => row.id,
  );

  const one = prepare(
    (given: Given<{ personId: string; kind: string; id: string }>) =>
      db
        .deleteFrom("credentials")
        .where("person_id", "=", given("personId"))
        .where("kind", "=", given("kind"))
        .where("id", "=", given("id"))
        .returning("id"),
    (row) => row.id,
  );

  const others = (personId: string, kind: CredentialKind, ids: readonly string[]): Query<unknown> =>
    ids.length === 0
      ? all({ personId, kind })
      : query(
          db
            .deleteFrom("credentials")
            .where("person_id", "=", personId)
            .where("kind", "=", kind)
            .where("id", "not in", ids),
          () => undefined,
        );

  return { all, one, others };
}

/** A credential as it was read. */
function stillThere(db: QueryBuilder) {
  return prepare(
    (given: Given<{ personId: string; kind: string; id: string; createdAt: number }>) =>
      db
        .selectFrom("credentials")
        .select("id")
        .where("person_id", "=", given("personId"))
        .where("kind", "=", given("kind"))
        .where("id", "=", given("id"))
        .where("created_at", "=", given("createdAt")),
    (row) => row.id,
  );
}

/** How many passkeys there are for each host. */
function passkeysByHost(db: QueryBuilder) {
  return prepare(
    () =>
      db
        .selectFrom("identities")
        .select(({ fn }) => ["issuer", fn.countAll<number>().as("count")])
        .where("method", "=", sql.lit("passkeys"))
        .groupBy("issuer")
        .orderBy("issuer"),
    (row) => ({ host: row.issuer, count: Number(row.count) }),
  );
}
