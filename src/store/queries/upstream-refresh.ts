import { sql } from "kysely";
import { type Connection, type Given, prepare, type QueryBuilder } from "../query.ts";
import type { UpstreamStore } from "../upstream-store.ts";

type RefreshQueries = Pick<
  UpstreamStore,
  | "beginUpstreamRefresh"
  | "endUpstreamRefresh"
  | "replaceUpstreamTokens"
  | "endUpstreamCredential"
  | "touchUpstreamCredential"
  | "resealUpstreamCredential"
>;

/** What changes a credential that stays the person's. Each is one statement on the row alone, and conditional on what was read. */
export function upstreamRefreshQueries(db: QueryBuilder, connection: Connection): RefreshQueries {
  const { begin, end } = leaseStatements(db);
  const { replace, kill, touch, reseal } = changingStatements(db);
  return {
    async beginUpstreamRefresh({ personId, upstream, version, until, now }) {
      return (await connection.write(begin({ personId, upstream, version, until, now }))).length > 0;
    },
    async endUpstreamRefresh({ personId, upstream, version, until }) {
      await connection.write(end({ personId, upstream, version, until }));
    },
    async replaceUpstreamTokens({ scopes, ...replaced }) {
      return (await connection.write(replace({ ...replaced, scopes: scopes.join(" ") }))).length > 0;
    },
    async endUpstreamCredential({ personId, upstream, version, now }) {
      return (await connection.write(kill({ personId, upstream, version, now }))).length > 0;
    },
    async touchUpstreamCredential(personId, upstream, usedAt) {
      await connection.write(touch({ personId, upstream, usedAt }));
    },
    async resealUpstreamCredential({ personId, upstream, before, sealed }) {
      return (await connection.write(reseal({ personId, upstream, before, sealed }))).length > 0;
    },
  };
}

function leaseStatements(db: QueryBuilder) {
  const begin = prepare(
    (given: Given<Version & { until: number; now: number }>) =>
      db
        .updateTable("upstream_credentials")
        .set({ refreshing_until: given("until") })
        .where("person_id", "=", given("personId"))
        .where("upstream", "=", given("upstream"))
        .where("version", "=", given("version"))
        .where("dead_at", "is", null)
        .where(({ or, eb }) =>
          or([eb("refreshing_until", "is", null), eb("refreshing_until", "<=", given("now"))]),
        )
        .returning("person_id"),
    (row) => row.person_id,
  );

  const end = prepare(
    (given: Given<Version & { until: number }>) =>
      db
        .updateTable("upstream_credentials")
        .set({ refreshing_until: null })
        .where("person_id", "=", given("personId"))
        .where("upstream", "=", given("upstream"))
        .where("version", "=", given("version"))
        // Another one may have it by now.
        .where("refreshing_until", "=", given("until")),
    () => undefined,
  );

  return { begin, end };
}

function changingStatements(db: QueryBuilder) {
  const replace = prepare(
    (given: Given<Version & { before: string; sealed: string; scopes: string; expiresAt: number | null }>) =>
      db
        .updateTable("upstream_credentials")
        .set({
          sealed: given("sealed"),
          scopes: given("scopes"),
          version: given("version"),
          expires_at: given("expiresAt"),
          refreshing_until: null,
          // It may have been found dead while this one, which is newer, was on its way.
          dead_at: null,
        })
        .where("person_id", "=", given("personId"))
        .where("upstream", "=", given("upstream"))
        .where("version", "=", given("before"))
        .returning("person_id"),
    (row) => row.person_id,
  );

  const kill = prepare(
    (given: Given<Version & { now: number }>) =>
      db
        .updateTable("upstream_credentials")
        .set({ dead_at: given("now"), sealed: sql.lit(""), expires_at: null, refreshing_until: null })
        .where("person_id", "=", given("personId"))
        .where("upstream", "=", given("upstream"))
        .where("version", "=", given("version"))
        .where("dead_at", "is", null)
        .returning("person_id"),
    (row) => row.person_id,
  );

  const touch = prepare(
    (given: Given<Key & { usedAt: number }>) =>
      db
        .updateTable("upstream_credentials")
        .set({ used_at: given("usedAt") })
        .where("person_id", "=", given("personId"))
        .where("upstream", "=", given("upstream")),
    () => undefined,
  );

  const reseal = prepare(
    (given: Given<Key & { before: string; sealed: string }>) =>
      db
        .updateTable("upstream_credentials")
        .set({ sealed: given("sealed") })
        .where("person_id", "=", given("personId"))
        .where("upstream", "=", given("upstream"))
        .where("sealed", "=", given("before"))
        .returning("person_id"),
    (row) => row.person_id,
  );

  return { replace, kill, touch, reseal };
}

type Key = { readonly personId: string; readonly upstream: string };
type Version = Key & { readonly version: string };
