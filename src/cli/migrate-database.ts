import { openDatabase } from "../store/maintenance/open-database.ts";
import { schemaStateOf } from "../store/maintenance/schema-state.ts";
import { MIGRATIONS } from "../store/migrations/index.ts";
import { openStore } from "../store/open-store.ts";
import { type DatabaseFlags, databaseSettings, refuseMissing } from "./database.ts";

/**
 * Brings the schema up to date, as a server does that starts. One of the version before may go on beside it.
 * @returns the names of what was pending.
 */
export async function migrateCommand(flags: DatabaseFlags): Promise<readonly string[]> {
  const { database: name } = await databaseSettings(flags);
  refuseMissing(name);
  const database = await openDatabase(name, "anybody");
  const state = await schemaStateOf(database);
  await database.close();
  const opened = await openStore({ database: name });
  await opened.close();
  return state ? state.pending : MIGRATIONS.map((migration) => migration.name);
}
