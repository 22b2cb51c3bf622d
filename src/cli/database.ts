import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { Settings } from "../config/settings.ts";
import { isPostgresUrl, shownDatabase } from "../core/database-url.ts";
import { ConfigurationError } from "../core/errors.ts";
import type { Clock } from "../platform/clock.ts";
import type { Store } from "../store/store.ts";
import { optionFlag } from "./option-flags.ts";
import { printError } from "./output.ts";

export type DatabaseFlags = { readonly database?: string };

/** Which database a command works on; a server may be running beside it. */
export const databaseOption = () => optionFlag("database");

/**
 * Does something with the store of the database that the flags or the environment name, and closes it.
 * @param mayMake whether a database that is not there is made, as for a client that is added before the first start.
 */
export async function withStore<T>(
  flags: DatabaseFlags,
  use: (store: Store, settings: Settings, clock: Clock) => Promise<T>,
  { mayMake = false }: { readonly mayMake?: boolean } = {},
): Promise<T> {
  const settings = await databaseSettings(flags);
  if (!mayMake) refuseMissing(settings.database);
  const { openStore } = await import("../store/open-store.ts");
  const { store, clock, close } = await openStore({
    database: settings.database,
    answerMs: COMMAND_ANSWER_MS,
  });
  try {
    return await use(store, settings, clock);
  } finally {
    await close();
  }
}

/** Says, beside the result, into which database a command wrote, where no flag names it: it may be another than the server's. */
export function sayDatabase(flags: DatabaseFlags, { database }: Pick<Settings, "database">): void {
  if (flags.database !== undefined) return;
  printError(`The database is ${isPostgresUrl(database) ? shownDatabase(database) : resolve(database)}.`);
}

/**
 * What the flags and the environment say of a database and its secret.
 * @param flag the one that names the database
 */
export async function databaseSettings(flags: DatabaseFlags, flag = "--database"): Promise<Settings> {
  // Loaded here, so that help does not wait for them.
  const [{ environmentOptions }, { commandEnvironment }, { parseOptions }] = await Promise.all([
    import("../config/environment.ts"),
    import("./command-environment.ts"),
    import("../config/options.ts"),
  ]);
  // The other variables are the server's, and may go together with what only its code says.
  const said = new Map(
    [...environmentOptions(await commandEnvironment())].filter(([option]) => OURS.has(option)),
  );
  if (flags.database !== undefined) said.set("database", { variable: flag, value: flags.database });
  return parseOptions("gatehouse", {}, said);
}

/**
 * An empty database would answer "nothing there" to a mistyped name.
 * @param flag the one that names it
 */
export function refuseMissing(database: string, flag = "--database"): void {
  if (isPostgresUrl(database) || existsSync(database)) return;
  if (database === ":memory:") {
    throw new ConfigurationError(`${flag} is :memory:, which no other process can see. Name a file.`);
  }
  throw new ConfigurationError(
    `There is no database ${database}. Name it with ${flag}; a server makes it when it first starts.`,
  );
}

/** Nobody's request waits for a command, and the client that it removes may have a million grants. */
const COMMAND_ANSWER_MS = 10 * 60 * 1000;

const OURS: ReadonlySet<string> = new Set(["database", "secret"]);
