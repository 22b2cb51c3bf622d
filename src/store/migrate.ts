import { ConfigurationError } from "../core/errors.ts";
import { MIGRATIONS } from "./migrations/index.ts";
import type { Migration } from "./migrations/migration.ts";
import { type Query, type QueryBuilder, query } from "./query.ts";

/** Runs queries on one connection, one after the other. */
export type Run = <Result>(query: Query<Result>) => Promise<readonly Result[]>;

/**
 * Brings the schema up to date. Processes that start at once take turns at it; where nothing is to do, nobody waits.
 *
 * @param name what to call the database in an error.
 * @param run runs a query outside of any transaction.
 * @param alone runs work in a transaction, while no other process can write.
 * @returns the names of the migrations that ran.
 * @throws ConfigurationError where the database has migrations that this version does not know.
 */
export async function migrate(
  db: QueryBuilder,
  name: string,
  run: Run,
  alone: <T>(work: (run: Run) => Promise<T>) => Promise<T>,
): Promise<readonly string[]> {
  await run(query(createTable(db), ignore));
  if ((await pending(db, name, run)).length === 0) return [];
  return alone(async (runAlone) => {
    // Again, now that nobody else can be at it: another process may just have done it.
    const migrations = await pending(db, name, runAlone);
    for (const migration of migrations) {
      for (const statement of migration.up(db)) await runAlone(query(statement, ignore));
      const done = db.insertInto("gatehouse_migrations").values({ name: migration.name });
      await runAlone(query(done, ignore));
    }
    return migrations.map((migration) => migration.name);
  });
}

function createTable(db: QueryBuilder) {
  return db.schema
    .createTable("gatehouse_migrations")
    .ifNotExists()
    .addColumn("name", "text", (column) => column.notNull().primaryKey());
}

async function pending(db: QueryBuilder, name: string, run: Run): Promise<readonly Migration[]> {
  const done = await run(query(db.selectFrom("gatehouse_migrations").select("name"), (row) => row.name));
  const unknown = done.filter((applied) => !MIGRATIONS.some((migration) => migration.name === applied));
  if (unknown.length > 0) {
    throw new ConfigurationError(
      `The database ${name} was made by a newer version of Gatehouse (it has ${unknown.sort().join(", ")}). ` +
        "Use that version or a later one, or name another database.",
    );
  }
  return MIGRATIONS.filter((migration) => !done.includes(migration.name));
}

function ignore(): undefined {
  return undefined;
}
