import { ConfigurationError } from "../../core/errors.ts";
import { unavailable } from "../outage.ts";

/** Primary result codes (https://sqlite.org/rescode.html). */
const BUSY = 5;
const READONLY = 8;
const CORRUPT = 11;
const NOTADB = 26;

/** Nothing that was asked is wrong: the database does not work right now, or cannot any more. */
const OUTAGES: ReadonlyMap<number, string> = new Map([
  [BUSY, "another process is writing to it"],
  [6, "a table is locked"],
  [7, "out of memory"],
  [READONLY, "it is read-only"],
  [9, "interrupted"],
  [10, "input or output failed"],
  [CORRUPT, "it is damaged"],
  [13, "the disk is full"],
  [14, "its file cannot be opened"],
  [NOTADB, "its file is not a database"],
]);

export function isBusy(error: unknown): boolean {
  return resultCode(error) === BUSY;
}

/** What a failed query is to its caller: an outage to be answered 503, or a mistake of ours as it is. */
export function toStoreError(error: unknown): unknown {
  const why = OUTAGES.get(resultCode(error) ?? 0);
  return why === undefined ? error : unavailable(why, error);
}

/** Why a database cannot be opened, in one sentence that says what to do. */
export function openingError(error: unknown, file: string): ConfigurationError {
  if (error instanceof ConfigurationError) return error;
  return new ConfigurationError(`The database ${file} ${openingProblem(error)}`, { cause: error });
}

function openingProblem(error: unknown): string {
  switch (systemCode(error)) {
    case "ENOENT":
    case "ENOTDIR":
      return "cannot be made: its directory does not exist. Make the directory, or name another file.";
    case "EISDIR":
      return "is a directory. Name a file in it.";
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return "cannot be written. Give this user the right to write the file and its directory, or name another file.";
    case "ENOSPC":
      return "cannot be made: the disk is full. Free some space, or name a file elsewhere.";
  }
  switch (resultCode(error)) {
    case BUSY:
      return "is locked by another program. End that program, or name another file.";
    case READONLY:
    case 14:
      return "cannot be written. Give this user the right to write the file and its directory, or name another file.";
    case CORRUPT:
      return "is damaged. Stop the server, and restore the last backup.";
    case NOTADB:
      return "is not an SQLite database. Name another file, or move this one away.";
  }
  return `cannot be opened: ${error instanceof Error ? error.message : String(error)}. Check the file, or name another one.`;
}

/** Extended result codes carry the primary one in their low byte. */
function resultCode(error: unknown): number | undefined {
  const code = error instanceof Error && "errcode" in error ? error.errcode : undefined;
  return typeof code === "number" ? code & 0xff : undefined;
}

function systemCode(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
