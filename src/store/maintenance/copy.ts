import { ConfigurationError } from "../../core/errors.ts";
import { migrate } from "../migrate.ts";
import { isUnreleased, unreleasedProblem } from "../migrations/unreleased.ts";
import { type Query, query } from "../query.ts";
import { type CopiedTable, copyTable, countRows, sumTable } from "./copy-table.ts";
import type { Database } from "./database.ts";
import { schemaStateOf } from "./schema-state.ts";
import { tableQueries } from "./table-queries.ts";
import { TABLES, type Table } from "./tables.ts";
import { refuseUnfinishedCopy, UNFINISHED_COPY } from "./unfinished-copy.ts";

export type Copy = {
  readonly from: Database;
  readonly to: Database;
  /** Servers go on at the source. Then the copy is a head start: it is finished by one without them. */
  readonly whileRunning: boolean;
  readonly onProgress: (progress: CopyProgress) => void;
};

export type CopyProgress = {
  readonly doing: "copying" | "checking";
  readonly table: string;
  readonly rows: number;
  readonly total: number;
};

/**
 * Copies a database, and then compares both by the rows and the checksum of each table. Interrupted, it goes on where it
 * stopped when it is run again; run again after the source has changed, it copies what has changed. Until it is finished,
 * no server starts on the target.
 * @throws ConfigurationError where the source cannot be copied, or the target has other data; and nothing has changed.
 */
export async function copyDatabase(copy: Copy): Promise<readonly CopiedTable[]> {
  const { from, to, whileRunning } = copy;
  await refuseSource(from);
  await begin(from, to);
  const copied: CopiedTable[] = [];
  for (const table of TABLES) copied.push(await copyOne(table, copy));
  if (whileRunning) return copied;
  for (const table of copied) await compare(table, copy);
  await finish(to);
  return copied;
}

/** @throws ConfigurationError where a database is not one that this version can copy. */
export async function refuseSource(from: Database): Promise<void> {
  const state = await schemaStateOf(from);
  if (!state)
    throw new ConfigurationError(
      `The database ${from.name} is not a Gatehouse database: it has no tables of it.`,
    );
  if (isUnreleased(state.applied)) throw new ConfigurationError(unreleasedProblem(from.name));
  if (state.isUnfinishedCopy) refuseUnfinishedCopy([UNFINISHED_COPY], from.name);
  if (state.unknown.length > 0) {
    throw new ConfigurationError(
      `The database ${from.name} is of a newer version of Gatehouse (it has ${state.unknown.join(", ")}). Copy it with that version.`,
    );
  }
  if (state.pending.length > 0) {
    throw new ConfigurationError(
      `The database ${from.name} is of an older version of Gatehouse (it lacks ${state.pending.join(", ")}). ` +
        "Bring it up to date first: gatehouse database migrate",
    );
  }
}

/** Leaves a marked target: of this source, or empty. */
async function begin(from: Database, to: Database): Promise<void> {
  const state = await schemaStateOf(to);
  if (state?.isUnfinishedCopy) return resume(from, to, [...state.pending, ...state.unknown]);
  await migrate(to.db, to);
  await to.alone(async (run) => {
    for (const table of TABLES) {
      const rows = await countRows({ ...to, run }, table);
      if (rows > 0) throw hasOtherData(to, `${rows} in ${table.name}`);
    }
    const marker = { name: UNFINISHED_COPY, needs: UNFINISHED_COPY };
    await run(query(to.db.insertInto("gatehouse_migrations").values(marker), ignore));
  });
  if ((await schemaStateOf(from))?.isUnfinishedCopy) {
    await finish(to);
    throw new ConfigurationError(`${from.name} and ${to.name} are the same database. Name two.`);
  }
}

async function resume(from: Database, to: Database, otherMigrations: readonly string[]): Promise<void> {
  if (otherMigrations.length > 0) {
    throw new ConfigurationError(
      `Copying to ${to.name} was begun by another version of Gatehouse. Empty that database, and copy again.`,
    );
  }
  const [ours, theirs] = [await kidsOf(to), await kidsOf(from)];
  if (ours.length > 0 && !ours.some((kid) => theirs.includes(kid))) {
    throw hasOtherData(to, "an unfinished copy of another database");
  }
}

async function kidsOf({ db, run }: Database): Promise<readonly string[]> {
  return run(query(db.selectFrom("signing_keys").select("kid"), ({ kid }) => kid));
}

function hasOtherData(to: Database, what: string): ConfigurationError {
  return new ConfigurationError(
    `The database ${to.name} has data of its own (${what}). Copy to an empty one.`,
  );
}

async function copyOne(table: Table, { from, to, onProgress }: Copy): Promise<CopiedTable> {
  return sayingWhere("Copying", table, async () => {
    const total = await countRows(from, table);
    return copyTable(table, { from, to }, (rows) =>
      onProgress({ doing: "copying", table: table.name, rows, total }),
    );
  });
}

async function sayingWhere<T>(what: string, table: Table, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigurationError(
      `${what} stopped in the table ${table.name}: ${why}. What was copied stays: run the same again, and it continues.`,
      { cause },
    );
  }
}

async function compare({ table, rows, checksum }: CopiedTable, { to, onProgress }: Copy): Promise<void> {
  const there = await sayingWhere("Checking", table, () =>
    sumTable(table, to, (checked) =>
      onProgress({ doing: "checking", table: table.name, rows: checked, total: rows }),
    ),
  );
  if (there.rows === rows && there.checksum === checksum) return;
  throw new ConfigurationError(
    `The table ${table.name} has ${there.rows} rows with the checksum ${there.checksum}, and should have ` +
      `${rows} with ${checksum}: something else wrote to one of the databases. Stop it, and run this again.`,
  );
}

async function finish(to: Database): Promise<void> {
  const queries = tableQueries(to.db);
  // What was copied need not have been on the disk before this is: a lost page would be copied again.
  if (to.dialect === "sqlite") await to.run(WRITE_THROUGH);
  const unmark = to.db.deleteFrom("gatehouse_migrations").where("name", "=", UNFINISHED_COPY);
  await to.together(async (run) => {
    // SQLite does so by itself.
    if (to.dialect === "postgres") {
      for (const table of TABLES) if (table.isNumbered) await run(queries.continueNumbers(table));
    }
    await run(query(unmark, ignore));
  });
}

const WRITE_THROUGH: Query<undefined> = {
  sql: "PRAGMA synchronous = FULL",
  parameters: [],
  parse: ignore,
};

function ignore(): undefined {
  return undefined;
}
