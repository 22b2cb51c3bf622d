import type { Settings } from "../config/settings.ts";
import { repeatableDatabase } from "../core/database-url.ts";
import { isLoopbackHost } from "../core/hosts.ts";
import { shellWord } from "../platform/shell-word.ts";

/** How the operator runs a command of Gatehouse, as the end of "To do this, …". */
export type HowToRun = (command: string) => string;

/** Where a command takes a server to be, if nothing tells it. */
const USUAL_ISSUER = "http://localhost:3000";

/**
 * Commands that reach the database of this server, and make links to its URL.
 * @returns undefined where no command reaches the database: it is in memory
 */
export function howToRunCommands({
  database,
  commandsFindDatabase,
  issuer,
}: Pick<Settings, "database" | "commandsFindDatabase" | "issuer">): HowToRun | undefined {
  if (database === ":memory:") return undefined;
  const repeatable = repeatableDatabase(database);
  const named =
    commandsFindDatabase || repeatable === undefined ? "" : ` --database ${shellWord(repeatable)}`;
  const first =
    commandsFindDatabase || repeatable !== undefined
      ? ""
      : "set GATEHOUSE_DATABASE to the database URL of this server, and ";
  return (command) => `${first}run: npx gatehouse ${command}${urlFlags(issuer)}${named}`;
}

function urlFlags(issuer: string): string {
  if (issuer === USUAL_ISSUER) return "";
  const { protocol, hostname } = new URL(issuer);
  const insecure = protocol === "http:" && !isLoopbackHost(hostname) ? " --allow-insecure-public-url" : "";
  return ` --public-url ${shellWord(issuer)}${insecure}`;
}
