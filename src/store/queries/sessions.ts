import { sql } from "kysely";
import type { Dialect } from "../migrations/migration.ts";
import { toPersonRecord, toSessionRecord } from "../people-rows.ts";
import type { PeopleStore } from "../people-store.ts";
import { type Connection, type Given, prepare, type QueryBuilder } from "../query.ts";
import { auditNote } from "./audit.ts";
import { passwordLinkEnds } from "./ended-links.ts";
import { heldRows } from "./held-rows.ts";
import { signOutStatements } from "./signed-out.ts";

type SessionQueries = Pick<
  PeopleStore,
  "findSession" | "touchSession" | "listSessions" | "endSession" | "endOtherSessions" | "endUpstreamSessions"
>;

/** Where people are signed in. A sign-in begins a session, in queries/sign-in.ts. */
export function sessionQueries(db: QueryBuilder, connection: Connection): SessionQueries {
  const note = auditNote(db);
  const find = findWithPerson(db);
  const touch = putOff(db);
  const { signOut, beginAnew, endOthers } = signOutStatements(db);
  const { endPasswordLinks } = passwordLinkEnds(db);
  const endUpstream = endNamedByProvider(db);

  const list = prepare(
    (given: Given<{ personId: string; now: number }>) =>
      db
        .selectFrom("sessions")
        .selectAll()
        .where("person_id", "=", given("personId"))
        .where("expires_at", ">", given("now"))
        .orderBy("created_at", "desc"),
    toSessionRecord,
  );

  const end = prepare(
    (given: Given<{ personId: string; hash: string }>) =>
      db
        .deleteFrom("sessions")
        .where("hash", "=", given("hash"))
        // Not for an index: the hash alone finds the row.
        .where(sql`person_id || ''`, "=", given("personId"))
        .returning("hash"),
    (row) => row.hash,
  );

  return {
    async findSession(hash, now) {
      return (await connection.read(find({ hash, now })))[0];
    },
    async touchSession(hash, usedAt, expiresAt) {
      await connection.write(touch({ hash, usedAt, expiresAt }));
    },
    listSessions: (personId, now) => connection.read(list({ personId, now })),
    async endSession(personId, hash, entry) {
      return (await connection.write(end({ personId, hash }), note(entry))).length > 0;
    },
    async endOtherSessions(personId, hash, now, entry) {
      const ended = await connection.writeOrNothing({
        // As in a change of the password: the person first.
        required: [signOut({ id: personId, now }), beginAnew({ personId, hash, now })],
        also: [endOthers({ personId, hash }), endPasswordLinks({ personId })],
        note: note(entry),
      });
      return ended !== undefined;
    },
    async endUpstreamSessions({ issuer, subject = null, sessionId = null }, entry) {
      return [...new Set(await connection.write(endUpstream({ issuer, subject, sessionId }), note(entry)))];
    },
  };
}

/** A live session of a person, as it is until the commit. Returns no row where it is over. After the person's row. */
export function holdSession(db: QueryBuilder, dialect: Dialect) {
  return prepare(
    (given: Given<{ personId: string; hash: string; now: number }>) =>
      heldRows(
        db
          .selectFrom("sessions")
          .select("hash")
          .where("hash", "=", given("hash"))
          // Not for an index: the hash alone finds the row.
          .where(sql`person_id || ''`, "=", given("personId"))
          .where("expires_at", ">", given("now")),
        dialect,
      ),
    (row) => row.hash,
  );
}

function findWithPerson(db: QueryBuilder) {
  return prepare(
    (given: Given<{ hash: string; now: number }>) =>
      db
        .selectFrom("sessions")
        .innerJoin("people", "people.id", "sessions.person_id")
        .selectAll("people")
        .select([
          "sessions.hash",
          "sessions.person_id",
          "sessions.method",
          "sessions.address",
          "sessions.user_agent",
          "sessions.authenticated_at",
          "sessions.created_at as begun_at",
          "sessions.used_at",
          "sessions.expires_at",
          "sessions.ends_at",
          "sessions.upstream_issuer",
          "sessions.upstream_session",
          "sessions.second_factor",
        ])
        .where("sessions.hash", "=", given("hash"))
        .where("sessions.expires_at", ">", given("now"))
        .where("people.disabled_at", "is", null),
    (row) => ({
      session: toSessionRecord({ ...row, created_at: row.begun_at }),
      record: toPersonRecord(row),
    }),
  );
}

/** Never past its end, and never back: of two uses at once, the later one counts. */
function putOff(db: QueryBuilder) {
  return prepare(
    (given: Given<{ hash: string; usedAt: number; expiresAt: number }>) =>
      db
        .updateTable("sessions")
        .set((eb) => ({
          used_at: given("usedAt"),
          expires_at: eb
            .case()
            .when("ends_at", "<", given("expiresAt"))
            .then(eb.ref("ends_at"))
            .else(given("expiresAt"))
            .end(),
        }))
        .where("hash", "=", given("hash"))
        .where("expires_at", ">", given("usedAt"))
        .where("used_at", "<=", given("usedAt")),
    () => undefined,
  );
}

/**
 * Those of its name at this provider; and of the subject, all that came of this provider, or where the logout names a session,
 * those of which the provider never said the name.
 */
function endNamedByProvider(db: QueryBuilder) {
  return prepare(
    (given: Given<{ issuer: string; subject: string | null; sessionId: string | null }>) =>
      db
        .deleteFrom("sessions")
        .where("hash", "in", ({ selectFrom }) =>
          selectFrom("sessions as named")
            .select("named.hash")
            .where("named.upstream_issuer", "=", given("issuer"))
            .where("named.upstream_session", "=", given("sessionId"))
            .unionAll(
              selectFrom("identities")
                .innerJoin("sessions as theirs", "theirs.person_id", "identities.person_id")
                .select("theirs.hash")
                .where("identities.issuer", "=", given("issuer"))
                .where("identities.subject", "=", given("subject"))
                .where("theirs.upstream_issuer", "=", given("issuer"))
                .where((eb) =>
                  eb.or([
                    eb("theirs.upstream_session", "is", null),
                    eb(sql`cast(${given("sessionId")} as text)`, "is", null),
                  ]),
                ),
            ),
        )
        .returning("person_id"),
    (row) => row.person_id,
  );
}
