import { DatabaseSync } from "node:sqlite";
import pg from "pg";

// Databases past their store: to fill them, and to look at what a store left.

export async function inPostgres<T>(database: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(database);
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

export function inFile<T>(name: string, use: (file: DatabaseSync) => T): T {
  const file = new DatabaseSync(name);
  try {
    return use(file);
  } finally {
    file.close();
  }
}

/** `?1` for `$1`, which Node binds by name alone. */
export function byPosition(sql: string): string {
  return sql.replaceAll("$", "?");
}
