import { closeSync, openSync } from "node:fs";
import { resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout } from "node:timers/promises";
import { DummyDriver, Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from "kysely";
import { ConfigurationError } from "../../core/errors.ts";
import { systemClock } from "../../platform/clock.ts";
import { type Log, silentLog } from "../../platform/logging.ts";
import { type Metrics, noMetrics } from "../../platform/telemetry/metrics.ts";
import { createChangeFeed } from "../change-feed.ts";
import { memoryCounters } from "../counters.ts";
import { kyselyStore } from "../kysely-store.ts";
import { migrate, type Run } from "../migrate.ts";
import type { Query, QueryBuilder } from "../query.ts";
import type { OpenStore } from "../store.ts";
import { watchSqliteChanges } from "./changes.ts";
import { connectSqlite, inTransaction, statementRunner } from "./connection.ts";
import { isBusy, openingError } from "./errors.ts";

export type SqliteOptions = {
  /** A file, made with mode 0600 where there is none; or ":memory:", which ends with the process. */
  readonly database: string;
  readonly log?: Log | undefined;
  readonly measure?: Metrics | undefined;
};

/**
 * Opening waits some five seconds for another process. SQLite's own waiting is not enough: of two that make the same
 * new file a WAL database, one is refused at once.
 */
const OPENING_ATTEMPTS = 10;
const OPENING_TIMEOUT_MS = 450;
const OPENING_PAUSE_MS = 50;
/** Once it is open, waiting is the group's, which does not hold up the event loop. */
const BUSY_TIMEOUT_MS = 20;

/**
 * Opens the store on SQLite and brings its schema up to date.
 * @throws ConfigurationError, in one sentence that names the file and says what to do.
 */
export async function openSqliteStore({
  database: name,
  log = silentLog,
  measure = noMetrics,
}: SqliteOptions): Promise<OpenStore> {
  const db = queryBuilder();
  const database = await open(name, db, log).catch((error: unknown) => {
    throw openingError(error, name);
  });
  const connection = connectSqlite(database, measure);
  const feed = createChangeFeed(db);
  const watch = watchSqliteChanges(database, feed, connection, log);
  await feed.begin(connection.read);
  return {
    store: {
      ...kyselyStore(db, connection, "sqlite"),
      async probeWrites() {
        // A commit of nothing: it needs the lock, and syncs nothing.
        await connection.writeTogether([]);
      },
    },
    counters: memoryCounters(),
    // One file is one machine's.
    clock: systemClock,
    followChanges: watch.follow,
    async close() {
      if (!database.isOpen) return;
      watch.close();
      connection.close();
      database.close();
    },
  };
}

/** Kysely writes SQL for SQLite; it does not run it. */
export function queryBuilder(): QueryBuilder {
  return new Kysely({
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) => new SqliteIntrospector(db),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
  });
}

async function open(name: string, db: QueryBuilder, log: Log): Promise<DatabaseSync> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await openOnce(name, db, log);
    } catch (error) {
      if (!isBusy(error) || attempt === OPENING_ATTEMPTS) throw error;
      await setTimeout(OPENING_PAUSE_MS);
    }
  }
}

async function openOnce(name: string, db: QueryBuilder, log: Log): Promise<DatabaseSync> {
  const file = name === ":memory:" ? name : resolve(name);
  // SQLite would make the file for everybody to read. Its side files take their mode from it.
  if (file !== ":memory:") closeSync(openSync(file, "a", 0o600));
  const database = new DatabaseSync(file, { timeout: OPENING_TIMEOUT_MS });
  try {
    refuseOthers(database, name);
    configure(database);
    for (const migration of await bringUpToDate(database, name, db)) {
      log.debug("the database was migrated", { database: name, migration });
    }
    database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Before anything of it changes. @throws ConfigurationError for a file in which another program has its tables */
function refuseOthers(database: DatabaseSync, name: string): void {
  const tables = database
    .prepare(TABLES)
    .all()
    .map((row) => String(row.name));
  const [table] = tables;
  if (table === undefined || tables.includes(MIGRATIONS_TABLE)) return;
  throw new ConfigurationError(
    `The database ${name} belongs to another program: it has a table ${table}, and none of Gatehouse's. Name another file; it is created if it doesn't exist.`,
  );
}

const TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!'";
const MIGRATIONS_TABLE = "gatehouse_migrations";

function bringUpToDate(database: DatabaseSync, name: string, db: QueryBuilder): Promise<readonly string[]> {
  const runner = statementRunner(database);
  const run: Run = async (query) => runner(query);
  return migrate(db, {
    name,
    dialect: "sqlite",
    hasTable: HAS_TABLE,
    run,
    alone: (work) => inTransaction(database, () => work(run)),
  });
}

export const HAS_TABLE: Query<unknown> = {
  sql: `SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = '${MIGRATIONS_TABLE}'`,
  parameters: [],
  parse: (row) => row,
};

export function configure(database: DatabaseSync): void {
  // A refresh changes one row, and the log gets the whole page that it is on: small pages, less to write.
  database.exec("PRAGMA page_size = 2048");
  database.exec("PRAGMA journal_mode = WAL");
  // FULL: what was answered is on the disk, even if the power goes.
  database.exec("PRAGMA synchronous = FULL");
  // In KiB. With a million grants the indexes stay in memory.
  database.exec("PRAGMA cache_size = -16000");
  // In bytes. What is not in that cache is read where the system has it, without a call and a copy for each page: with a million
  // people, finding one takes half of the time.
  database.exec("PRAGMA mmap_size = 2000000000");
  // In pages: a log of 32 MB. Copying it to the table holds everybody up, on a large one for a fifth of a second; it is to be
  // rare, and a page that changed twice is copied once.
  database.exec("PRAGMA wal_autocheckpoint = 16000");
}
