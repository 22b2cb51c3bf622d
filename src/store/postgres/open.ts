import { setTimeout } from "node:timers/promises";
import { DummyDriver, Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from "kysely";
import type { Pool, PoolClient } from "pg";
import { shownDatabase } from "../../core/database-url.ts";
import { type Log, silentLog } from "../../platform/logging.ts";
import { type Metrics, noMetrics } from "../../platform/telemetry/metrics.ts";
import { type ChangeFeed, createChangeFeed } from "../change-feed.ts";
import { kyselyStore } from "../kysely-store.ts";
import { migrate, type Run } from "../migrate.ts";
import { unavailable } from "../outage.ts";
import type { Connection, Query, QueryBuilder } from "../query.ts";
import type { OpenStore, Store } from "../store.ts";
import { watchPostgresChanges } from "./changes.ts";
import { type DatabaseClock, databaseClock } from "./clock.ts";
import { command, connectPostgres, inTransaction, rowsOf } from "./connection.ts";
import { type PostgresCounters, postgresCounters } from "./counters.ts";
import { isNotThereYet, openingError } from "./errors.ts";
import { isPooled, postgresConnections } from "./pool.ts";

export type PostgresOptions = {
  /** `postgres://user:password@host:port/database`, with the parameters that `pg` knows, and `pgbouncer=true`. */
  readonly database: string;
  /** How many connections to open at the most, and one more for changes by other instances. Default 10. */
  readonly connections?: number | undefined;
  /** How long an answer may take. Default: under two seconds, as requests wait for it. */
  readonly answerMs?: number | undefined;
  readonly log?: Log | undefined;
  readonly measure?: Metrics | undefined;
};

const CONNECTIONS = 10;
/** Whoever asks gets an answer in under two seconds, be it that there is none. The rest is for a busy machine, or a start. */
const ANSWER_MS = 1400;

/** How many statements go over one connection in one write, where more wait than there are connections. */
const STATEMENTS_TOGETHER = 8;

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
  answerMs = ANSWER_MS,
  log = silentLog,
  measure = noMetrics,
}: PostgresOptions): Promise<OpenStore> {
  const db = queryBuilder();
  const pooled = isPooled(database);
  const limits = { connections, answerMs, connectMs: ANSWER_MS };
  const { pool, canPipeline, connect, end } = await postgresConnections(database, limits, log);
  const connection = connectPostgres(pool, {
    answerMs,
    connections,
    together: canPipeline ? STATEMENTS_TOGETHER : 1,
    prepared: !pooled,
  });
  const feed = createChangeFeed(db);
  const clock = databaseClock(log);
  try {
    await prepareDatabase({ name: shownDatabase(database), pool, db, clock, feed, log });
  } catch (error) {
    await end();
    throw openingError(error, shownDatabase(database));
  }
  const changes = watchPostgresChanges({ connect, feed, clock, listens: !pooled, log });
  measure.watch("pool_connections", () => pool.totalCount);
  measure.watch("pool_idle_connections", () => pool.idleCount);
  measure.watch("pool_waiting_requests", connection.waiting);
  const counters = postgresCounters(connection);
  return {
    store: postgresStore(db, connection, counters),
    counters,
    clock: clock.now,
    followChanges: changes.follow,
    close: once(async () => {
      await Promise.all([connection.close(), changes.close()]);
      await end();
    }),
  };
}

type Preparing = {
  /** What to call the database in the log and in an error. */
  readonly name: string;
  readonly pool: Pool;
  readonly db: QueryBuilder;
  readonly clock: DatabaseClock;
  readonly feed: ChangeFeed;
  readonly log: Log;
};

/** Brings the schema up to date, and learns what time it is there and which change was the last. */
async function prepareDatabase({ name, pool, db, clock, feed, log }: Preparing): Promise<void> {
  for (const migration of await bringUpToDate(pool, name, db)) {
    log.debug("the database was migrated", { database: name, migration });
  }
  await clock.compare(runner(pool, ANSWER_MS));
  await feed.begin(runner(pool, ANSWER_MS));
}

function postgresStore(db: QueryBuilder, connection: Connection, counters: PostgresCounters): Store {
  const shared = kyselyStore(db, connection, "postgres");
  return {
    ...shared,
    async probeWrites() {
      const [[takesWrites]] = await Promise.all([
        connection.read(TAKES_WRITES),
        connection.read(IS_UNLOCKED),
      ]);
      if (!takesWrites) throw unavailable("it is a standby, or was made read-only");
    },
    async deleteExpired(now, limit) {
      const { deleted, more } = await shared.deleteExpired(now, limit);
      return { deleted, more: (await counters.deleteEnded(now, limit)) || more };
    },
  };
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => {
    done ??= work();
    return done;
  };
}

/** Kysely writes SQL for Postgres; it does not run it. */
export function queryBuilder(): QueryBuilder {
  return new Kysely({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  });
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
  return migrate(db, {
    name,
    dialect: "postgres",
    hasTable: HAS_TABLE,
    run: runner(pool, ANSWER_MS),
    async alone(work) {
      const client = await pool.connect();
      const runHere = runner(client);
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

function runner(on: Pick<PoolClient, "query">, timeoutMs?: number): Run {
  return async (query) => (await rowsOf(on, query, undefined, timeoutMs)).map(query.parse);
}

const TAKES_WRITES: Query<boolean> = {
  sql: "SELECT current_setting('transaction_read_only') = 'off' AS \"takesWrites\"",
  parameters: [],
  parse: (row) => (row as { readonly takesWrites: unknown }).takesWrites === true,
};

/** Fails at once where somebody holds a lock that writes would wait for. */
const IS_UNLOCKED: Query<unknown> = {
  sql: "DO $$BEGIN LOCK TABLE grants IN ROW EXCLUSIVE MODE NOWAIT; END$$",
  parameters: [],
  parse: (row) => row,
};

/** In the schema that this user's tables are made in and found in. */
export const HAS_TABLE: Query<unknown> = {
  sql: "SELECT 1 WHERE to_regclass('gatehouse_migrations') IS NOT NULL",
  parameters: [],
  parse: (row) => row,
};
