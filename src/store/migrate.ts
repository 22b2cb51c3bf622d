import { ConfigurationError } from "../core/errors.ts";
import { refuseUnfinishedCopy } from "./maintenance/unfinished-copy.ts";
import { MIGRATIONS } from "./migrations/index.ts";
import type { Dialect, Migration } from "./migrations/migration.ts";
import { isUnreleased, unreleasedProblem } from "./migrations/unreleased.ts";
import { type Query, type QueryBuilder, query } from "./query.ts";

/** Runs queries on one connection, one after the other. */
export type Run = <Result>(query: Query<Result>) => Promise<readonly Result[]>;

/** A database that is to be brought up to date. */
export type Migrating = {
  /** What to call it in an error. */
  readonly name: string;
  readonly dialect: Dialect;
  /** Answers a row where it has a table of migrations. */
  readonly hasTable: Query<unknown>;
  /** Runs a query outside of any transaction. */
  readonly run: Run;
  /** Runs work in a transaction, while no other process migrates. */
  alone<T>(work: (run: Run) => Promise<T>): Promise<T>;
};

/**
 * Brings the schema up to date. Processes that start at once take turns at it; where nothing is to do, nobody waits.
 *
 * @param migrations those that this version of the code knows.
 * @returns the names of the migrations that ran.
 * @throws ConfigurationError where the database has had one that this version does not know, and does not work with; or was
 * made before the first release.
 */
export async function migrate(
  db: QueryBuilder,
  database: Migrating,
  migrations: readonly Migration[] = MIGRATIONS,
): Promise<readonly string[]> {
  const steps = stepsOf(db);
  const pending = async (run: Run): Promise<readonly Migration[]> => {
    const done = (await run(database.hasTable)).length > 0 ? await run(steps.done) : [];
    refuseUnknown(done, migrations, database.name);
    return migrations.filter((migration) => !done.some(({ name }) => name === migration.name));
  };

  if ((await pending(database.run)).length === 0) return [];
  return database.alone(async (run) => {
    await run(steps.createTable);
    // Again, now that nobody else can be at it: another process may just have done it.
    const waiting = await pending(run);
    for (const { name, needs, up } of waiting) {
      for (const statement of up(db, database.dialect)) await run(query(statement, ignore));
      await run(steps.record({ name, needs }));
    }
    return waiting.map(({ name }) => name);
  });
}

type Step = Pick<Migration, "name" | "needs">;

function stepsOf(db: QueryBuilder) {
  const createTable = db.schema
    .createTable("gatehouse_migrations")
    .ifNotExists()
    .addColumn("name", "text", (column) => column.notNull().primaryKey())
    .addColumn("needs", "text", (column) => column.notNull());
  return {
    createTable: query(createTable, ignore),
    done: query(db.selectFrom("gatehouse_migrations").select(["name", "needs"]), (row): Step => row),
    record: (step: Step) => query(db.insertInto("gatehouse_migrations").values(step), ignore),
  };
}

function refuseUnknown(done: readonly Step[], migrations: readonly Migration[], database: string): void {
  const names = done.map(({ name }) => name);
  if (isUnreleased(names)) throw new ConfigurationError(unreleasedProblem(database));
  refuseUnfinishedCopy(names, database);
  const isKnown = (step: string) => migrations.some(({ name }) => name === step);
  const tooNew = done.filter(({ name, needs }) => !isKnown(name) && !isKnown(needs)).map(({ name }) => name);
  if (tooNew.length === 0) return;
  throw new ConfigurationError(
    `The database ${database} was made by a newer version of Gatehouse (it has ${tooNew.sort().join(", ")}). ` +
      "Use that version or a later one, or name another database.",
  );
}

function ignore(): undefined {
  return undefined;
}
