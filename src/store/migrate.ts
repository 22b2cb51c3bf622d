import { ConfigurationError } from "../core/errors.ts";
import { MIGRATIONS } from "./migrations/index.ts";
import type { Migration } from "./migrations/migration.ts";
import { type Query, type QueryBuilder, query } from "./query.ts";

/** Runs queries on one connection, one after the other. */
export type Run = <Result>(query: Query<Result>) => Promise<readonly Result[]>;

/**
 * Brings the schema up to date. Processes that start at once take turns at it; where nothing is to do, nobody waits.
 *
 * @param run runs a query outside of any transaction.
 * @param alone runs work in a transaction, while no other process can write.
 * @returns the names of the migrations that ran.
 * @throws ConfigurationError where the database has migrations that this version does not know.
 */
export async function migrate(
  db: QueryBuilder,
  run: Run,
  alone: <T>(work: (run: Run) => Promise<T>) => Promise<T>,
): Promise<readonly string[]> {
  await run(query(createTable(db), ignore));
  if ((await pending(db, run)).length === 0) return [];
  return alone(async (runAlone) => {
    // Again, now that nobody else can be at it: another process may just have done it.
    const migrations = await pending(db, runAlone);
    for (const { name, up } of migrations) {
      for (const statement of up(db)) await runAlone(query(statement, ignore));
      await runAlone(query(db.insertInto("gatehouse_migrations").values({ name }), ignore));
    }
    return migrations.map(({ name }) => name);
  });
}

function createTable(db: QueryBuilder) {
  return db.schema
    .createTable("gatehouse_migrations")
    .ifNotExists()
    .addColumn("name", "text", (column) => column.notNull().primaryKey());
}

async function pending(db: QueryBuilder, run: Run): Promise<readonly Migration[]> {
  const done = await run(query(db.selectFrom("gatehouse_migrations").select("name"), (row) => row.name));
  const unknown = done.filter((name) => !MIGRATIONS.some((migration) => migration.name === name));
  if (unknown.length > 0) {
    throw new ConfigurationError(
      `The database was made by a newer version of Gatehouse (it has ${unknown.sort().join(", ")}). ` +
        "Use that version or a later one, or name another database.",
    );
  }
  return MIGRATIONS.filter(({ name }) => !done.includes(name));
}

function ignore(): undefined {
  return undefined;
}
