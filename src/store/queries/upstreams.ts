import { sql } from "kysely";
import type { Dialect } from "../migrations/migration.ts";
import { type Connection, type Given, prepare, type QueryBuilder } from "../query.ts";
import type { UpstreamCredentialTable } from "../schema.ts";
import { toUpstreamCredential, toUpstreamSummary } from "../upstream-rows.ts";
import type { UpstreamStore } from "../upstream-store.ts";
import { auditNote } from "./audit.ts";
import { heldRows, lockedRows } from "./held-rows.ts";
import { lockOne } from "./locked-person.ts";
import { holdSession } from "./sessions.ts";
import { upstreamRefreshQueries } from "./upstream-refresh.ts";

/** What people have at other services. */
export function upstreamQueries(db: QueryBuilder, connection: Connection, dialect: Dialect): UpstreamStore {
  const note = auditNote(db);
  const reading = readingStatements(db);
  const { put, putFirst } = puttingStatements(db, dialect);
  const lockVersion = versionStatement(db, dialect);
  const remove = removeStatement(db);
  const lockPerson = lockOne(db, dialect);
  const hold = holdSession(db, dialect);

  return {
    async saveUpstreamCredential({ session, askedAt, before, now, ...saved }, entry) {
      const { personId, upstream, kind, scopes, account, version, expiresAt, sealed } = saved;
      // The person first: a sign-out that is under way is waited for, and then the session is gone.
      const kept = await connection.writeOrNothing({
        required: [
          lockPerson({ id: personId }),
          ...(session === undefined ? [] : [hold({ personId, hash: session, now })]),
          ...(typeof before === "string" ? [lockVersion({ personId, upstream, version: before })] : []),
          (before === null ? putFirst : put)({
            person_id: personId,
            upstream,
            kind,
            sealed,
            scopes: scopes.join(" "),
            account,
            version,
            created_at: now,
            expires_at: expiresAt,
            asked_at: askedAt ?? Number.MAX_SAFE_INTEGER,
          }),
        ],
        note: note(entry),
      });
      return kept !== undefined;
    },
    async findUpstreamCredential(personId, upstream) {
      return (await connection.read(reading.find({ personId, upstream })))[0];
    },
    listUpstreamCredentials: (personId) => connection.read(reading.list({ personId })),
    async removeUpstreamCredential({ personId, upstream, session, now }, entry) {
      const removed = await connection.writeOrNothing({
        required: [
          ...(session === undefined
            ? []
            : [lockPerson({ id: personId }), hold({ personId, hash: session, now })]),
          remove({ personId, upstream }),
        ],
        note: note(entry),
      });
      return removed !== undefined;
    },
    listUpstreamCredentialsAfter: ({ personId, upstream }, limit) =>
      connection.read(reading.page({ personId, upstream, limit })),
    ...upstreamRefreshQueries(db, connection),
  };
}

function readingStatements(db: QueryBuilder) {
  const find = prepare(
    (given: Given<Key>) =>
      db
        .selectFrom("upstream_credentials")
        .selectAll()
        .where("person_id", "=", given("personId"))
        .where("upstream", "=", given("upstream")),
    toUpstreamCredential,
  );

  const list = prepare(
    (given: Given<Pick<Key, "personId">>) =>
      db
        .selectFrom("upstream_credentials")
        .select([
          "person_id",
          "upstream",
          "kind",
          "scopes",
          "account",
          "created_at",
          "used_at",
          "expires_at",
          "dead_at",
        ])
        .where("person_id", "=", given("personId"))
        .orderBy("upstream"),
    toUpstreamSummary,
  );

  const page = prepare(
    (given: Given<Key & { limit: number }>) =>
      db
        .selectFrom("upstream_credentials")
        .select(["person_id", "upstream", "sealed"])
        .where(({ eb, refTuple, tuple }) =>
          eb(refTuple("person_id", "upstream"), ">", tuple(given("personId"), given("upstream"))),
        )
        .where("sealed", "<>", sql.lit(""))
        .orderBy("person_id")
        .orderBy("upstream")
        .limit(given("limit")),
    (row) => ({ personId: row.person_id, upstream: row.upstream, sealed: row.sealed }),
  );

  return { find, list, page };
}

/** They return no row where the person is gone or disabled, or was signed out since it was asked for. */
function puttingStatements(db: QueryBuilder, dialect: Dialect) {
  const insert = (given: Given<Put>) => {
    const person = db
      .selectFrom("people")
      .select(SAVED.map((name) => given(name).as(name)))
      .where("people.id", "=", given("person_id"))
      .where("people.disabled_at", "is", null)
      .where(({ or, eb }) =>
        or([eb("people.signed_out_at", "is", null), eb("people.signed_out_at", "<", given("asked_at"))]),
      );
    return db.insertInto("upstream_credentials").columns(SAVED).expression(heldRows(person, dialect));
  };

  const put = prepare(
    (given: Given<Put>) =>
      insert(given)
        .onConflict((conflict) =>
          conflict.columns(["person_id", "upstream"]).doUpdateSet((eb) => ({
            kind: eb.ref("excluded.kind"),
            sealed: eb.ref("excluded.sealed"),
            scopes: eb.ref("excluded.scopes"),
            account: eb.ref("excluded.account"),
            version: eb.ref("excluded.version"),
            expires_at: eb.ref("excluded.expires_at"),
            // Later than before, whatever the clock says: that it is another one is announced by it.
            created_at: eb
              .case()
              .when("upstream_credentials.created_at", ">=", eb.ref("excluded.created_at"))
              .then(sql<number>`upstream_credentials.created_at + 1`)
              .else(eb.ref("excluded.created_at"))
              .end(),
            refreshing_until: null,
            used_at: null,
            dead_at: null,
          })),
        )
        .returning("person_id"),
    (row) => row.person_id,
  );

  /** Nor where something is there already. */
  const putFirst = prepare(
    (given: Given<Put>) =>
      insert(given)
        .onConflict((conflict) => conflict.columns(["person_id", "upstream"]).doNothing())
        .returning("person_id"),
    (row) => row.person_id,
  );

  return { put, putFirst };
}

/** What is there, until the commit. Returns no row where it is of another version, or gone. After the person's row. */
function versionStatement(db: QueryBuilder, dialect: Dialect) {
  return prepare(
    (given: Given<Key & { version: string }>) =>
      lockedRows(
        db
          .selectFrom("upstream_credentials")
          .select("version")
          .where("person_id", "=", given("personId"))
          .where("upstream", "=", given("upstream"))
          .where("version", "=", given("version")),
        dialect,
      ),
    (row) => row.version,
  );
}

type Put = Pick<UpstreamCredentialTable, (typeof SAVED)[number]> & { readonly asked_at: number };

const SAVED = [
  "person_id",
  "upstream",
  "kind",
  "sealed",
  "scopes",
  "account",
  "version",
  "created_at",
  "expires_at",
] as const satisfies readonly (keyof UpstreamCredentialTable)[];

function removeStatement(db: QueryBuilder) {
  return prepare(
    (given: Given<Key>) =>
      db
        .deleteFrom("upstream_credentials")
        .where("person_id", "=", given("personId"))
        .where("upstream", "=", given("upstream"))
        .returning("upstream"),
    (row) => row.upstream,
  );
}

type Key = { readonly personId: string; readonly upstream: string };
