import { LRUCache } from "lru-cache";
import { type Count, type Counters, secondsUntil } from "../counters.ts";
import type { Connection, Query, SqlValue } from "../query.ts";

export type PostgresCounters = Counters & {
  /** Deletes windows that have ended. Says whether there may be more. */
  deleteEnded(now: number, limit: number): Promise<boolean>;
};

/** A flood that is refused anyway asks the database no more often than this. */
const REMEMBERED_MS = 1000;
const MAXIMUM_REMEMBERED = 10_000;

/** Counts in one table, in statements that decide as they count: a thousand at once are no way around. */
export function postgresCounters(connection: Connection): PostgresCounters {
  const full = new LRUCache<string, number>({
    max: MAXIMUM_REMEMBERED,
    ttl: REMEMBERED_MS,
  });

  const giveBack: Counters["giveBack"] = async (keys, now) => {
    if (keys.length > 0) await connection.write(query(GIVE_BACK, [JSON.stringify(keys), now]));
  };

  return {
    giveBack,
    async take(counts, now) {
      const known = Math.max(0, ...counts.map(({ key }) => full.get(key) ?? 0));
      if (known > now) return { waitSeconds: secondsUntil(known, now), counted: [] };
      const rows = await connection.write(takeQuery(counts, now));
      const counted = rows.filter(({ wasCounted }) => wasCounted).map(({ key }) => key);
      const refused = rows.filter(({ wasCounted }) => !wasCounted);
      if (refused.length === 0) return { waitSeconds: 0, counted };
      await giveBack(counted, now);
      for (const { key, endsAt } of refused) full.set(key, endsAt);
      const until = Math.max(...refused.map(({ endsAt }) => endsAt));
      return { waitSeconds: secondsUntil(until, now), counted: [] };
    },
    async forgive(key, part, now) {
      full.delete(key);
      await connection.write(query(FORGIVE, [key, part, now]));
    },
    async deleteEnded(now, limit) {
      const deleted = await connection.write(query(DELETE_ENDED, [now, limit]));
      return deleted.length >= limit;
    },
  };
}

type CountRow = { readonly key: string; readonly wasCounted: boolean; readonly endsAt: number };

/** A row for each count. Rows are locked in the order of their keys, so that no two wait for each other. */
const TAKE = `
  WITH given AS (
    SELECT key, "limit", seconds
    FROM jsonb_to_recordset($1::jsonb) AS counts (key text, "limit" bigint, seconds bigint)
  ), counted AS (
    INSERT INTO counters (key, counted, most, ends_at)
    SELECT key, 1, "limit", $2::bigint + seconds * 1000 FROM given ORDER BY key
    ON CONFLICT (key) DO UPDATE SET
      counted = CASE WHEN counters.ends_at > $2::bigint THEN counters.counted ELSE 0 END + 1,
      most = excluded.most,
      ends_at = CASE WHEN counters.ends_at > $2::bigint THEN counters.ends_at ELSE excluded.ends_at END
    WHERE counters.ends_at <= $2::bigint OR counters.counted < excluded.most
    RETURNING key
  )
  SELECT
    given.key,
    counted.key IS NOT NULL AS was_counted,
    coalesce(counters.ends_at, $2::bigint + given.seconds * 1000) AS ends_at
  FROM given LEFT JOIN counted ON counted.key = given.key LEFT JOIN counters ON counters.key = given.key`;

const GIVE_BACK = `
  WITH given AS (
    SELECT key FROM counters
    WHERE key IN (SELECT jsonb_array_elements_text($1::jsonb)) AND ends_at > $2::bigint
    ORDER BY key FOR UPDATE
  )
  UPDATE counters SET counted = greatest(counted - 1, 0) FROM given WHERE counters.key = given.key`;

/** Both rows are locked in the order of their keys, as TAKE locks them. */
const FORGIVE = `
  WITH locked AS (
    SELECT key, counted FROM counters WHERE key IN ($1, $2) AND ends_at > $3::bigint ORDER BY key FOR UPDATE
  )
  UPDATE counters SET counted = CASE counters.key WHEN $1 THEN greatest(counters.counted - part.counted, 0) ELSE 0 END
  FROM locked AS part
  WHERE part.key = $2 AND counters.key IN (SELECT key FROM locked)`;

const DELETE_ENDED = `
  DELETE FROM counters
  WHERE key IN (SELECT key FROM counters WHERE ends_at <= $1 ORDER BY ends_at LIMIT $2 FOR UPDATE SKIP LOCKED)
  RETURNING key`;

function takeQuery(counts: readonly Count[], now: number): Query<CountRow> {
  return {
    sql: TAKE,
    parameters: [JSON.stringify(counts), now],
    parse: (row) => {
      const { key, was_counted, ends_at } = row as { key: string; was_counted: boolean; ends_at: number };
      return { key, wasCounted: was_counted, endsAt: ends_at };
    },
  };
}

function query(sql: string, parameters: readonly SqlValue[]): Query<undefined> {
  return { sql, parameters, parse: () => undefined };
}
