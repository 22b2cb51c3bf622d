import type { DatabaseSync, StatementSync } from "node:sqlite";
import { type Metrics, noMetrics } from "../../platform/telemetry/metrics.ts";
import { unavailable } from "../outage.ts";
import type { Connection, QueriesFor, Query, WholeWrite } from "../query.ts";
import { isBusy, toStoreError } from "./errors.ts";
import { createGroupCommit } from "./group-commit.ts";

export type SqliteConnection = Connection & {
  /** What is read after this is as new as the file. */
  endReads(): void;
  /** Commits what waits. Queries after this are refused. */
  close(): void;
};

/** Runs queries on one `node:sqlite` database: reads at once, those of a turn on one state; writes in groups that share a commit. */
export function connectSqlite(
  database: DatabaseSync,
  { committed }: Pick<Metrics, "committed"> = noMetrics,
): SqliteConnection {
  const runner = statementRunner(database);
  const run = <Result>(query: Query<Result>): readonly Result[] => translated(() => runner(query));
  const reads = sharedReads(database);
  const begin = database.prepare("BEGIN IMMEDIATE");
  const commit = database.prepare("COMMIT");
  const group = createGroupCommit(
    {
      begin() {
        try {
          reads.end();
          begin.run();
          return true;
        } catch (error) {
          if (isBusy(error)) return false;
          throw toStoreError(error);
        }
      },
      commit: () => translated(() => commit.run()),
      rollback: () => database.exec("ROLLBACK"),
      isOpen: () => database.isTransaction,
    },
    () => unavailable("another process is writing to it"),
    committed,
  );

  return {
    async read(query) {
      translated(reads.begin);
      return run(query);
    },
    write: (query, note) =>
      group.add(() => {
        if (!note) return run(query);
        return inSavepoint(database, () => {
          const rows = run(query);
          if (rows.length > 0) run(note);
          return rows;
        });
      }),
    writeTogether: <Results extends readonly unknown[]>(
      queries: QueriesFor<Results>,
      note?: Query<unknown>,
    ) =>
      group.add(() =>
        inSavepoint(database, () => {
          const answers = queries.map(run);
          if (note && answers.at(-1)?.length) run(note);
          return answers;
        }),
      ) as Promise<{ readonly [I in keyof Results]: readonly Results[I][] }>,
    writeOrNothing: <Results extends readonly unknown[]>(writes: WholeWrite<Results>) =>
      group.add(() => {
        const { required, also = [], note } = writes;
        return inSavepoint(database, () => {
          const rows: unknown[] = [];
          for (const query of required) {
            const [row] = run(query);
            if (row === undefined) return undefined;
            rows.push(row);
          }
          for (const query of [...also, note]) run(query);
          return rows as unknown as Results;
        });
      }),
    endReads: reads.end,
    close: group.close,
  };
}

/**
 * One transaction for what a turn of the event loop reads, until its end or the next write. To begin one takes locks of the
 * system, and costs more than finding a row.
 */
function sharedReads(database: DatabaseSync) {
  const begin = database.prepare("BEGIN");
  const commit = database.prepare("COMMIT");
  const end = () => {
    if (database.isOpen && database.isTransaction) commit.run();
  };
  return {
    begin() {
      if (database.isTransaction) return;
      begin.run();
      setImmediate(end);
    },
    end,
  };
}

/** Runs a query at once, with its statement prepared once for each text. The texts are ours, and few. */
export function statementRunner(database: DatabaseSync): <Result>(query: Query<Result>) => readonly Result[] {
  const statements = new Map<string, StatementSync>();
  return ({ sql, parameters, parse }) => {
    let statement = statements.get(sql);
    if (!statement) {
      statement = database.prepare(sql);
      statements.set(sql, statement);
    }
    return statement.all(...parameters).map(parse);
  };
}

/** Runs work between BEGIN and COMMIT, and nobody else writes meanwhile. */
export async function inTransaction<T>(database: DatabaseSync, work: () => Promise<T>): Promise<T> {
  database.exec("BEGIN IMMEDIATE");
  try {
    const result = await work();
    database.exec("COMMIT");
    return result;
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}

function translated<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw toStoreError(error);
  }
}

/** Keeps what the work wrote, unless it throws, or returns undefined. */
function inSavepoint<T>(database: DatabaseSync, work: () => T): T {
  database.exec("SAVEPOINT unit");
  try {
    const result = work();
    database.exec(result === undefined ? "ROLLBACK TO unit; RELEASE unit" : "RELEASE unit");
    return result;
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK TO unit; RELEASE unit");
    throw error;
  }
}
