import { closeSync, openSync } from "node:fs";
import { join, parse } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { isPostgresUrl } from "../core/database-url.ts";
import { ConfigurationError } from "../core/errors.ts";
import { randomId } from "../platform/random.ts";

export type Todo = { readonly id: string; readonly title: string; readonly createdAt: number };

/** The to-do lists of the demonstration, in a database of their own. Each owner sees and changes only their own list. */
export type Todos = {
  /** Oldest first. */
  list(owner: string): readonly Todo[];
  create(owner: string, title: string, now: number): Todo;
  /** False where the owner's list has no such entry. */
  delete(owner: string, id: string): boolean;
  close(): void;
};

const MEMORY = ":memory:";
/** How long to wait for another demonstration on the same file. */
const BUSY_TIMEOUT_MS = 1000;

/**
 * The file for the to-do lists of a demonstration: beside its database, so that they outlive a restart. Where the database
 * is in memory or on Postgres, there is no such place, and they are in memory.
 */
export function todosFileOf(database: string): string {
  if (database === MEMORY || isPostgresUrl(database)) return MEMORY;
  const { dir, name, ext } = parse(database);
  return join(dir, `${name}-todos${ext}`);
}

/**
 * @param file made with mode 0600 where there is none; or ":memory:"
 * @throws ConfigurationError, in one sentence that names the file and says what to do.
 */
export function openTodos(file: string): Todos {
  const { database, select, insert, remove } = open(file);
  return {
    list: (owner) =>
      select.all(owner).map(({ id, title, createdAt }) => ({
        id: String(id),
        title: String(title),
        createdAt: Number(createdAt),
      })),
    create(owner, title, now) {
      const todo = { id: randomId(), title, createdAt: now };
      insert.run(todo.id, owner, title, now);
      return todo;
    },
    delete: (owner, id) => remove.run(owner, id).changes === 1,
    close: () => database.close(),
  };
}

/** The file, and the statements on it: where the table is not ours, they cannot be prepared. */
function open(file: string) {
  let database: DatabaseSync | undefined;
  try {
    // SQLite would let everyone on this machine read the file. Its side files take their mode from it.
    if (file !== MEMORY) closeSync(openSync(file, "a", 0o600));
    database = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS });
    database.exec(SCHEMA);
    const select = database.prepare(
      "SELECT id, title, created_at AS createdAt FROM todos WHERE owner = ? ORDER BY number",
    );
    const insert = database.prepare("INSERT INTO todos (id, owner, title, created_at) VALUES (?, ?, ?, ?)");
    const remove = database.prepare("DELETE FROM todos WHERE owner = ? AND id = ?");
    return { database, select, insert, remove };
  } catch (cause) {
    database?.close();
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigurationError(
      `The to-do lists cannot be kept in ${file} (${why}). Correct that, or name another database: they are kept beside it.`,
      { cause },
    );
  }
}

const SCHEMA = `
  PRAGMA journal_mode = WAL;
  CREATE TABLE IF NOT EXISTS todos (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    owner TEXT NOT NULL,
    title TEXT NOT NULL,
    created_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS todos_by_owner ON todos (owner, number);
`;
