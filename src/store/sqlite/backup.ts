import { randomBytes } from "node:crypto";
import { closeSync, existsSync, linkSync, openSync, renameSync, rmSync, statSync } from "node:fs";
import { backup, DatabaseSync } from "node:sqlite";
import { ConfigurationError } from "../../core/errors.ts";
import { countRows } from "../maintenance/copy-table.ts";
import { schemaStateOf } from "../maintenance/schema-state.ts";
import { TABLES } from "../maintenance/tables.ts";
import { openSqliteDatabase } from "./database.ts";
import { openingError } from "./errors.ts";

export type Backup = {
  readonly bytes: number;
  /** Undefined where the database is of another version than the code: it is backed up all the same. */
  readonly rows: number | undefined;
};

/**
 * All pages in one step: between steps, whatever a server writes would have it begin anew, again and again. Servers read
 * and write meanwhile.
 */
const PAGES_PER_STEP = 2 ** 31 - 1;

/**
 * Copies a database file as it is at one moment, while servers run on it, to a file that is there only once it is whole
 * and looked through.
 * @throws ConfigurationError where there is such a file already, or the copy is not whole.
 */
export async function backupSqlite(file: string, to: string): Promise<Backup> {
  if (existsSync(to)) throw exists(to);
  const draft = `${to}.${randomBytes(6).toString("hex")}`;
  try {
    makeEmpty(draft, to);
    const rows = await copyAndLook(file, draft).catch((error: unknown) => {
      throw notMade(to, error);
    });
    putInPlace(draft, to);
    return { bytes: statSync(to).size, rows };
  } finally {
    for (const name of [draft, `${draft}-journal`]) rmSync(name, { force: true });
  }
}

/** SQLite would make it for everybody to read. */
function makeEmpty(draft: string, to: string): void {
  try {
    closeSync(openSync(draft, "wx", 0o600));
  } catch (error) {
    throw openingError(error, to);
  }
}

async function copyAndLook(file: string, draft: string): Promise<number | undefined> {
  await copyPages(file, draft);
  return lookThrough(draft);
}

async function copyPages(file: string, draft: string): Promise<void> {
  const database = new DatabaseSync(file, { timeout: 5000 });
  try {
    await backup(database, draft, { rate: PAGES_PER_STEP });
  } finally {
    database.close();
  }
}

/** @returns the number of rows */
async function lookThrough(draft: string): Promise<number | undefined> {
  const copy = new DatabaseSync(draft);
  try {
    // One file, without a log beside it. A server makes it a WAL database again.
    copy.exec("PRAGMA journal_mode = DELETE");
    const [first, ...more] = copy.prepare("PRAGMA quick_check").all();
    if (more.length > 0 || first?.quick_check !== "ok")
      throw new Error(`it is damaged (${first?.quick_check})`);
  } finally {
    copy.close();
  }
  const database = await openSqliteDatabase(draft, "nobody");
  try {
    const state = await schemaStateOf(database);
    if (!state) throw new Error("it has no tables of Gatehouse");
    if (state.pending.length > 0) return undefined;
    let rows = 0;
    for (const table of TABLES) rows += await countRows(database, table);
    return rows;
  } finally {
    await database.close();
  }
}

function notMade(to: string, error: unknown): ConfigurationError {
  const why = error instanceof Error ? error.message : String(error);
  return new ConfigurationError(
    `The backup ${to} was not made: the database cannot be copied, ${why}. See: gatehouse database check`,
    { cause: error },
  );
}

/** What file systems without hard links say. */
const NO_LINKS = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"]);

/** Linked, because a link overwrites nothing. */
function putInPlace(draft: string, to: string): void {
  try {
    linkSync(draft, to);
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") throw exists(to);
    if (!NO_LINKS.has(code)) throw error;
    renameSync(draft, to);
  }
}

function exists(to: string): ConfigurationError {
  return new ConfigurationError(
    `There is a ${to} already, and a backup overwrites nothing. Name another file.`,
  );
}
