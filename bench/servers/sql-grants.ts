import { DatabaseSync } from "node:sqlite";
import { openSqliteStore } from "../../src/store/sqlite.ts";

export const SQL_CLIENT_ID = "dcr_of_the_bench";

/**
 * Makes a database with this many live grants of one client, at generation 1. Their ids are random, as ours are, so
 * that rows which follow each other lie apart in the index.
 */
export async function makeDatabaseWithGrants(file: string, count: number, resource: string): Promise<void> {
  const store = await openSqliteStore({ database: file });
  await store.addClient({
    id: SQL_CLIENT_ID,
    origin: "registered",
    name: "Bench",
    redirectUris: ["https://client.example/callback"],
    authenticationMethod: "none",
    secretHash: null,
    jwks: null,
    jwksUri: null,
    grantTypes: ["authorization_code", "refresh_token"],
    scopes: [],
    clientUri: null,
    logoUri: null,
    applicationType: "web",
    createdAt: Date.now(),
  });
  await store.close();
  const database = new DatabaseSync(file);
  database.exec("PRAGMA synchronous = OFF");
  database.exec("PRAGMA cache_size = -200000");
  database.prepare(INSERT).run({ count, resource, client: SQL_CLIENT_ID, now: Date.now(), year: YEAR_MS });
  database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  database.close();
}

/** Ids of grants at random, each one once. */
export function someGrants(file: string, count: number): readonly string[] {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    return database
      .prepare("SELECT id FROM grants ORDER BY random() LIMIT ?")
      .all(count)
      .map(({ id }) => String(id));
  } finally {
    database.close();
  }
}

const YEAR_MS = 365 * 24 * 60 * 60 * 1000;

// Eleven random bytes in hexadecimal: as long as an id of ours, and of the same characters.
const INSERT = `
  INSERT INTO grants (id, client_id, client_name, person_id, person, resource, scopes, redirect_uri, code_challenge,
    code_expires_at, redeemed_at, generation, rotated_at, refresh_expires_at, ends_at, created_at, due_at)
  WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :count)
  SELECT lower(hex(randomblob(11))), :client, 'Bench', 'person-' || (n % 50000),
    '{"id":"person-' || (n % 50000) || '","name":"Ada Lovelace"}', :resource, 'mcp',
    'https://client.example/callback', 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    :now, :now, 1, :now, :now + :year, :now + :year, :now - n, :now + :year
  FROM numbers`;
