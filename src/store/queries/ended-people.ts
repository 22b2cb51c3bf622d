import { sql } from "kysely";
import { fromPerson } from "../people-rows.ts";
import type { PeopleStore } from "../people-store.ts";
import { type Connection, type Given, prepare, type Query, type QueryBuilder } from "../query.ts";
import type { PersonTable } from "../schema.ts";
import { auditNote } from "./audit.ts";
import { passwordLinkEnds } from "./ended-links.ts";
import { manyGrants } from "./many-grants.ts";
import { signOutStatements } from "./signed-out.ts";

type EndedPeopleQueries = Pick<
  PeopleStore,
  "disablePerson" | "enablePerson" | "signOutPerson" | "removePerson"
>;

/**
 * What ends everything of a person. The person's row changes first, and the rest in the same transaction after it: what is
 * approved or begun at this moment waits for the row, or is there to be ended.
 */
export function endedPeopleQueries(db: QueryBuilder, connection: Connection): EndedPeopleQueries {
  const note = auditNote(db);
  const grants = manyGrants(db, connection, "person_id");
  const { disable, enable, remove, find } = personStatements(db);
  const { signOut, endSessions } = signOutStatements(db);
  const { endPasswordLinks } = passwordLinkEnds(db);
  const theirs = theirStatements(db);

  return {
    async disablePerson(id, now, entry) {
      const revocation = { id, now, reason: "person_disabled" } as const;
      await grants.revokeMost(revocation, entry);
      const row = { ...fromPerson({ person: { id }, emails: [], groups: [] }), now };
      const disabled = await connection.writeOrNothing({
        required: [disable(row)],
        also: [
          endSessions({ id }),
          theirs.endLinks({ id }),
          theirs.endUpstreams({ id }),
          grants.revokeRest(revocation),
        ],
        note: note(entry),
      });
      return disabled !== undefined;
    },
    async enablePerson(id, entry) {
      return (await connection.write(enable({ id }), note(entry))).length > 0;
    },
    async signOutPerson(id, now, entry) {
      if ((await connection.read(find({ id }))).length === 0) return false;
      const revocation = { id, now, reason: "person_signed_out" } as const;
      await grants.revokeMost(revocation, entry);
      const signedOut = await connection.writeOrNothing({
        required: [signOut({ id, now })],
        also: [endSessions({ id }), endPasswordLinks({ personId: id }), grants.revokeRest(revocation)],
        note: note(entry),
      });
      return signedOut !== undefined;
    },
    async removePerson(id, now, entry) {
      // What is not there cannot be removed, and then nothing else may change.
      if ((await connection.read(find({ id }))).length === 0) return false;
      const person = JSON.stringify({ id });
      const revocation = { id, now, reason: "person_removed", person } as const;
      await grants.revokeMost(revocation, entry);
      const removed = await connection.writeOrNothing({
        required: [remove({ id })],
        also: [
          endSessions({ id }),
          theirs.endLinks({ id }),
          theirs.removeCredentials({ id }),
          theirs.removeIdentities({ id }),
          theirs.endUpstreams({ id }),
          grants.revokeRest(revocation),
          theirs.forgetInGrants({ id, person }),
        ],
        note: note(entry),
      });
      return removed !== undefined;
    },
  };
}

function personStatements(db: QueryBuilder) {
  const find = prepare(
    (given: Given<Id>) => db.selectFrom("people").select("id").where("id", "=", given("id")),
    (row) => row.id,
  );

  const disable = prepare(
    (
      given: Given<Pick<PersonTable, "id" | "profile" | "emails" | "groups" | "found_by"> & { now: number }>,
    ) =>
      db
        .insertInto("people")
        .values({
          id: given("id"),
          profile: given("profile"),
          emails: given("emails"),
          groups: given("groups"),
          found_by: given("found_by"),
          disabled_at: given("now"),
          signed_out_at: given("now"),
          created_at: given("now"),
          said_by_operator: sql.lit(0),
        })
        .onConflict((conflict) =>
          conflict
            .column("id")
            .doUpdateSet({ disabled_at: given("now"), signed_out_at: given("now") })
            .where("people.disabled_at", "is", null),
        )
        .returning("id"),
    (row) => row.id,
  );

  const enable = prepare(
    (given: Given<Id>) =>
      db
        .updateTable("people")
        .set({ disabled_at: null })
        .where("id", "=", given("id"))
        .where("disabled_at", "is not", null)
        .returning("id"),
    (row) => row.id,
  );

  const remove = prepare(
    (given: Given<Id>) => db.deleteFrom("people").where("id", "=", given("id")).returning("id"),
    (row) => row.id,
  );

  return { find, disable, enable, remove };
}

/** What hangs on a person. */
function theirStatements(db: QueryBuilder) {
  const removeFrom = (
    table: "one_time_links" | "credentials" | "identities" | "upstream_credentials",
  ): ((values: Id) => Query<unknown>) =>
    prepare(
      (given: Given<Id>) => db.deleteFrom(table).where("person_id", "=", given("id")),
      () => undefined,
    );

  const forgetInGrants = prepare(
    (given: Given<Id & { person: string }>) =>
      db
        .updateTable("grants")
        .set({ person: given("person") })
        .where("person_id", "=", given("id"))
        .where("person", "<>", given("person")),
    () => undefined,
  );

  return {
    endLinks: removeFrom("one_time_links"),
    removeCredentials: removeFrom("credentials"),
    removeIdentities: removeFrom("identities"),
    endUpstreams: removeFrom("upstream_credentials"),
    forgetInGrants,
  };
}

type Id = { readonly id: string };
