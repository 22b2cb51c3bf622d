import { isPostgresUrl } from "../../core/database-url.ts";
import { openPostgresDatabase } from "../postgres/database.ts";
import { openSqliteDatabase } from "../sqlite/database.ts";
import type { Beside, Database } from "./database.ts";

/**
 * @param name `postgres://…`, or a file.
 * @throws ConfigurationError, in one sentence that names the database and says what to do.
 */
export function openDatabase(name: string, beside: Beside): Promise<Database> {
  return isPostgresUrl(name) ? openPostgresDatabase(name, beside) : openSqliteDatabase(name, beside);
}
