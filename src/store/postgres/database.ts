import { setTimeout } from "node:timers/promises";
import { shownDatabase } from "../../core/database-url.ts";
import { ConfigurationError } from "../../core/errors.ts";
import { silentLog } from "../../platform/logging.ts";
import type { Beside, Database } from "../maintenance/database.ts";
import type { Run } from "../migrate.ts";
import type { Query } from "../query.ts";
import { command, inTransaction, rowsOf } from "./connection.ts";
import { openingError } from "./errors.ts";
import { HAS_TABLE, MIGRATION_LOCK, queryBuilder } from "./open.ts";
import { isPooled, postgresConnections } from "./pool.ts";

const CONNECTING_MS = 10_000;
/** What goes through a table of ten million rows takes its time; what hangs for longer than this is broken. */
const ANSWER_MS = 10 * 60 * 1000;

/** Not the one of servers, which this looks for. */
const APPLICATION_NAME = "gatehouse database";

/** Opens a database as it is, on one connection. */
export async function openPostgresDatabase(url: string, beside: Beside): Promise<Database> {
  const name = shownDatabase(url);
  const { pool, end } = await postgresConnections(
    url,
    { connections: 1, answerMs: CONNECTING_MS },
    silentLog,
  );
  const client = await pool.connect().catch(async (error: unknown) => {
    await end();
    throw openingError(error, name);
  });
  const run: Run = async (query) => (await rowsOf(client, query, undefined, ANSWER_MS)).map(query.parse);
  const together: Database["together"] = (work) => inTransaction(run, () => work(run));
  const close = async () => {
    client.release(true);
    await end();
  };
  try {
    // Behind a pooler, settings do not stay with us, and connections outlive the servers that they were made for.
    if (!isPooled(url)) {
      await run(command(`SET statement_timeout = ${ANSWER_MS}`));
      await run(command(`SET application_name = '${APPLICATION_NAME}'`));
      if (beside === "nobody") await refuseWhileInUse(name, run);
    }
  } catch (error) {
    await close();
    throw openingError(error, name);
  }
  return {
    name,
    dialect: "postgres",
    hasTable: HAS_TABLE,
    db: queryBuilder(),
    run,
    alone: (work) =>
      together(async () => {
        await run(command(`SELECT pg_advisory_xact_lock(${MIGRATION_LOCK})`));
        return work(run);
      }),
    together,
    close,
  };
}

/** A connection that was closed a moment ago may still be listed. */
const ATTEMPTS = 20;
const PAUSE_MS = 100;

async function refuseWhileInUse(name: string, run: Run): Promise<void> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    if ((await run(SERVERS)).length === 0) return;
    await setTimeout(PAUSE_MS);
  }
  throw new ConfigurationError(
    `The database ${name} is in use: a server or a command of Gatehouse is connected. Stop it first.`,
  );
}

/** Whoever is one of ours says so. */
const SERVERS: Query<unknown> = {
  sql: `SELECT 1 FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'gatehouse' AND pid <> pg_backend_pid() LIMIT 1`,
  parameters: [],
  parse: (row) => row,
};
