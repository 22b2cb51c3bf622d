import { afterAll, beforeAll } from "vitest";
import { type SharedPostgres, sharedPostgres } from "../../../test/support/postgres/shared.ts";
import { storeContract } from "../../../test/support/store/store-contract.ts";
import { openPostgresStore } from "./open.ts";

let postgres: SharedPostgres;
let migrated: string;
beforeAll(async () => {
  postgres = await sharedPostgres();
  migrated = await postgres.freshDatabase();
  await (await openPostgresStore({ database: migrated })).close();
});
afterAll(() => postgres.stop());

storeContract("Postgres", async () => {
  await postgres.empty(migrated);
  return openPostgresStore({ database: migrated });
});
