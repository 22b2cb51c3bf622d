import type { Migrating, Run } from "../migrate.ts";
import type { QueryBuilder } from "../query.ts";

/**
 * A database as a whole, with its tables in place of the store's verbs: for the commands that move and check it. It is
 * opened as it is, and nothing of it is changed by that.
 */
export type Database = Migrating & {
  readonly db: QueryBuilder;
  /** Runs work in a transaction. */
  together<T>(work: (run: Run) => Promise<T>): Promise<T>;
  close(): Promise<void>;
};

/**
 * Who else may have it open. `anybody`: servers run on it. `nobody`: they are kept out while it is open, as far as the
 * database can do that, and it is not opened where one is running.
 */
export type Beside = "anybody" | "nobody";
