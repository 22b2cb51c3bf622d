import { isPostgresUrl } from "../../src/core/database-url.ts";
import { openStore } from "../../src/store/open-store.ts";
import { byPosition, inFile, inPostgres } from "../../test/support/store/raw-sql.ts";
import { sampleClient } from "../../test/support/store/samples.ts";

/** As long as the id of a client that registered. */
export const SQL_CLIENT_ID = "dcr_of_the_bench".padEnd(47, "x");

/** How many grants, and of which kind: those that are live, or those that the janitor should delete. */
export type GrantsToMake = { readonly count: number; readonly resource: string; readonly expired?: boolean };

/**
 * Adds grants of one client, at generation 1, to a database: a file or a Postgres. Their ids are random, as ours are, so
 * that rows which follow each other lie apart in the index.
 */
export async function makeGrants(
  database: string,
  { count, resource, expired = false }: GrantsToMake,
): Promise<void> {
  const { store, close } = await openStore({ database });
  await store.addClient(
    sampleClient({ id: SQL_CLIENT_ID, authenticationMethod: "none", jwks: null, createdAt: Date.now() }),
    "unaudited",
  );
  await close();
  const now = Date.now();
  const end = expired ? now - 1 : now + YEAR_MS;
  if (isPostgresUrl(database)) {
    await inPostgres(database, async (client) => {
      await client.query("SET synchronous_commit = off");
      await client.query(insert(POSTGRES), [count, resource, SQL_CLIENT_ID, now, end]);
      await client.query("VACUUM ANALYZE grants");
    });
    return;
  }
  inFile(database, (file) => {
    file.exec("PRAGMA synchronous = OFF");
    file.exec("PRAGMA cache_size = -4000000");
    file.prepare(byPosition(insert(SQLITE))).run(count, resource, SQL_CLIENT_ID, now, end);
    file.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  });
}

/** Ids of live grants at random, each one once. */
export async function someGrants(database: string, count: number): Promise<readonly string[]> {
  const sql = "SELECT id FROM grants WHERE ends_at > $1 ORDER BY random() LIMIT $2";
  const rows = isPostgresUrl(database)
    ? await inPostgres(database, async (client) => (await client.query(sql, [Date.now(), count])).rows)
    : inFile(database, (file) => file.prepare(byPosition(sql)).all(Date.now(), count));
  return rows.map(({ id }) => String(id));
}

const YEAR_MS = 365 * 24 * 60 * 60 * 1000;

type Dialect = { readonly numbers: string; readonly randomId: string };

const SQLITE: Dialect = {
  numbers: "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < $1)",
  // Eleven random bytes in hexadecimal: as long as an id of ours, and of the same characters.
  randomId: "lower(hex(randomblob(11)))",
};
const POSTGRES: Dialect = {
  numbers: "WITH numbers (n) AS (SELECT generate_series(1, $1::bigint))",
  randomId: "left(md5(random()::text || n::text), 22)",
};

function insert({ numbers, randomId }: Dialect): string {
  return `
    INSERT INTO grants (id, client_id, client_name, person_id, person, resource, scopes, redirect_uri, code_challenge,
      code_expires_at, redeemed_at, generation, rotated_at, refresh_expires_at, ends_at, created_at, due_at)
    ${numbers}
    SELECT ${randomId}, $3, 'Bench', 'person-' || (n % 50000),
      '{"id":"person-' || (n % 50000) || '","name":"Ada Lovelace"}', $2, 'mcp',
      'https://client.example/callback', 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      $4, $4, 1, $4, $5, $5, $4 - n, $5
    FROM numbers`;
}
