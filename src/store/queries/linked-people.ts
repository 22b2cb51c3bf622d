import { sql } from "kysely";
import type { Dialect } from "../migrations/migration.ts";
import type { PeopleStore } from "../people-store.ts";
import { type Connection, type Given, prepare, type Query, type QueryBuilder } from "../query.ts";
import { auditNote } from "./audit.ts";
import { KEPT_AFTER_END_MS } from "./expiry.ts";
import { lockedRows } from "./held-rows.ts";

/** Two people who are one. */
export function linkedPeopleQueries(
  db: QueryBuilder,
  connection: Connection,
  dialect: Dialect,
): Pick<PeopleStore, "linkPeople"> {
  const note = auditNote(db);
  const { lock, joinMarks, remove } = peopleStatements(db, dialect);
  const moves = movingStatements(db);
  const ends = endingStatements(db);

  return {
    async linkPeople({ survivor, gone }, now, entry) {
      const both = { survivor, gone };
      const linked = await connection.writeOrNothing({
        required: [lock(both), joinMarks(both), remove({ gone })],
        also: [
          ...moves.map((move) => move(both)),
          ends.sessions({ survivor }),
          ends.links({ survivor }),
          ends.upstreams({ survivor }),
          ends.grants({ survivor, now, dueAt: now + KEPT_AFTER_END_MS }),
        ],
        note: note(entry),
      });
      return linked !== undefined;
    },
  };
}

type Both = { readonly survivor: string; readonly gone: string };
type Survivor = Pick<Both, "survivor">;

function peopleStatements(db: QueryBuilder, dialect: Dialect) {
  // In one order, whichever is to survive: of two who link the same people, neither waits for the other.
  const lock = prepare(
    (given: Given<Both>) =>
      lockedRows(
        db
          .selectFrom("people")
          .select("id")
          .where("id", "in", [given("survivor"), given("gone")])
          .orderBy("id"),
        dialect,
      ),
    (row) => row.id,
  );

  // Disabled if either was, and the operator's if either was.
  const joinMarks = prepare(
    (given: Given<Both>) =>
      db
        .updateTable("people")
        .from("people as other")
        .set((eb) => ({
          disabled_at: eb.fn.coalesce("people.disabled_at", "other.disabled_at"),
          said_by_operator: eb
            .case()
            .when("other.said_by_operator", "=", sql.lit(1))
            .then(sql.lit(1))
            .else(eb.ref("people.said_by_operator"))
            .end(),
        }))
        .where("people.id", "=", given("survivor"))
        .where("other.id", "=", given("gone"))
        .whereRef("people.id", "<>", "other.id")
        .returning("people.id"),
    (row) => row.id,
  );

  const remove = prepare(
    (given: Given<Pick<Both, "gone">>) =>
      db.deleteFrom("people").where("id", "=", given("gone")).returning("id"),
    (row) => row.id,
  );

  return { lock, joinMarks, remove };
}

function movingStatements(db: QueryBuilder): readonly ((both: Both) => Query<unknown>)[] {
  const dropTwice = prepare(
    (given: Given<Both>) =>
      db
        .deleteFrom("credentials")
        .where("person_id", "=", given("gone"))
        .where(({ exists, selectFrom }) =>
          exists(
            selectFrom("credentials as kept")
              .select("kept.id")
              .where("kept.person_id", "=", given("survivor"))
              .whereRef("kept.kind", "=", "credentials.kind")
              .whereRef("kept.id", "=", "credentials.id"),
          ),
        ),
    () => undefined,
  );

  // Or they would stand in for the codes of the survivor's, which stay.
  const dropRecoveryCodes = prepare(
    (given: Given<Both>) =>
      db
        .deleteFrom("credentials")
        .where("person_id", "=", given("gone"))
        .where("kind", "=", sql.lit("recovery_code"))
        .where(({ exists, selectFrom }) =>
          exists(
            selectFrom("credentials as kept")
              .select("kept.id")
              .where("kept.person_id", "=", given("survivor"))
              .where("kept.kind", "=", sql.lit("totp")),
          ),
        ),
    () => undefined,
  );

  const endLinks = prepare(
    (given: Given<Both>) => db.deleteFrom("one_time_links").where("person_id", "=", given("gone")),
    () => undefined,
  );

  const move = (table: "credentials" | "sessions" | "identities" | "upstream_credentials") =>
    prepare(
      (given: Given<Both>) =>
        db
          .updateTable(table)
          .set({ person_id: given("survivor") })
          .where("person_id", "=", given("gone")),
      () => undefined,
    );

  const moveGrants = prepare(
    (given: Given<Both>) =>
      db
        .updateTable("grants")
        .set(({ selectFrom }) => ({
          person_id: given("survivor"),
          person: selectFrom("people")
            .select("profile")
            .where("people.id", "=", given("survivor"))
            .$asScalar()
            .$notNull(),
        }))
        .where("person_id", "=", given("gone"))
        // A program's own grant stays its own, whatever its id.
        .where("redirect_uri", "<>", ""),
    () => undefined,
  );

  // In the order of all that ends a person, which is that of the janitor: of two, neither waits for the other.
  return [
    move("sessions"),
    endLinks,
    dropRecoveryCodes,
    dropTwice,
    move("credentials"),
    move("identities"),
    dropSecondUpstreams(db),
    move("upstream_credentials"),
    moveGrants,
  ];
}

/** What both have at a service stays the survivor's. */
function dropSecondUpstreams(db: QueryBuilder) {
  return prepare(
    (given: Given<Both>) =>
      db
        .deleteFrom("upstream_credentials")
        .where("person_id", "=", given("gone"))
        .where("upstream", "in", ({ selectFrom }) =>
          selectFrom("upstream_credentials as kept")
            .select("kept.upstream")
            .where("kept.person_id", "=", given("survivor")),
        ),
    () => undefined,
  );
}

/** Where the survivor is disabled now, nothing that either had goes on. */
function endingStatements(db: QueryBuilder) {
  const isDisabled = (given: Given<Survivor>) =>
    db
      .selectFrom("people")
      .select("people.id")
      .where("people.id", "=", given("survivor"))
      .where("people.disabled_at", "is not", null);

  const removeFrom = (table: "sessions" | "one_time_links" | "upstream_credentials") =>
    prepare(
      (given: Given<Survivor>) => db.deleteFrom(table).where("person_id", "in", isDisabled(given)),
      () => undefined,
    );

  const grants = prepare(
    (given: Given<Survivor & { now: number; dueAt: number }>) =>
      db
        .updateTable("grants")
        .set({
          revoked_at: given("now"),
          revoked_reason: sql.lit("person_disabled" as const),
          due_at: given("dueAt"),
        })
        .where("person_id", "in", isDisabled(given))
        .where("revoked_at", "is", null),
    () => undefined,
  );

  return {
    sessions: removeFrom("sessions"),
    links: removeFrom("one_time_links"),
    upstreams: removeFrom("upstream_credentials"),
    grants,
  };
}
