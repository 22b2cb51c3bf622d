import { afterAll, beforeAll } from "vitest";
import { startPostgres, type TestPostgres } from "../../../test/support/postgres/postgres.ts";
import { storeContract } from "../../../test/support/store/store-contract.ts";
import { openPostgresStore } from "./open.ts";

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());

storeContract("Postgres", async () => openPostgresStore({ database: await postgres.freshDatabase() }));
