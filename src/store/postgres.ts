import { setTimeout } from "node:timers/promises";
import { DummyDriver, Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from "kysely";
import type { CustomTypesConfig, Pool, PoolConfig } from "pg";
import { parsePostgresUrl, shownDatabase } from "../core/database-url.ts";
import { ConfigurationError } from "../core/errors.ts";
import { type Log, silentLog } from "../platform/logging.ts";
import { type Metrics, noMetrics } from "../platform/metrics.ts";
import { kyselyStore, type StoreWithTodos } from "./kysely-store.ts";
import { migrate, type Run } from "./migrate.ts";
import { command, connectPostgres, inTransaction, rowsOf } from "./postgres-connection.ts";
import { isNotThereYet, openingError } from "./postgres-errors.ts";
import type { Query, QueryBuilder } from "./query.ts";

export type PostgresOptions = {
  /** `postgres://user:password@host:port/database`, with the parameters that `pg` knows, and `pgbouncer=true`. */
  readonly database: string;
  /** How many connections to open at the most, and one more that hears of changes. Default 10. */
  readonly connections?: number | undefined;
  readonly log?: Log | undefined;
  readonly measure?: Metrics | undefined;
};

const CONNECTIONS = 10;
/** Whoever asks gets an answer in under two seconds, be it that there is none. */
const ANSWER_MS = 1800;
/** For each connection. More than these would not be answered in time anyway. */
const WAITING_PER_CONNECTION = 50;
const IDLE_MS = 30_000;
/** So that connections spread again over what is behind a name: a balancer, or another primary. */
const LIFETIME_SECONDS = 30 * 60;
const IDLE_IN_TRANSACTION_MS = 5000;

/** Opening waits so long for a Postgres that is not there yet: both may just be starting. */
const OPENING_MS = 5000;
const OPENING_PAUSE_MS = 200;
/** A migration that waits for a table has everybody else wait behind it. */
const MIGRATION_LOCK_MS = 10_000;
/** Whoever holds this advisory lock migrates: "gate" as a number. */
export const MIGRATION_LOCK = 0x67617465;

/**
 * Opens the store on Postgres and brings its schema up to date.
 * @throws ConfigurationError, in one sentence that names the database without its password and says what to do.
 */
export async function openPostgresStore({
  database,
  connections = CONNECTIONS,
  log = silentLog,
  measure = noMetrics,
}: PostgresOptions): Promise<StoreWithTodos> {
  const name = shownDatabase(database);
  const db = queryBuilder();
  const pool = await makePool(database, connections, log);
  try {
    for (const migration of await bringUpToDate(pool, name, db)) {
      log.debug("the database was migrated", { database: name, migration });
    }
  } catch (error) {
    await pool.end();
    throw openingError(error, name);
  }
  const connection = connectPostgres(pool, {
    answerMs: ANSWER_MS,
    waiting: connections * WAITING_PER_CONNECTION,
    prepared: !isPooled(database),
  });
  measure.watch("pool_connections", () => pool.totalCount);
  measure.watch("pool_idle_connections", () => pool.idleCount);
  measure.watch("pool_waiting_requests", () => pool.waitingCount);
  let ended: Promise<void> | undefined;
  const end = async () => {
    await connection.close();
    await pool.end();
  };
  return {
    ...kyselyStore(db, connection),
    onOutsideChange: () => () => {},
    async close() {
      ended ??= end();
      await ended;
    },
  };
}

/** Kysely writes SQL for Postgres; it does not run it. */
function queryBuilder(): QueryBuilder {
  return new Kysely({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  });
}

async function makePool(database: string, connections: number, log: Log): Promise<Pool> {
  const { Pool, types } = await loadPg();
  const pool = new Pool({
    ...connectionConfig(database, types),
    max: connections,
    idleTimeoutMillis: IDLE_MS,
    maxLifetimeSeconds: LIFETIME_SECONDS,
    // An open store keeps no process alive.
    allowExitOnIdle: true,
  });
  // A connection that is lost while a statement is on it says so to the statement, and this must not end the process.
  pool.on("connect", (client) => client.on("error", () => {}));
  pool.on("error", ({ message }) =>
    log.info("an idle connection to the database was lost", { why: message }),
  );
  return pool;
}

async function loadPg(): Promise<typeof import("pg")> {
  try {
    return await import("pg");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw cause;
    throw new ConfigurationError(
      "The database is Postgres, and the package pg is not installed. Install it: npm install pg",
    );
  }
}

function connectionConfig(database: string, types: CustomTypesConfig): PoolConfig {
  return {
    connectionString: database,
    fallback_application_name: "gatehouse",
    connectionTimeoutMillis: ANSWER_MS,
    keepAlive: true,
    types: { getTypeParser: typeParser(types) },
    // Poolers refuse a connection that comes with settings of its own.
    ...(isPooled(database)
      ? {}
      : {
          statement_timeout: ANSWER_MS,
          idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
        }),
  };
}

/** `bigint` as a number, on these connections alone: times in milliseconds and counts, all of them below 2^53. */
function typeParser(types: CustomTypesConfig): CustomTypesConfig["getTypeParser"] {
  return ((oid: number, format: "text") =>
    oid === INT8 ? Number : types.getTypeParser(oid, format)) as never;
}

const INT8 = 20;

/** Whether the URL says that a pooler is between us, which gives each transaction another connection. */
function isPooled(database: string): boolean {
  return parsePostgresUrl(database)?.searchParams.get("pgbouncer") === "true";
}

async function bringUpToDate(pool: Pool, name: string, db: QueryBuilder): Promise<readonly string[]> {
  const deadline = performance.now() + OPENING_MS;
  for (;;) {
    try {
      return await migrateOn(pool, name, db);
    } catch (error) {
      if (!isNotThereYet(error) || performance.now() >= deadline) throw error;
      await setTimeout(OPENING_PAUSE_MS);
    }
  }
}

function migrateOn(pool: Pool, name: string, db: QueryBuilder): Promise<readonly string[]> {
  const run: Run = async (query) => (await rowsOf(pool, query, undefined, ANSWER_MS)).map(query.parse);
  return migrate(db, {
    name,
    dialect: "postgres",
    hasTable: HAS_TABLE,
    run,
    async alone(work) {
      const client = await pool.connect();
      const runHere: Run = async (query) => (await rowsOf(client, query)).map(query.parse);
      try {
        return await inTransaction(runHere, async () => {
          // A large table takes its time. The wait for the lock is one for another process, which is at the same.
          await runHere(command("SET LOCAL statement_timeout = 0"));
          await runHere(command(`SELECT pg_advisory_xact_lock(${MIGRATION_LOCK})`));
          await runHere(command(`SET LOCAL lock_timeout = ${MIGRATION_LOCK_MS}`));
          return work(runHere);
        });
      } finally {
        client.release(true);
      }
    },
  });
}

/** In the schema that this user's tables are made in and found in. */
const HAS_TABLE: Query<unknown> = {
  sql: "SELECT 1 WHERE to_regclass('gatehouse_migrations') IS NOT NULL",
  parameters: [],
  parse: (row) => row,
};
