import { sql } from "kysely";
import type { Dialect } from "../migrations/migration.ts";
import { fromPerson } from "../people-rows.ts";
import type { PeopleStore } from "../people-store.ts";
import { type Connection, type Given, prepare, type QueryBuilder } from "../query.ts";
import { auditNote } from "./audit.ts";
import { passwordLinkEnds } from "./ended-links.ts";
import { lockOne } from "./locked-person.ts";

/** What the operator says of a person who is there. */
export function changedPeopleQueries(
  db: QueryBuilder,
  connection: Connection,
  dialect: Dialect,
): Pick<PeopleStore, "setPerson"> {
  const note = auditNote(db);
  const lockPerson = lockOne(db, dialect);
  const { endPasswordLinks } = passwordLinkEnds(db);
  const update = updateStatement(db);

  return {
    async setPerson({ before, after }, entry) {
      const id = before.person.id;
      const was = fromPerson(before);
      const written = await connection.writeOrNothing({
        // The person first, as in all that ends what is theirs.
        required: [
          lockPerson({ id }),
          update({
            ...fromPerson(after),
            profileBefore: was.profile,
            emailsBefore: was.emails,
            groupsBefore: was.groups,
          }),
        ],
        // One may have gone to an address that is theirs no more.
        also: before.emails.every((address) => after.emails.includes(address))
          ? []
          : [endPasswordLinks({ personId: id })],
        note: note(entry),
      });
      return written !== undefined;
    },
  };
}

function updateStatement(db: QueryBuilder) {
  return prepare(
    (
      given: Given<{
        id: string;
        profile: string;
        emails: string;
        groups: string;
        found_by: string;
        profileBefore: string;
        emailsBefore: string;
        groupsBefore: string;
      }>,
    ) =>
      db
        .updateTable("people")
        .set({
          profile: given("profile"),
          emails: given("emails"),
          groups: given("groups"),
          found_by: given("found_by"),
          said_by_operator: sql.lit(1),
        })
        .where("id", "=", given("id"))
        .where("profile", "=", given("profileBefore"))
        .where("emails", "=", given("emailsBefore"))
        .where("groups", "=", given("groupsBefore"))
        .returning("id"),
    (row) => row.id,
  );
}
