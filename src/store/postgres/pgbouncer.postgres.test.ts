import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PGBOUNCER, startPgBouncer, type TestPgBouncer } from "../../../test/support/postgres/pgbouncer.ts";
import { type SharedPostgres, sharedPostgres } from "../../../test/support/postgres/shared.ts";
import { changeContract } from "../../../test/support/store/change-contract.ts";
import {
  APPROVED,
  addSamplePerson,
  DAY,
  REDEEMED,
  START,
  sampleApproval,
} from "../../../test/support/store/samples.ts";
import { storeContract } from "../../../test/support/store/store-contract.ts";
import { openTestStore } from "../../../test/support/store/test-store.ts";

// The default reporter prints no name of a suite that is left out, and so no reason.
if (PGBOUNCER === undefined) {
  process.stderr.write(
    "PgBouncer is not installed: src/store/postgres/pgbouncer.postgres.test.ts is left out.\n",
  );
}

/** What a PgBouncer is told that is to look like a Postgres. */
const HIDDEN = ["ignore_startup_parameters = statement_timeout,idle_in_transaction_session_timeout"];

describe.skipIf(PGBOUNCER === undefined)("behind PgBouncer, in transaction mode", () => {
  let postgres: SharedPostgres;
  let migrated: string;
  let told: TestPgBouncer;
  let hidden: TestPgBouncer;
  beforeAll(async () => {
    postgres = await sharedPostgres();
    migrated = await postgres.freshDatabase();
    await (await open(migrated)).close();
    [told, hidden] = await Promise.all([startPgBouncer(postgres), startPgBouncer(postgres, HIDDEN)]);
  });
  afterAll(async () => {
    await Promise.all([told, hidden].map((pooler) => pooler?.stop()));
    await postgres?.stop();
  });

  const named = (database: string) => `${told.through(database)}?pgbouncer=true`;
  const open = (database: string) => openTestStore({ database });

  storeContract("Postgres behind PgBouncer", async () => {
    await postgres.empty(migrated);
    return open(named(migrated));
  });
  changeContract("Postgres behind PgBouncer", async (count) => {
    const database = named(await postgres.freshDatabase());
    return Promise.all(Array.from({ length: count }, () => open(database)));
  });

  test("one that nobody told us of says what to add to the URL", async () => {
    const opening = open(told.through(await postgres.freshDatabase()));
    await expect(opening).rejects.toThrow(/is behind PgBouncer.*add \?pgbouncer=true to its URL/);
  });

  test("one that hides itself serves many at once, each with its own answer", async () => {
    const store = await open(hidden.through(await postgres.freshDatabase()));
    try {
      await addSamplePerson(store);
      const ids = Array.from({ length: 100 }, (_, index) => `grant-${index}`);
      await Promise.all(ids.map((id) => store.approve(sampleApproval({ id }), APPROVED)));
      for (let round = 0; round < 5; round += 1) {
        const found = await Promise.all(ids.map((id) => store.findGrant(id)));
        expect(found.map((grant) => grant?.id)).toEqual(ids);
      }
      const redeemed = await Promise.all(
        ids.flatMap((id) => [1, 2].map(() => store.redeemCode(id, START + DAY, START, REDEEMED))),
      );
      expect(redeemed.filter((grant) => grant !== undefined).map(({ id }) => id)).toEqual(
        expect.arrayContaining(ids),
      );
      expect(redeemed.filter((grant) => grant !== undefined)).toHaveLength(ids.length);
    } finally {
      await store.close();
    }
  });
});
