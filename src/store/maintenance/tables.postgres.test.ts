import { afterAll, beforeAll, expect, test } from "vitest";
import { type SharedPostgres, sharedPostgres } from "../../../test/support/postgres/shared.ts";
import { openTestStore } from "../../../test/support/store/test-store.ts";
import { OWN_TABLES, TABLES } from "./tables.ts";

let postgres: SharedPostgres;
let database: string;
beforeAll(async () => {
  postgres = await sharedPostgres();
  database = await postgres.freshDatabase();
  await (await openTestStore({ database })).close();
});
afterAll(() => postgres.stop());

// Postgres has all of them: some that several instances share are in memory where there is one.
test("every table moves or stays, and none is forgotten", async () => {
  const there = await postgres.query(
    database,
    "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'",
  );
  const known = [...TABLES.map(({ name }) => name), ...OWN_TABLES];
  expect(there.map(({ name }) => name).sort()).toEqual(known.sort());
});

test.each(TABLES)(
  "the primary key of $name is $key, and what counts itself is known",
  async ({ name, ...table }) => {
    const columns = await postgres.query(
      database,
      `SELECT attname AS name, attidentity <> '' AS numbered FROM pg_index
     JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY (indkey)
     WHERE indrelid = $1::regclass AND indisprimary ORDER BY array_position(indkey, attnum)`,
      [name],
    );
    expect(columns.map((column) => column.name)).toEqual(table.key);
    expect(columns.some(({ numbered }) => numbered)).toBe(table.isNumbered === true);
  },
);
