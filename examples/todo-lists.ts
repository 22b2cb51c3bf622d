import { randomUUID } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import type { Auth } from "mcp-gatehouse";

export type Todo = { readonly id: string; readonly title: string; readonly created_at: string };

/** Everyone's list. Each call is about the list of its owner. */
export type TodoLists = {
  list(owner: Owner): readonly Todo[];
  add(owner: Owner, title: string): Todo;
  /** False where this person has no such entry, also where another person has it. */
  delete(owner: Owner, id: string): boolean;
  close(): void;
};

/** An id names a person at one issuer only: after a move to another provider, its "1" is someone else. */
type Owner = Pick<Auth, "issuer" | "person">;

/** The to-do lists in a SQLite file. */
export function openTodoLists(file: string): TodoLists {
  const database = new DatabaseSync(file, { timeout: 5000 });
  database.exec(`
    PRAGMA journal_mode = WAL;
    CREATE TABLE IF NOT EXISTS todos (
      number INTEGER PRIMARY KEY,
      id TEXT NOT NULL UNIQUE,
      owner TEXT NOT NULL,
      title TEXT NOT NULL,
      created_at TEXT NOT NULL
    ) STRICT;
    CREATE INDEX IF NOT EXISTS todos_by_owner ON todos (owner, number);
  `);
  const select = database.prepare("SELECT id, title, created_at FROM todos WHERE owner = ? ORDER BY number");
  const insert = database.prepare("INSERT INTO todos (id, owner, title, created_at) VALUES (?, ?, ?, ?)");
  const remove = database.prepare("DELETE FROM todos WHERE owner = ? AND id = ?");
  return {
    list: (owner) => select.all(keyOf(owner)).map((row) => ({ ...row })) as Todo[],
    add(owner, title) {
      const todo = { id: randomUUID(), title, created_at: new Date().toISOString() };
      insert.run(todo.id, keyOf(owner), todo.title, todo.created_at);
      return todo;
    },
    delete: (owner, id) => remove.run(keyOf(owner), id).changes === 1,
    close: () => database.close(),
  };
}

function keyOf({ issuer, person }: Owner): string {
  return JSON.stringify([issuer, person.id]);
}
