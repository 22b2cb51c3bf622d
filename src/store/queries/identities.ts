import type { Identity } from "../../core/identity.ts";
import type { Dialect } from "../migrations/migration.ts";
import { toIdentityRecord } from "../people-rows.ts";
import type { PeopleStore } from "../people-store.ts";
import { type Connection, type Given, prepare, type QueryBuilder } from "../query.ts";
import type { IdentityTable } from "../schema.ts";
import { auditNote } from "./audit.ts";
import { passwordLinkEnds } from "./ended-links.ts";
import { forgetAddress } from "./forgotten-address.ts";
import { heldRows } from "./held-rows.ts";
import { lockOne } from "./locked-person.ts";
import { holdSession } from "./sessions.ts";

type IdentityQueries = Pick<PeopleStore, "listIdentities" | "addIdentity" | "removeIdentity">;

/** How each method knows a person. */
export function identityQueries(db: QueryBuilder, connection: Connection, dialect: Dialect): IdentityQueries {
  const note = auditNote(db);

  const list = prepare(
    (given: Given<{ personId: string }>) =>
      db
        .selectFrom("identities")
        .selectAll()
        .where("person_id", "=", given("personId"))
        .orderBy("created_at")
        .orderBy("method")
        .orderBy("subject"),
    toIdentityRecord,
  );

  const add = addToPerson(db, dialect);
  const remove = removeOne(db);
  const lockPerson = lockOne(db, dialect);
  const hold = holdSession(db, dialect);
  const find = findOne(db);
  const forget = forgetAddress(db, connection);
  const { endPasswordLinks } = passwordLinkEnds(db);

  return {
    listIdentities: (personId) => connection.read(list({ personId })),
    async addIdentity({ method, issuer, subject, personId, label, session, now }, entry) {
      const row = { method, issuer, subject, person_id: personId, label, created_at: now };
      // The person first: a sign-out that is under way is waited for, and then the session is gone.
      const added = await connection.writeOrNothing({
        required: [
          lockPerson({ id: personId }),
          ...(session === undefined ? [] : [hold({ personId, hash: session, now })]),
          add(row),
        ],
        note: note(entry),
      });
      return added !== undefined;
    },
    async removeIdentity(personId, identity, keeping, entry) {
      if (isSame(identity, keeping)) return false;
      const isMailed = identity.method === MAIL_METHOD;
      const forgotten = isMailed ? await forget(personId, identity.subject) : [];
      // One at a time: of two that remove one of two each, both would see the other one.
      const removed = await connection.writeOrNothing({
        required: [
          lockPerson({ id: personId }),
          find({ ...keyOf(keeping), personId }),
          remove({ ...keyOf(identity), personId }),
          ...forgotten,
        ],
        also: isMailed ? [endPasswordLinks({ personId })] : [],
        note: note(entry),
      });
      return removed !== undefined;
    },
  };
}

/** Whose subject is an address, as `config/sign-in/mail-options.ts` names it. */
const MAIL_METHOD = "magic_link";

export function keyOf({ method, issuer, subject }: Identity): Identity {
  return { method, issuer, subject };
}

export function isSame(one: Identity, other: Identity): boolean {
  return one.method === other.method && one.issuer === other.issuer && one.subject === other.subject;
}

/** Returns no row where it proves someone already, or the person is gone or disabled. */
export function addToPerson(db: QueryBuilder, dialect: Dialect) {
  return prepare(
    (given: Given<Omit<IdentityTable, "used_at">>) => {
      const person = db
        .selectFrom("people")
        .select([
          given("method").as("method"),
          given("issuer").as("issuer"),
          given("subject").as("subject"),
          given("person_id").as("person_id"),
          given("label").as("label"),
          given("created_at").as("created_at"),
        ])
        .where("people.id", "=", given("person_id"))
        .where("people.disabled_at", "is", null);
      return db
        .insertInto("identities")
        .columns(["method", "issuer", "subject", "person_id", "label", "created_at"])
        .expression(heldRows(person, dialect))
        .onConflict((conflict) => conflict.columns(["method", "issuer", "subject"]).doNothing())
        .returning("person_id");
    },
    (row) => row.person_id,
  );
}

/** An identity of the person. */
export function findOne(db: QueryBuilder) {
  return prepare(
    (given: Given<Identity & { personId: string }>) =>
      db
        .selectFrom("identities")
        .select("label")
        .where("method", "=", given("method"))
        .where("issuer", "=", given("issuer"))
        .where("subject", "=", given("subject"))
        .where("person_id", "=", given("personId")),
    (row) => row.label,
  );
}

/** Returns no row where the person does not have it. */
export function removeOne(db: QueryBuilder) {
  return prepare(
    (given: Given<Identity & { personId: string }>) =>
      db
        .deleteFrom("identities")
        .where("method", "=", given("method"))
        .where("issuer", "=", given("issuer"))
        .where("subject", "=", given("subject"))
        .where("person_id", "=", given("personId"))
        .returning("person_id"),
    (row) => row.person_id,
  );
}
