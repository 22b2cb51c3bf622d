import { isPostgresUrl, shownDatabase } from "../core/database-url.ts";
import { ConfigurationError } from "../core/errors.ts";
import { sizeText } from "../store/maintenance/check.ts";
import { backupSqlite } from "../store/sqlite/backup.ts";
import { type DatabaseFlags, databaseSettings, refuseMissing } from "./database.ts";
import { findSecret } from "./database-secret.ts";
import { print } from "./output.ts";

/** Backs up an SQLite file while a server runs on it. */
export async function backupCommand(flags: DatabaseFlags & { readonly to: string }): Promise<void> {
  const settings = await databaseSettings(flags);
  const { database } = settings;
  if (isPostgresUrl(database)) {
    throw new ConfigurationError(
      `The database ${shownDatabase(database)} is Postgres, which has its own tool: ` +
        `pg_dump --format=custom --file=${flags.to}, and pg_restore to restore it.`,
    );
  }
  refuseMissing(database);
  const { bytes, rows } = await backupSqlite(database, flags.to);
  const counted = rows === undefined ? "" : `, ${rows.toLocaleString("en")} rows`;
  print(`Made ${flags.to}: ${sizeText(bytes)}${counted}, checked.`);
  const secret = findSecret(settings);
  if (secret) print(`It needs the secret in ${secret.from}. Keep that too, in another place.`);
}
