import { closeSync, openSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { ConfigurationError } from "../../core/errors.ts";
import type { Beside, Database } from "../maintenance/database.ts";
import type { Run } from "../migrate.ts";
import { inTransaction, statementRunner } from "./connection.ts";
import { isBusy, openingError } from "./errors.ts";
import { configure, HAS_TABLE, queryBuilder } from "./open.ts";

/** Longer than a server's group of writes takes. */
const BUSY_TIMEOUT_MS = 5000;

/** Opens a file as it is. One that is missing or empty becomes a new database as soon as something is written. */
export async function openSqliteDatabase(file: string, beside: Beside): Promise<Database> {
  let database: DatabaseSync;
  try {
    database = openFile(file, beside);
  } catch (error) {
    throw openingError(error, file);
  }
  const runner = statementRunner(database);
  const run: Run = async (query) => runner(query);
  const together: Database["together"] = (work) => inTransaction(database, () => work(run));
  return {
    name: file,
    dialect: "sqlite",
    hasTable: HAS_TABLE,
    db: queryBuilder(),
    run,
    alone: together,
    together,
    async close() {
      database.close();
    },
  };
}

function openFile(file: string, beside: Beside): DatabaseSync {
  // SQLite would make the file for everybody to read. Its side files take their mode from it.
  closeSync(openSync(file, "a", 0o600));
  const database = new DatabaseSync(file, { timeout: beside === "nobody" ? 0 : BUSY_TIMEOUT_MS });
  try {
    if (beside === "nobody") keepOthersOut(database, file);
    // A file that is a database stays what it is.
    if (database.prepare("PRAGMA page_count").get()?.page_count === 0) configure(database);
    // Pages are written by the hundred thousand; whoever needs one on the disk says so.
    if (beside === "nobody") database.exec("PRAGMA synchronous = NORMAL");
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** A server holds a shared lock for as long as it runs, and needs one to start. */
function keepOthersOut(database: DatabaseSync, file: string): void {
  try {
    database.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE; COMMIT");
  } catch (error) {
    if (!isBusy(error)) throw error;
    throw new ConfigurationError(
      `The database ${file} is in use: a server or another program has it open. Stop it first.`,
      { cause: error },
    );
  }
}
