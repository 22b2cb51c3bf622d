import { Socket } from "node:net";
import type { Client, CustomTypesConfig, Pool, PoolConfig } from "pg";
import { parsePostgresUrl, shownDatabase } from "../../core/database-url.ts";
import { ConfigurationError } from "../../core/errors.ts";
import type { Log } from "../../platform/logging.ts";
import { IDLE_IN_TRANSACTION_MS } from "./connection.ts";
import { openingError } from "./errors.ts";

/** Connections to one Postgres. None of them keeps the process alive. */
export type PostgresConnections = {
  readonly pool: Pool;
  /** Whether several statements can be under way on one connection: this pg knows how, and nothing is in between. */
  readonly canPipeline: boolean;
  /**
   * Ends all of them. One that Postgres refused, pg leaves open; it must not keep a command running until Postgres hangs up.
   */
  end(): Promise<void>;
  /** Makes one that is not of the pool. */
  connect(): Promise<Client>;
};

export type ConnectionLimits = {
  /** Of the pool, at the most. */
  readonly connections: number;
  /** How long to wait for an answer, and for a new connection where `connectMs` does not say otherwise. */
  readonly answerMs: number;
  readonly connectMs?: number;
};

const IDLE_MS = 30_000;
/** So that connections spread again over what is behind a name: a balancer, or another primary. */
const LIFETIME_SECONDS = 30 * 60;

/** @throws ConfigurationError where the package pg is missing, or the URL names a file that is. */
export async function postgresConnections(
  database: string,
  { connections, answerMs, connectMs = answerMs }: ConnectionLimits,
  log: Log,
): Promise<PostgresConnections> {
  const pg = await loadPg();
  const sockets = new Set<Socket>();
  const newSocket = () => {
    const socket = new Socket();
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    return socket;
  };
  const given = { ...connectionConfig(database, { answerMs, connectMs }, pg.types), stream: newSocket };
  const first = madeOf(() => new pg.Client(given), database);
  const config = { ...given, ...tlsOf(first, database) };
  const pool = new pg.Pool({
    ...config,
    max: connections,
    idleTimeoutMillis: IDLE_MS,
    maxLifetimeSeconds: LIFETIME_SECONDS,
    allowExitOnIdle: true,
  });
  // A connection that is lost while a statement is on it says so to the statement, and this must not end the process.
  pool.on("connect", (client) => client.on("error", () => {}));
  pool.on("error", ({ message }) =>
    log.info("an idle connection to the database was lost", { why: message }),
  );
  return {
    pool,
    async end() {
      await pool.end();
      for (const socket of sockets) socket.unref();
    },
    canPipeline: !isPooled(database) && first.pipeline === true,
    async connect() {
      const client = new pg.Client(config);
      client.on("error", () => {});
      await client.connect();
      const { stream } = client.connection;
      if (stream instanceof Socket) stream.unref();
      return client;
    },
  };
}

/** What the parameters of the URL name is read here: the certificate of an authority, say. */
function madeOf(make: () => Client, database: string): Client {
  try {
    return make();
  } catch (error) {
    throw openingError(error, shownDatabase(database));
  }
}

/**
 * Certificates and keys as they were read, in place of the parameters that name their files: pg would read these for
 * each connection again, and throw in the middle of the pool where one cannot be read any more.
 */
function tlsOf(
  { ssl }: Client,
  database: string,
): Pick<PoolConfig, "connectionString" | "ssl" | "sslnegotiation"> {
  const url = new URL(database);
  const names = [...url.searchParams.keys()].filter((name) => name.startsWith("ssl"));
  if (names.length === 0) return {};
  const negotiation = url.searchParams.get("sslnegotiation");
  for (const name of names) url.searchParams.delete(name);
  return {
    connectionString: url.href,
    ssl: ssl as PoolConfig["ssl"],
    ...(negotiation === "direct" && { sslnegotiation: negotiation }),
  };
}

/** Whether the URL says that a pooler is between us, which gives each transaction another connection. */
export function isPooled(database: string): boolean {
  return parsePostgresUrl(database)?.searchParams.get("pgbouncer") === "true";
}

/** Its default export: before 8.16 there is no other. */
async function loadPg(): Promise<typeof import("pg").default> {
  if (process.env.NODE_PG_FORCE_NATIVE) {
    throw new ConfigurationError(
      "NODE_PG_FORCE_NATIVE is set, and Gatehouse does not work with pg-native. Remove it from the environment.",
    );
  }
  try {
    return (await import("pg")).default;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw cause;
    throw new ConfigurationError(
      "The database is Postgres, and the package pg is not installed. Install it: npm install pg",
    );
  }
}

function connectionConfig(
  database: string,
  { answerMs, connectMs }: Pick<Required<ConnectionLimits>, "answerMs" | "connectMs">,
  types: CustomTypesConfig,
): PoolConfig {
  return {
    connectionString: database,
    fallback_application_name: "gatehouse",
    connectionTimeoutMillis: connectMs,
    keepAlive: true,
    // From 8.23 on. Behind a pooler it may be misunderstood.
    pipeline: !isPooled(database),
    types: { getTypeParser: typeParser(types) },
    // Poolers refuse a connection that comes with settings of its own.
    ...(isPooled(database)
      ? {}
      : { statement_timeout: answerMs, idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS }),
  };
}

const INT8 = 20;

/** `bigint` as a number, on these connections alone: times in milliseconds and counts, all of them below 2^53. */
function typeParser(types: CustomTypesConfig): CustomTypesConfig["getTypeParser"] {
  return ((oid: number, format: "text") =>
    oid === INT8 ? Number : types.getTypeParser(oid, format)) as never;
}
