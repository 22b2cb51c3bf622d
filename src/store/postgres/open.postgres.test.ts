import { afterAll, beforeAll } from "vitest";
import { type SharedPostgres, sharedPostgres } from "../../../test/support/postgres/shared.ts";
import { storeContract } from "../../../test/support/store/store-contract.ts";
import { openTestStore } from "../../../test/support/store/test-store.ts";

let postgres: SharedPostgres;
let migrated: string;
beforeAll(async () => {
  postgres = await sharedPostgres();
  migrated = await postgres.freshDatabase();
  await (await openTestStore({ database: migrated })).close();
});
afterAll(() => postgres.stop());

storeContract("Postgres", async () => {
  await postgres.empty(migrated);
  return openTestStore({ database: migrated });
});
