import type { Command } from "commander";
import { repeatableDatabase } from "../core/database-url.ts";
import { shellWord } from "../platform/shell-word.ts";

/** What the running command was given that the next one needs too: set once, before it runs. */
let databaseFlag = "";
let urlFlags = "";

/** Keeps what the running command was told of the database and the URL, for {@link toRun}. */
export function rememberFlags(command: Command): void {
  const told = command.opts();
  databaseFlag = flagOf("--database", told.database && repeatableDatabase(told.database));
  // A URL that may hold a password is not repeated.
  if (told.database && databaseFlag === "") databaseFlag = " --database <the same>";
  urlFlags = [
    flagOf("--public-url", told.publicUrl),
    flagOf("--host", told.host),
    flagOf("--port", told.port),
    told.allowInsecurePublicUrl ? " --allow-insecure-public-url" : "",
  ].join("");
}

/**
 * A command for the operator to run next, on the same database: `gatehouse person list`.
 * @param command without the name of the program
 */
export function toRun(command: string): string {
  return `gatehouse ${command}${databaseFlag}`;
}

/** The same for one that makes a link, which begins with the same URL. */
export function toMakeLink(command: string): string {
  return `${toRun(command)}${urlFlags}`;
}

function flagOf(name: string, value: unknown): string {
  return typeof value === "string" ? ` ${name} ${shellWord(value)}` : "";
}
