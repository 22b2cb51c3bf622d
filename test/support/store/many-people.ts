import { isPostgresUrl } from "../../../src/core/database-url.ts";
import { openStore } from "../../../src/store/open-store.ts";
import { byPosition, inFile, inPostgres } from "./raw-sql.ts";

/** One of the people that SQL makes, by their number. */
export type OneOfMany = {
  readonly id: string;
  readonly identity: { readonly method: string; readonly issuer: string; readonly subject: string };
  /** The hash of their session. */
  readonly session: string;
  /** Of `client-1`, at generation 1. */
  readonly grant: string;
};

export const MANY_ISSUER = "https://idp.example";

/** @param number from 1 */
export function oneOfMany(number: number): OneOfMany {
  const mark = ((BigInt(number) * SPREAD) % 2n ** 32n).toString();
  const identity = { method: "oidc", issuer: MANY_ISSUER, subject: `subject-${mark}` };
  return { id: `person-${mark}`, identity, session: `session-${mark}`, grant: `grant-${mark}` };
}

export type ManyPeople = {
  readonly count: number;
  /** When their sessions end. Default: in a month. */
  readonly sessionsEndAt?: number;
};

/**
 * Adds people to a database, a file or a Postgres, in a statement for each table: everyone has an identity, a password, a
 * session, a one-time link and a live grant. Rows that follow each other lie apart in the indexes, as with random ids.
 */
export async function makePeople(database: string, { count, sessionsEndAt }: ManyPeople): Promise<void> {
  await (await openStore({ database })).close();
  const now = Date.now();
  const values = [count, now, sessionsEndAt ?? now + MONTH_MS];
  if (isPostgresUrl(database)) {
    await inPostgres(database, async (client) => {
      await client.query("SET synchronous_commit = off");
      for (const insert of insertions(POSTGRES)) await client.query(insert, values);
      await client.query("VACUUM ANALYZE people, identities, credentials, sessions, one_time_links, grants");
    });
    return;
  }
  inFile(database, (file) => {
    file.exec("PRAGMA synchronous = OFF");
    file.exec("PRAGMA cache_size = -4000000");
    for (const insert of insertions(SQLITE)) file.prepare(byPosition(insert)).run(...values);
    file.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  });
}

const MONTH_MS = 30 * 24 * 60 * 60 * 1000;
/** An odd number: its multiples by different numbers differ, and jump about. */
const SPREAD = 2_654_435_761n;
const MARK = `((n * ${SPREAD}) % 4294967296)`;

const SQLITE = "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < $1)";
const POSTGRES = "WITH numbers (n) AS (SELECT generate_series(1, $1::bigint))";

/** Each uses all three values, or Postgres could not tell their types. */
function insertions(numbers: string): readonly string[] {
  const at = "CAST($2 AS bigint) - n";
  const ends = "CAST($3 AS bigint)";
  const insert = (columns: string, values: string) =>
    `INSERT INTO ${columns} ${numbers} SELECT ${values} FROM numbers WHERE ${ends} > 0`;
  return [
    insert(
      "people (id, profile, emails, groups, found_by, created_at, signed_in_at)",
      `'person-' || ${MARK}, '{"id":"person-' || ${MARK} || '","name":"Person ' || n || '"}', '["p' || n || '@people.example"]',
       '["staff"]', 'person-' || ${MARK} || ' p' || n || '@people.example', ${at}, ${at}`,
    ),
    insert(
      "identities (method, issuer, subject, person_id, label, created_at, used_at)",
      `'oidc', '${MANY_ISSUER}', 'subject-' || ${MARK}, 'person-' || ${MARK}, 'p' || n || '@people.example', ${at}, ${at}`,
    ),
    insert(
      "credentials (person_id, kind, id, secret, scheme, created_at)",
      `'person-' || ${MARK}, 'password', '', 'scheme ' || ${MARK}, 'scheme', ${at}`,
    ),
    insert(
      `sessions (hash, person_id, method, address, user_agent, authenticated_at, created_at, used_at, expires_at, ends_at,
         upstream_issuer, upstream_session)`,
      `'session-' || ${MARK}, 'person-' || ${MARK}, 'idp', '203.0.113.7', 'A browser', ${at}, ${at}, ${at}, ${ends}, ${ends},
       '${MANY_ISSUER}', 'sid-' || ${MARK}`,
    ),
    insert(
      "one_time_links (hash, purpose, person_id, created_at, expires_at)",
      `'link-' || ${MARK}, 'password', 'person-' || ${MARK}, ${at}, ${ends}`,
    ),
    insert(
      `grants (id, client_id, client_name, person_id, person, resource, scopes, redirect_uri, code_challenge,
         code_expires_at, redeemed_at, generation, rotated_at, refresh_expires_at, ends_at, created_at, due_at)`,
      `'grant-' || ${MARK}, 'client-1', 'Sample client', 'person-' || ${MARK}, '{"id":"person-' || ${MARK} || '"}',
       'https://mcp.example/mcp', 'mcp', 'https://client.example/callback', 'challenge',
       ${at}, ${at}, 1, ${at}, CAST($2 AS bigint) + ${MONTH_MS}, CAST($2 AS bigint) + ${MONTH_MS}, ${at}, CAST($2 AS bigint) + ${MONTH_MS}`,
    ),
  ];
}
