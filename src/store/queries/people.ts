import { type Expression, type ExpressionBuilder, type SqlBool, sql } from "kysely";
import type { PeopleFilter, PersonSummary } from "../people-records.ts";
import { searchText, toPersonRecord } from "../people-rows.ts";
import type { PeopleStore } from "../people-store.ts";
import { type Connection, type Given, prepare, type Query, type QueryBuilder, query } from "../query.ts";
import type { Schema } from "../schema.ts";
import { isLive } from "./grant-lists.ts";

type PeopleQueries = Pick<PeopleStore, "findPerson" | "findByIdentity" | "findByToken" | "listPeople">;

/** Who there is. */
export function peopleQueries(db: QueryBuilder, connection: Connection): PeopleQueries {
  const find = prepare(
    (given: Given<{ id: string }>) => db.selectFrom("people").selectAll().where("id", "=", given("id")),
    toPersonRecord,
  );

  const findByIdentity = prepare(
    (given: Given<{ method: string; issuer: string; subject: string }>) =>
      db
        .selectFrom("identities")
        .innerJoin("people", "people.id", "identities.person_id")
        .selectAll("people")
        .where("identities.method", "=", given("method"))
        .where("identities.issuer", "=", given("issuer"))
        .where("identities.subject", "=", given("subject")),
    toPersonRecord,
  );

  const findByToken = findPersonOfToken(db);

  return {
    async findPerson(id) {
      return (await connection.read(find({ id })))[0];
    },
    async findByIdentity({ method, issuer, subject }) {
      return (await connection.read(findByIdentity({ method, issuer, subject })))[0];
    },
    async findByToken({ issuer, subject, id }) {
      return (await connection.read(findByToken({ issuer, subject, id })))[0];
    },
    listPeople: (filter) => connection.read(listQuery(db, filter)),
  };
}

function findPersonOfToken(db: QueryBuilder) {
  return prepare(
    (given: Given<{ issuer: string; subject: string; id: string }>) =>
      db
        .selectFrom("people")
        .selectAll("people")
        .where("people.id", "=", (eb) =>
          eb.fn.coalesce(
            eb
              .selectFrom("identities")
              .innerJoin("people as known", "known.id", "identities.person_id")
              .select("known.id")
              .where("identities.issuer", "=", given("issuer"))
              .where("identities.subject", "=", given("subject"))
              // Two methods may know one account as two people: where either is disabled, the account is.
              .orderBy(({ eb: each }) =>
                each.case().when("known.disabled_at", "is", null).then(1).else(0).end(),
              )
              .orderBy("identities.created_at")
              .limit(sql.lit(1)),
            given("id"),
          ),
        ),
    toPersonRecord,
  );
}

function listQuery(db: QueryBuilder, filter: PeopleFilter): Query<PersonSummary> {
  const { matching, disabled, now, limit } = filter;
  let people = db
    .selectFrom("people")
    .selectAll("people")
    .select(({ selectFrom }) => [
      selectFrom((from) =>
        from
          .selectFrom("identities")
          .select("method")
          .distinct()
          .whereRef("identities.person_id", "=", "people.id")
          .orderBy("method")
          .as("known"),
      )
        .select(sql<string | null>`string_agg(known.method, ' ')`.as("methods"))
        .as("methods"),
      selectFrom("grants")
        .select(({ fn }) => fn.countAll<number>().as("count"))
        .whereRef("grants.person_id", "=", "people.id")
        .where(isLive(now))
        .as("live_grants"),
      selectFrom("sessions")
        .select(({ fn }) => fn.countAll<number>().as("count"))
        .whereRef("sessions.person_id", "=", "people.id")
        .where("sessions.expires_at", ">", now)
        .as("live_sessions"),
    ])
    .orderBy("people.created_at", "desc")
    .orderBy("people.id", "desc")
    .limit(limit);
  if (disabled !== undefined) people = people.where("disabled_at", disabled ? "is not" : "is", null);
  if (matching !== undefined && matching !== "") people = people.where(matches(matching));
  return query(people, (row) => ({
    ...toPersonRecord(row),
    methods: row.methods?.split(" ") ?? [],
    liveGrants: Number(row.live_grants),
    sessions: Number(row.live_sessions),
  }));
}

/** On part of it, in whatever case. What stands for other characters in a pattern stands for itself here. */
function matches(text: string): (eb: ExpressionBuilder<Schema, "people">) => Expression<SqlBool> {
  const pattern = `%${searchText([text]).replace(/[!%_]/g, "!$&")}%`;
  const isLike = (column: string) => sql<SqlBool>`${sql.ref(column)} like ${pattern} escape '!'`;
  const isLikeInLowerCase = (column: string) =>
    sql<SqlBool>`lower(${sql.ref(column)}) like ${pattern} escape '!'`;
  return (eb) =>
    eb.or([
      isLike("people.found_by"),
      eb("people.id", "in", (from) =>
        from
          .selectFrom("identities")
          .select("person_id")
          .where((or) => or.or([isLikeInLowerCase("subject"), isLikeInLowerCase("label")])),
      ),
    ]);
}
