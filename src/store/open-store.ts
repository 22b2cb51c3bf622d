import { isPostgresUrl } from "../core/database-url.ts";
import type { Log } from "../platform/logging.ts";
import type { Metrics } from "../platform/telemetry/metrics.ts";
import { openSqliteStore } from "./sqlite/open.ts";
import type { OpenStore } from "./store.ts";

export type StoreOptions = {
  /** `postgres://…`, a file, or ":memory:". */
  readonly database: string;
  /** How many connections to open to Postgres at the most. */
  readonly databaseConnections?: number;
  /** How long an answer of Postgres may take. Default: under two seconds, as requests wait for it. */
  readonly answerMs?: number;
  readonly log?: Log;
  readonly measure?: Metrics;
};

/**
 * Opens the store that the database option names, and brings its schema up to date.
 * @throws ConfigurationError, in one sentence that names the database and says what to do.
 */
export async function openStore(options: StoreOptions): Promise<OpenStore> {
  const { database, databaseConnections: connections, answerMs, log, measure } = options;
  if (!isPostgresUrl(database)) return openSqliteStore({ database, log, measure });
  const { openPostgresStore } = await import("./postgres/open.ts");
  return openPostgresStore({ database, connections, answerMs, log, measure });
}
