import { sql } from "kysely";
import type { Dialect } from "../migrations/migration.ts";
import type { NewPerson } from "../people-records.ts";
import { fromCredential, fromPerson } from "../people-rows.ts";
import type { PeopleStore } from "../people-store.ts";
import { type Connection, type Given, prepare, type Query, type QueryBuilder } from "../query.ts";
import type { CredentialTable, IdentityTable, PersonTable } from "../schema.ts";
import { auditNote } from "./audit.ts";
import { addNewPasskey } from "./new-passkey.ts";

/** People whom the operator adds, before they have signed in. */
export function newPeopleQueries(
  db: QueryBuilder,
  connection: Connection,
  dialect: Dialect,
): Pick<PeopleStore, "addPerson"> {
  const note = auditNote(db);
  const add = addNewPerson(db, dialect);
  return {
    async addPerson(person, entry) {
      const added = await connection.writeOrNothing({ required: add(person), note: note(entry) });
      return added !== undefined;
    },
  };
}

/** Each of these returns a row where the person is new. */
export function addNewPerson(
  db: QueryBuilder,
  dialect: Dialect,
): (person: NewPerson) => readonly Query<string>[] {
  const addPasskey = addNewPasskey(db, dialect);
  const addPerson = prepare(
    (
      given: Given<Omit<PersonTable, "disabled_at" | "signed_out_at" | "signed_in_at" | "said_by_operator">>,
    ) =>
      db
        .insertInto("people")
        .values({
          id: given("id"),
          profile: given("profile"),
          emails: given("emails"),
          groups: given("groups"),
          found_by: given("found_by"),
          created_at: given("created_at"),
          said_by_operator: sql.lit(1),
        })
        .onConflict((conflict) => conflict.column("id").doNothing())
        .returning("id"),
    (row) => row.id,
  );

  const addIdentity = prepare(
    (given: Given<Omit<IdentityTable, "used_at">>) =>
      db
        .insertInto("identities")
        .values({
          method: given("method"),
          issuer: given("issuer"),
          subject: given("subject"),
          person_id: given("person_id"),
          label: given("label"),
          created_at: given("created_at"),
        })
        .onConflict((conflict) => conflict.columns(["method", "issuer", "subject"]).doNothing())
        .returning("person_id"),
    (row) => row.person_id,
  );

  const addCredential = prepare(
    (given: Given<Omit<CredentialTable, "used_at" | "counter">>) =>
      db
        .insertInto("credentials")
        .values({
          person_id: given("person_id"),
          kind: given("kind"),
          id: given("id"),
          secret: given("secret"),
          scheme: given("scheme"),
          created_at: given("created_at"),
        })
        .returning("person_id"),
    (row) => row.person_id,
  );

  return (added) => {
    const { identity, label, passwordHash, passkey, now } = added;
    const id = added.person.id;
    const person = addPerson({ ...fromPerson(added), created_at: now });
    const proof = addIdentity({ ...identity, person_id: id, label, created_at: now });
    if (passkey) return [person, proof, ...addPasskey({ personId: id, passkey, now })];
    if (passwordHash === undefined) return [person, proof];
    const credential = {
      personId: id,
      kind: "password",
      id: "",
      counter: null,
      createdAt: now,
      usedAt: null,
    } as const;
    return [person, proof, addCredential(fromCredential({ ...credential, secret: passwordHash }))];
  };
}
