import { Option } from "commander";
import type { Settings } from "../config/settings.ts";
import type { Store } from "../store/store.ts";

export type DatabaseFlags = { readonly database?: string };

/** Which database a command works on; a server may be running beside it. */
export const databaseOption = () =>
  new Option("-d, --database <file>", "the database (default: ./gatehouse.db) [env: GATEHOUSE_DATABASE]");

/** Does something with the store of the database that the flags or the environment name, and closes it. */
export async function withStore<T>(
  flags: DatabaseFlags,
  use: (store: Store, settings: Settings) => Promise<T>,
): Promise<T> {
  // Loaded here, so that help does not wait for them.
  const [{ environmentOptions, loadEnvironment }, { parseOptions }, { openSqliteStore }] = await Promise.all([
    import("../config/environment.ts"),
    import("../config/options.ts"),
    import("../store/sqlite.ts"),
  ]);
  const given = flags.database === undefined ? {} : { database: flags.database };
  // The other variables are the server's, and may go together with what only its code says.
  const environment = [...environmentOptions(loadEnvironment())].filter(([option]) => OURS.has(option));
  const settings = parseOptions("gatehouse", given, new Map(environment));
  const store = await openSqliteStore({ database: settings.database });
  try {
    return await use(store, settings);
  } finally {
    await store.close();
  }
}

const OURS: ReadonlySet<string> = new Set(["database", "secret"]);
