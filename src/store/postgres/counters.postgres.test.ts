import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type SharedPostgres, sharedPostgres } from "../../../test/support/postgres/shared.ts";
import { counterContract } from "../../../test/support/store/counter-contract.ts";
import { START } from "../../../test/support/store/samples.ts";
import { openTestStore } from "../../../test/support/store/test-store.ts";

let postgres: SharedPostgres;
const opened: { close(): Promise<void> }[] = [];
beforeAll(async () => {
  postgres = await sharedPostgres();
});
afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
});
afterAll(() => postgres.stop());

async function openOn(database: string) {
  const store = await openTestStore({ database });
  opened.push(store);
  return store;
}

counterContract("on Postgres", async (count) => {
  const database = await postgres.freshDatabase();
  const stores = await Promise.all(Array.from({ length: count }, () => openOn(database)));
  return stores.map(({ counters }) => counters);
});

test("windows that have ended are deleted with what else has expired, and no others", async () => {
  const database = await postgres.freshDatabase();
  const { counters, deleteExpired } = await openOn(database);
  for (const key of ["a", "b", "c"]) await counters.take([{ key, limit: 1, seconds: 10 }], START);
  await counters.take([{ key: "later", limit: 1, seconds: 20 }], START);
  expect(await deleteExpired(START + 10_000, 2)).toMatchObject({ deleted: 0, more: true });
  expect(await deleteExpired(START + 10_000, 2)).toMatchObject({ more: false });
  expect(await postgres.query(database, "SELECT key FROM counters")).toEqual([{ key: "later" }]);
});

test("a flood that is refused anyway does not write for each", async () => {
  const database = await postgres.freshDatabase();
  const { counters } = await openOn(database);
  const take = async () => (await counters.take([{ key: "a", limit: 1, seconds: 10 }], START)).waitSeconds;
  expect([await take(), await take()]).toEqual([0, 10]);
  await postgres.query(database, "DROP TABLE counters");
  expect(await take()).toBe(10);
});
