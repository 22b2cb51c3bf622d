import { randomId } from "../../platform/random.ts";
import { type Connection, type Given, prepare, type QueryBuilder } from "../query.ts";
import type { TodoTable } from "../schema.ts";

export type Todo = { readonly id: string; readonly title: string; readonly createdAt: number };

/** The demonstration's to-do lists: a person sees and changes their own and no other. */
export type TodoStore = {
  /** Oldest first. */
  listTodos(personId: string): Promise<readonly Todo[]>;
  createTodo(personId: string, title: string, now: number): Promise<Todo>;
  /** False where this person has no such to-do. */
  deleteTodo(personId: string, id: string): Promise<boolean>;
};

export function todoStore(db: QueryBuilder, connection: Connection): TodoStore {
  const list = prepare(
    (given: Given<{ personId: string }>) =>
      db
        .selectFrom("todos")
        .select(["id", "title", "created_at as createdAt"])
        .where("person_id", "=", given("personId"))
        .orderBy("created_at")
        .orderBy("id"),
    (row): Todo => ({ id: row.id, title: row.title, createdAt: row.createdAt }),
  );

  const create = prepare(
    (given: Given<TodoTable>) =>
      db.insertInto("todos").values({
        id: given("id"),
        person_id: given("person_id"),
        title: given("title"),
        created_at: given("created_at"),
      }),
    () => undefined,
  );

  const remove = prepare(
    (given: Given<{ personId: string; id: string }>) =>
      db
        .deleteFrom("todos")
        .where("id", "=", given("id"))
        .where("person_id", "=", given("personId"))
        .returning("id"),
    (row) => row.id,
  );

  return {
    listTodos: (personId) => connection.read(list({ personId })),
    async createTodo(personId, title, now) {
      const todo = { id: randomId(), title, createdAt: now };
      await connection.write(create({ id: todo.id, person_id: personId, title, created_at: now }));
      return todo;
    },
    async deleteTodo(personId, id) {
      return (await connection.write(remove({ personId, id }))).length > 0;
    },
  };
}
