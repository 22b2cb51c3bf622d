import pg from "pg";
import { parseOptions } from "../../src/config/options.ts";
import type { LoadResult } from "../load/generator.ts";
import { answerQuestions, readOptions } from "../worker.ts";
import { OPTIONS } from "./gatehouse-parts.ts";
import { makeGrants, SQL_CLIENT_ID, someGrants } from "./sql-grants.ts";

// The statement of a refresh, and nothing else: `pg` on a pool as large as the server's.

export type RawOptions = {
  readonly database: string;
  readonly connections: number;
  readonly poolConnections: number;
};
export type RawResult = Pick<LoadResult, "answered" | "seconds">;

const { database, connections, poolConnections } = readOptions<RawOptions>();
await makeGrants(database, { count: connections, resource: parseOptions("Bench", OPTIONS).resource });
const ids = await someGrants(database, connections);
const pool = new pg.Pool({ connectionString: database, max: poolConnections });
const REFRESH_MS = 30 * 24 * 60 * 60 * 1000;
const STATEMENT = {
  name: "rotate",
  text: `update "grants" set "generation" = $1 + 1, "rotated_at" = $2, "refresh_expires_at" = $3,
    "redeemed_at" = coalesce("redeemed_at", $4)
    where "id" = $5 and client_id || '' = $6 and "generation" >= $7 and "generation" <= $8
    and "resource" = coalesce($9, "resource") and "revoked_at" is null and "refresh_expires_at" > $10
    and "ends_at" > $11 returning *`,
};
const generations = new Map(ids.map((id) => [id, 1]));

answerQuestions({
  async run(seconds: number): Promise<RawResult> {
    const startedAt = performance.now();
    const end = startedAt + seconds * 1000;
    const counts = await Promise.all(ids.map((id) => rotateUntil(end, id)));
    return {
      answered: counts.reduce((sum, count) => sum + count, 0),
      seconds: (performance.now() - startedAt) / 1000,
    };
  },
});

async function rotateUntil(end: number, id: string): Promise<number> {
  let count = 0;
  while (performance.now() < end) {
    const now = Date.now();
    const presented = generations.get(id) ?? 1;
    const values = [
      presented,
      now,
      now + REFRESH_MS,
      now,
      id,
      SQL_CLIENT_ID,
      presented,
      presented,
      null,
      now,
      now,
    ];
    const { rowCount } = await pool.query({ ...STATEMENT, values });
    if (rowCount !== 1) throw new Error("a rotation was refused");
    generations.set(id, presented + 1);
    count += 1;
  }
  return count;
}
