import { type Given, prepare, type QueryBuilder } from "../query.ts";

/** A person is signed out: by a sign-out, or by a new password. What was asked for before then does not count. */
export function signOutStatements(db: QueryBuilder) {
  // Never back: of two instances, the one whose clock is behind may be the later one.
  const signOut = prepare(
    (given: Given<{ id: string; now: number }>) =>
      db
        .updateTable("people")
        .set((eb) => ({
          signed_out_at: eb
            .case()
            .when("signed_out_at", ">", given("now"))
            .then(eb.ref("signed_out_at"))
            .else(given("now"))
            .end(),
        }))
        .where("id", "=", given("id"))
        .returning("id"),
    (row) => row.id,
  );

  const endSessions = prepare(
    (given: Given<{ id: string }>) => db.deleteFrom("sessions").where("person_id", "=", given("id")),
    () => undefined,
  );

  return { signOut, endSessions };
}
