import { sql } from "kysely";
import { fromPerson, toPersonRecord } from "../people-rows.ts";
import { type Connection, type Given, prepare, type Query, type QueryBuilder } from "../query.ts";

/**
 * What takes an address from a person of whom the operator did not say it. Each statement returns no row where the person's addresses
 * are others by then.
 */
export function forgetAddress(db: QueryBuilder, connection: Connection) {
  const read = prepare(
    (given: Given<{ id: string }>) => db.selectFrom("people").selectAll().where("id", "=", given("id")),
    toPersonRecord,
  );

  const update = prepare(
    (
      given: Given<{
        id: string;
        emails: string;
        profile: string;
        found_by: string;
        before: string;
        was: string;
      }>,
    ) =>
      db
        .updateTable("people")
        .set({ emails: given("emails"), profile: given("profile"), found_by: given("found_by") })
        .where("id", "=", given("id"))
        .where("said_by_operator", "=", sql.lit(0))
        .where("emails", "=", given("before"))
        .where("profile", "=", given("was"))
        .returning("id"),
    (row) => row.id,
  );

  return async (id: string, address: string): Promise<readonly Query<string>[]> => {
    const [record] = await connection.read(read({ id }));
    if (!record || record.isSaidByOperator) return [];
    const { email, ...profile } = record.person;
    const person = email === undefined || email === address ? profile : record.person;
    const { emails: before, profile: was } = fromPerson(record);
    const after = { ...record, person, emails: record.emails.filter((one) => one !== address) };
    const { emails, profile: becomes, found_by } = fromPerson(after);
    return [update({ id, emails, profile: becomes, found_by, before, was })];
  };
}
