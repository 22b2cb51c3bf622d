import type { Expression, ExpressionBuilder } from "kysely";
import { type Connection, type Given, prepare, type QueryBuilder } from "../query.ts";
import type { Schema } from "../schema.ts";
import type { Store } from "../store.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * A grant stays this long after it ended: its access tokens, which live for a day at the most, must still be answered
 * with why they are refused, and a lost write can still be healed.
 */
export const KEPT_AFTER_END_MS = DAY_MS;
/** A dynamic registration without a grant goes after this; its client registers again under the same id. */
export const IDLE_REGISTRATION_MS = 7 * DAY_MS;
/** A metadata document without a grant that was not fetched for so long. */
export const IDLE_DOCUMENT_MS = 90 * DAY_MS;

/** Longer than any access token lives: whoever was away for so long has none in memory that counts. */
const CHANGES_KEPT_MS = 2 * DAY_MS;

/** A client that has grants when it is due is looked at again after this. */
const LOOK_AGAIN_MS = 7 * DAY_MS;

/**
 * Deletes what has expired. Grants and clients that are due are looked at, at most `limit` of them; those that have
 * ended go, and for the others the day to look again is put off.
 */
export function expiryQueries(db: QueryBuilder, connection: Connection): Pick<Store, "deleteExpired"> {
  const { deleteGrants, postponeGrants } = grantStatements(db);
  const { deleteClients, postponeClients } = clientStatements(db);
  const { deleteAssertions, deleteNetworks, deleteKeys, deleteChanges } = otherStatements(db);
  const [deleteSessions, deleteLinks] = [deleteEnded(db, "sessions"), deleteEnded(db, "one_time_links")];

  return {
    async deleteExpired(now, limit) {
      const batch = {
        now,
        limit,
        endedBefore: now - KEPT_AFTER_END_MS,
        lookAgainAt: now + LOOK_AGAIN_MS,
        madeBefore: now - CHANGES_KEPT_MS,
      };
      // Sessions and links before grants, as where a person is ended: of two, neither waits for the other. Grants before
      // clients: a client whose last grant goes can go as well.
      const [sessions, links, grants, liveGrants, clients, busyClients, assertions, networks, keys, changes] =
        await connection.writeTogether([
          deleteSessions(batch),
          deleteLinks(batch),
          deleteGrants(batch),
          postponeGrants(batch),
          deleteClients(batch),
          postponeClients(batch),
          deleteAssertions(batch),
          deleteNetworks(batch),
          deleteKeys(batch),
          deleteChanges(batch),
        ]);
      const gone = [grants, clients, assertions, networks, sessions, links, keys];
      const seen = [grants.length + liveGrants.length, clients.length + busyClients.length];
      seen.push(...[assertions, networks, sessions, links, changes].map(({ length }) => length));
      return {
        deleted: gone.reduce((sum, { length }) => sum + length, 0),
        more: seen.some((rows) => rows >= limit),
      };
    },
  };
}

function grantStatements(db: QueryBuilder) {
  const dueGrants = (given: Given<Batch>) =>
    db
      .selectFrom("grants")
      .select("id")
      .where("due_at", "<=", given("now"))
      .orderBy("due_at")
      .limit(given("limit"));

  const deleteGrants = prepare(
    (given: Given<Batch>) =>
      db
        .deleteFrom("grants")
        .where("id", "in", dueGrants(given))
        .where((eb) => eb(grantEnd(eb), "<=", given("endedBefore")))
        .returning("id"),
    (row) => row.id,
  );

  const postponeGrants = prepare(
    (given: Given<Batch>) =>
      db
        .updateTable("grants")
        .set((eb) => ({ due_at: eb(grantEnd(eb), "+", eb.lit(KEPT_AFTER_END_MS)) }))
        .where("id", "in", dueGrants(given))
        .where((eb) => eb(grantEnd(eb), ">", given("endedBefore")))
        .returning("id"),
    (row) => row.id,
  );

  return { deleteGrants, postponeGrants };
}

function clientStatements(db: QueryBuilder) {
  const dueClients = (given: Given<Batch>) =>
    db
      .selectFrom("clients")
      .select("id")
      .where("due_at", "<=", given("now"))
      .orderBy("due_at")
      .limit(given("limit"));

  const deleteClients = prepare(
    (given: Given<Batch>) =>
      db
        .deleteFrom("clients")
        .where("id", "in", dueClients(given))
        .where(({ not, exists, selectFrom }) =>
          not(
            exists(selectFrom("grants").select("grants.id").whereRef("grants.client_id", "=", "clients.id")),
          ),
        )
        .returning("id"),
    (row) => row.id,
  );

  const postponeClients = prepare(
    (given: Given<Batch>) =>
      db
        .updateTable("clients")
        .set({ due_at: given("lookAgainAt") })
        .where("id", "in", dueClients(given))
        .where(({ exists, selectFrom }) =>
          exists(selectFrom("grants").select("grants.id").whereRef("grants.client_id", "=", "clients.id")),
        )
        .returning("id"),
    (row) => row.id,
  );

  return { deleteClients, postponeClients };
}

function otherStatements(db: QueryBuilder) {
  const deleteAssertions = prepare(
    (given: Given<Batch>) =>
      db
        .deleteFrom("assertions")
        .where(({ eb, refTuple, selectFrom }) =>
          eb(
            refTuple("client_id", "jti"),
            "in",
            selectFrom("assertions as old")
              .select(["old.client_id", "old.jti"])
              .where("old.expires_at", "<=", given("now"))
              .orderBy("old.expires_at")
              .limit(given("limit"))
              .$asTuple("client_id", "jti"),
          ),
        )
        .returning("jti"),
    (row) => row.jti,
  );

  const deleteNetworks = prepare(
    (given: Given<Batch>) =>
      db
        .deleteFrom("familiar_networks")
        .where(({ eb, refTuple, selectFrom }) =>
          eb(
            refTuple("name", "network"),
            "in",
            selectFrom("familiar_networks as old")
              .select(["old.name", "old.network"])
              .where("old.ends_at", "<=", given("now"))
              .orderBy("old.ends_at")
              .limit(given("limit"))
              .$asTuple("name", "network"),
          ),
        )
        .returning("name"),
    (row) => row.name,
  );

  const deleteKeys = prepare(
    (given: Given<Batch>) =>
      db.deleteFrom("signing_keys").where("published_until", "<=", given("now")).returning("kid"),
    (row) => row.kid,
  );

  const deleteChanges = prepare(
    (given: Given<Batch>) =>
      db
        .deleteFrom("changes")
        .where("id", "in", (eb) =>
          eb
            .selectFrom("changes as old")
            .select("old.id")
            .where("old.made_at", "<=", given("madeBefore"))
            .orderBy("old.made_at")
            .limit(given("limit")),
        )
        .returning("id"),
    (row) => row.id,
  );

  return { deleteAssertions, deleteNetworks, deleteKeys, deleteChanges };
}

function deleteEnded(db: QueryBuilder, table: "sessions" | "one_time_links") {
  return prepare(
    (given: Given<Batch>) =>
      db
        .deleteFrom(table)
        .where("hash", "in", (eb) =>
          eb
            .selectFrom(table)
            .select("hash")
            .where("expires_at", "<=", given("now"))
            .orderBy("expires_at")
            .limit(given("limit")),
        )
        // Again: a session may be used at this moment.
        .where("expires_at", "<=", given("now"))
        .returning("hash"),
    (row) => row.hash,
  );
}

type Batch = {
  readonly now: number;
  readonly limit: number;
  readonly endedBefore: number;
  readonly lookAgainAt: number;
  readonly madeBefore: number;
};

/** When a grant is over, whatever ends it. */
function grantEnd(eb: ExpressionBuilder<Schema, "grants">): Expression<number> {
  return eb
    .case()
    .when("revoked_at", "is not", null)
    .then(eb.ref("revoked_at").$notNull())
    .when("redeemed_at", "is", null)
    .then(eb.ref("code_expires_at"))
    .when("refresh_expires_at", "<", eb.ref("ends_at"))
    .then(eb.ref("refresh_expires_at"))
    .else(eb.ref("ends_at"))
    .end();
}
