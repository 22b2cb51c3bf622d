import { MIGRATIONS } from "../migrations/index.ts";
import type { Migration } from "../migrations/migration.ts";
import { query } from "../query.ts";
import type { Database } from "./database.ts";
import { UNFINISHED_COPY } from "./unfinished-copy.ts";

/** Where a database stands, by the names of migrations. */
export type SchemaState = {
  readonly applied: readonly string[];
  /** This version has them, and the database has not had them. */
  readonly pending: readonly string[];
  /** The database has had them, and this version does not know them. */
  readonly unknown: readonly string[];
  readonly isUnfinishedCopy: boolean;
};

/**
 * @param migrations those that this version of the code knows.
 * @returns undefined where the database has none of our tables.
 */
export async function schemaStateOf(
  { db, hasTable, run }: Database,
  migrations: readonly Migration[] = MIGRATIONS,
): Promise<SchemaState | undefined> {
  if ((await run(hasTable)).length === 0) return undefined;
  const rows = db.selectFrom("gatehouse_migrations").select("name").orderBy("name");
  const names = await run(query(rows, ({ name }) => name));
  const known = migrations.map(({ name }) => name);
  const applied = names.filter((name) => name !== UNFINISHED_COPY);
  return {
    applied,
    pending: known.filter((name) => !applied.includes(name)),
    unknown: applied.filter((name) => !known.includes(name)),
    isUnfinishedCopy: names.length > applied.length,
  };
}
