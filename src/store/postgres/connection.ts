import { createHash } from "node:crypto";
import type { Pool, PoolClient, QueryConfig } from "pg";
import { unavailable } from "../outage.ts";
import type { Connection, QueriesFor, Query, WholeWrite } from "../query.ts";
import { isPreparedElsewhere, isRepeatable, isUsableAfter, toStoreError } from "./errors.ts";
import { createPipeline } from "./pipeline.ts";

export type PostgresConnection = Connection & {
  /** How many queries wait for a connection of the pool. */
  waiting(): number;
  /** Waits for what is under way. Queries after this are refused. */
  close(): Promise<void>;
};

export type PostgresLimits = {
  /** From being asked to the answer, with the wait for a connection, a new one's making and repetitions in it. */
  readonly answerMs: number;
  /** How many connections the pool opens at the most. */
  readonly connections: number;
  /** How many statements may be under way on one of them. */
  readonly together: number;
  /** Whether a statement stays prepared on its connection. Behind a pooler it may not. */
  readonly prepared: boolean;
};

/** In a transaction: what it locks (who may announce a revocation, say), nobody else waits for longer. */
export const IDLE_IN_TRANSACTION_MS = 5000;
/** Behind a pooler the connection has no such setting. */
const END_WHERE_IDLE = command(`SET LOCAL idle_in_transaction_session_timeout = ${IDLE_IN_TRANSACTION_MS}`);

/** For each connection. More than these would not be answered in time anyway: they are refused at once. */
const WAITING_PER_CONNECTION = 50;

type Rows = readonly unknown[];
type RunRows = (query: Query<unknown>) => Promise<Rows>;

/** Runs queries on a pool of Postgres connections, each one of them in one round trip. */
export function connectPostgres(
  pool: Pool,
  { answerMs, connections, together, prepared }: PostgresLimits,
): PostgresConnection {
  let keepsPrepared = prepared;
  let waitingAlone = 0;
  const failed = (error: unknown) => {
    if (isPreparedElsewhere(error)) keepsPrepared = false;
  };
  const pipeline = createPipeline(pool, {
    connections,
    // Whoever does not keep statements is a pooler, which nobody told us of.
    together: () => (keepsPrepared ? together : 1),
    isUsableAfter,
    failed,
  });
  const waiting = () => pipeline.waiting() + waitingAlone;

  const rowsOn = (client: PoolClient, deadline: number) => (query: Query<unknown>) => {
    const name = keepsPrepared ? nameOf(query.sql) : undefined;
    return rowsOf(client, query, name, Math.max(1, deadline - performance.now()));
  };

  /** Work of several statements has a connection to itself. */
  const alone = async <T>(use: (run: RunRows) => Promise<T>, deadline: number): Promise<T> => {
    waitingAlone += 1;
    const client = await pool.connect().finally(() => (waitingAlone -= 1));
    let isDone = false;
    try {
      const result = await use(rowsOn(client, deadline));
      isDone = true;
      return result;
    } catch (error) {
      failed(error);
      throw error;
    } finally {
      // Else it may be in the middle of a transaction.
      client.release(!isDone);
    }
  };

  const isFull = () => waiting() >= connections * WAITING_PER_CONNECTION;
  const { run, close } = createAttempts(answerMs, isFull);

  const runOne = (query: Query<unknown>): Promise<Rows> =>
    run((deadline) =>
      // With time enough left for an answer: one that is not waited for takes its connection along.
      pipeline.run((client) => rowsOn(client, deadline)(query), deadline - answerMs / 4),
    );

  /** Work that gives undefined is undone. */
  const transaction = <T>(work: (rowsFor: RunRows) => Promise<T>): Promise<T> => {
    const inOrder = (rowsFor: RunRows) => {
      const begun = async () => {
        if (!prepared) await rowsFor(END_WHERE_IDLE);
        return work(rowsFor);
      };
      return inTransaction(rowsFor, begun, (result) => result !== undefined);
    };
    return run((deadline) => alone(inOrder, deadline));
  };

  return {
    async read(query) {
      return (await runOne(query)).map(query.parse);
    },
    async write(query, note) {
      const statement = note ? withNote(query, note) : query;
      return (await runOne(statement)).map(query.parse);
    },
    async writeTogether<Results extends readonly unknown[]>(
      queries: QueriesFor<Results>,
      note?: Query<unknown>,
    ) {
      const answers = await transaction((rowsFor) => each(queries, note, rowsFor));
      return answers.map((rows, index) => rows.map((row) => queries[index]?.parse(row))) as {
        readonly [I in keyof Results]: readonly Results[I][];
      };
    },
    async writeOrNothing<Results extends readonly unknown[]>(writes: WholeWrite<Results>) {
      const rows = await transaction((rowsFor) => whole(writes, rowsFor));
      return rows?.map((row, index) => writes.required[index]?.parse(row)) as Results | undefined;
    },
    waiting,
    close,
  };
}

type Attempts = {
  /** Makes an attempt, and again where that is safe and there is time. The attempt is told when its answer is too late. */
  run<T>(attempt: (deadline: number) => Promise<T>): Promise<T>;
  /** Waits for what is under way. What comes after is refused. */
  close(): Promise<void>;
};

function createAttempts(answerMs: number, isFull: () => boolean): Attempts {
  const underWay = new Set<Promise<unknown>>();
  let closed = false;

  const until = async <T>(deadline: number, attempt: (deadline: number) => Promise<T>): Promise<T> => {
    for (;;) {
      try {
        if (isFull()) throw unavailable("too many statements wait for a connection");
        return await attempt(deadline);
      } catch (error) {
        // A repetition may have to wait for a connection anew.
        const isLate = deadline - performance.now() < answerMs / 2;
        if (!isRepeatable(error) || isLate) throw toStoreError(error);
      }
    }
  };

  return {
    async run(attempt) {
      if (closed) throw new Error("The store is closed.");
      const work = until(performance.now() + answerMs, attempt);
      underWay.add(work);
      try {
        return await work;
      } finally {
        underWay.delete(work);
      }
    },
    async close() {
      closed = true;
      await Promise.allSettled(underWay);
    },
  };
}

/**
 * Runs work between BEGIN and COMMIT. Each statement sees what others have committed before it.
 * @param isKept whether what the work wrote lasts, by what it gave
 */
export async function inTransaction<T>(
  run: RunRows,
  work: () => Promise<T>,
  isKept: (result: T) => boolean = () => true,
): Promise<T> {
  await run(command("BEGIN ISOLATION LEVEL READ COMMITTED"));
  try {
    const result = await work();
    await run(command(isKept(result) ? "COMMIT" : "ROLLBACK"));
    return result;
  } catch (error) {
    // Where this fails, the connection is gone, and the transaction with it; what went wrong first is what counts.
    await run(command("ROLLBACK")).catch(() => {});
    throw error;
  }
}

/** A statement without parameters and without rows. */
export function command(sql: string): Query<undefined> {
  return { sql, parameters: [], parse: () => undefined };
}

/** @param timeoutMs after this the answer is not waited for, and the connection is of no more use. */
export async function rowsOf(
  client: Pick<PoolClient, "query">,
  { sql, parameters }: Query<unknown>,
  name?: string,
  timeoutMs?: number,
): Promise<Rows> {
  const config: QueryConfig & { readonly query_timeout: number | undefined } = {
    name,
    text: sql,
    values: [...parameters],
    query_timeout: timeoutMs,
  };
  return (await client.query<Record<string, unknown>>(config)).rows;
}

async function each(
  queries: readonly Query<unknown>[],
  note: Query<unknown> | undefined,
  run: RunRows,
): Promise<readonly Rows[]> {
  const answers: Rows[] = [];
  for (const query of queries) answers.push(await run(query));
  if (note && answers.at(-1)?.length) await run(note);
  return answers;
}

/** The first row of each that is required; undefined as soon as one has none. */
async function whole(
  { required, also = [], note }: WholeWrite<readonly unknown[]>,
  run: RunRows,
): Promise<Rows | undefined> {
  const rows: unknown[] = [];
  for (const query of required) {
    const [row] = await run(query);
    if (row === undefined) return undefined;
    rows.push(row);
  }
  for (const query of [...also, note]) await run(query);
  return rows;
}

const names = new Map<string, string>();

/** One name for one text, in every process: behind a pooler, another one's statement must not be run for ours. */
function nameOf(sql: string): string {
  let name = names.get(sql);
  if (name === undefined) {
    name = `gatehouse_${createHash("sha256").update(sql).digest("hex").slice(0, 32)}`;
    names.set(sql, name);
  }
  return name;
}

const withNotes = new Map<string, string>();

/** Both in one statement: one round trip, one commit. */
function withNote<Result>(query: Query<Result>, note: Query<unknown>): Query<Result> {
  const key = `${query.sql};${note.sql}`;
  let sql = withNotes.get(key);
  if (sql === undefined) {
    const noted = whereChanged(renumbered(note.sql, query.parameters.length));
    sql = `with changed as (${query.sql}), noted as (${noted}) select * from changed`;
    withNotes.set(key, sql);
  }
  return { sql, parameters: [...query.parameters, ...note.parameters], parse: query.parse };
}

/** The insertion of a row becomes one of no row where nothing changed. */
function whereChanged(insertion: string): string {
  const [, into, values] = /^(insert into "\w+" \([^()]+\)) values \(([^()]+)\)$/.exec(insertion) ?? [];
  if (into === undefined) throw new Error("a note is the insertion of one row");
  return `${into} select ${values} where exists (select 1 from changed)`;
}

function renumbered(sql: string, offset: number): string {
  return sql.replace(/\$(\d+)/g, (_, number: string) => `$${Number(number) + offset}`);
}
