import { afterAll, beforeAll, expect, test } from "vitest";
import { type SharedPostgres, sharedPostgres } from "../../../test/support/postgres/shared.ts";
import {
  APPROVED,
  addSamplePerson,
  DAY,
  REDEEMED,
  REVOKED,
  SECOND,
  START,
  sampleApproval,
} from "../../../test/support/store/samples.ts";
import { openTestStore } from "../../../test/support/store/test-store.ts";

const GRANTS = 200;
/** Postgres plans a statement for its parameters five times, and then once for all. */
const RUNS = 12;

let postgres: SharedPostgres;
beforeAll(async () => {
  postgres = await sharedPostgres();
});
afterAll(() => postgres.stop());

test("what happens to one grant reads no other grant of its client, though the table has no statistics yet", async () => {
  const url = await postgres.freshDatabase();
  const store = await openTestStore({ database: url, databaseConnections: 1 });
  await addSamplePerson(store);
  const now = START + SECOND;
  for (let i = 0; i < GRANTS; i += 1) await store.approve(sampleApproval({ id: `grant-${i}` }), APPROVED);
  await store.redeemCode("grant-7", now + DAY, now, REDEEMED);
  for (let presented = 1; presented <= RUNS; presented += 1) {
    const rotation = { id: "grant-7", clientId: "client-1", presented, refreshExpiresAt: now + DAY, now };
    expect(await store.rotateRefresh(rotation)).toMatchObject({ generation: presented + 1 });
    await store.findGrant("grant-7");
    await store.recordUses([{ grantId: "grant-7", generation: presented + 1 }], now);
  }
  await store.revokeGrant("grant-7", "operator", now, REVOKED);
  await store.close();
  const scans = await postgres.query(
    url,
    "SELECT indexrelname AS index FROM pg_stat_user_indexes WHERE relname = 'grants' AND idx_scan > 0",
  );
  expect(scans).toEqual([{ index: "grants_pkey" }]);
});

test("what a person approved for a client is found by the person, though the table has no statistics yet", async () => {
  const url = await postgres.freshDatabase();
  const store = await openTestStore({ database: url, databaseConnections: 1 });
  await addSamplePerson(store);
  for (let i = 0; i < GRANTS; i += 1) await store.approve(sampleApproval({ id: `grant-${i}` }), APPROVED);
  for (let run = 0; run < RUNS; run += 1) {
    await store.listGrants({
      clientId: "client-1",
      personId: "grace",
      liveAt: START,
      isClicked: true,
      limit: 100,
    });
  }
  await store.close();
  const scans = await postgres.query(
    url,
    "SELECT idx_scan::int AS scans FROM pg_stat_user_indexes WHERE indexrelname IN ('grants_person', 'grants_client') ORDER BY indexrelname DESC",
  );
  // Of a client that everyone uses, there are as many grants as people.
  expect(scans).toEqual([{ scans: RUNS }, { scans: 0 }]);
});
