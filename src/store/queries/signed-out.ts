import { sql } from "kysely";
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

  return { signOut, endSessions, ...sparingOne(db) };
}

/** What leaves one session of the person: it begins anew, after the sign-out, and the others end. */
function sparingOne(db: QueryBuilder) {
  const begin = prepare(
    (
      given: Given<{
        personId: string;
        hash: string;
        now: number;
        begunAt: number;
        secondFactor: string | null;
      }>,
    ) =>
      db
        .updateTable("sessions")
        .set((eb) => ({
          created_at: given("begunAt"),
          second_factor: eb.fn.coalesce(
            sql<string | null>`cast(${given("secondFactor")} as text)`,
            "second_factor",
          ),
        }))
        .where("hash", "=", given("hash"))
        // Not for an index: the hash alone finds the row.
        .where(sql`person_id || ''`, "=", given("personId"))
        .where("expires_at", ">", given("now"))
        .returning("hash"),
    (row) => row.hash,
  );

  const endOthers = prepare(
    (given: Given<{ personId: string; hash: string }>) =>
      db.deleteFrom("sessions").where("person_id", "=", given("personId")).where("hash", "<>", given("hash")),
    () => undefined,
  );

  /** After the sign-out: what is of the same millisecond does not count. */
  const beginAnew = (session: {
    readonly personId: string;
    readonly hash: string;
    readonly now: number;
    /** The second factor that it has passed now; undefined: as before. */
    readonly secondFactor?: string | undefined;
  }) => begin({ ...session, begunAt: session.now + 1, secondFactor: session.secondFactor ?? null });

  return { beginAnew, endOthers };
}
