import type { GrantUse } from "../grant-records.ts";
import type { Dialect } from "../migrations/migration.ts";
import type { Connection } from "../query.ts";
import type { Store } from "../store.ts";

/** Writes that access tokens were used. No index has a column of it. */
export function grantUseQueries(connection: Connection, dialect: Dialect): Pick<Store, "recordUses"> {
  const sql = RECORD[dialect];
  return {
    async recordUses(uses, now) {
      await connection.write({ sql, parameters: [jsonOf(uses), now], parse: () => undefined });
    },
  };
}

/**
 * One statement for many grants, which neither database says as the other does. A token of no generation counts where
 * the grant has none that is unused: it is of a program, whose grant never has one.
 */
const RECORD: Readonly<Record<Dialect, string>> = {
  sqlite: `UPDATE grants SET used_at = ?2, unused_generation = NULL
    FROM (SELECT value ->> 'grantId' AS id, value ->> 'generation' AS generation FROM json_each(?1)) AS used
    WHERE grants.id = used.id AND coalesce(grants.unused_generation, 0) = used.generation`,
  // Rows are locked in the order of their ids, so that no two instances wait for each other.
  postgres: `WITH used AS (
      SELECT grants.id
      FROM jsonb_to_recordset($1::jsonb) AS used ("grantId" text, generation bigint)
      JOIN grants ON grants.id = used."grantId" AND coalesce(grants.unused_generation, 0) = used.generation
      ORDER BY grants.id FOR NO KEY UPDATE OF grants
    )
    UPDATE grants SET used_at = $2::bigint, unused_generation = NULL FROM used WHERE grants.id = used.id`,
};

function jsonOf(uses: readonly GrantUse[]): string {
  return JSON.stringify(uses.map(({ grantId, generation }) => ({ grantId, generation })));
}
