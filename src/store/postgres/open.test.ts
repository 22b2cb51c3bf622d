import { afterAll, beforeAll } from "vitest";
import { storeContract } from "../../../test/store/store-contract.ts";
import { startPostgres, type TestPostgres } from "../../../test/support/postgres.ts";
import { openTestStore } from "../../../test/support/store.ts";

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());

storeContract("Postgres", async () => openTestStore({ database: await postgres.freshDatabase() }));
