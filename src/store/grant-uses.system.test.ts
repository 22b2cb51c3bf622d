import { setTimeout } from "node:timers/promises";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import {
  APPROVED,
  addSamplePerson,
  approveSample,
  DAY,
  REDEEMED,
  SECOND,
  START,
  sampleApproval,
} from "../../test/support/store/samples.ts";
import { openTestStore, type TestStore } from "../../test/support/store/test-store.ts";
import type { Grant } from "../core/grant.ts";
import type { GrantUse } from "./grant-records.ts";
import { createGrantUses, type GrantUses } from "./grant-uses.ts";

let store: TestStore;
let uses: GrantUses;
let now = START;
/** How the database is, and what it was asked to write. */
let isAway = false;
let batches: (readonly GrantUse[])[] = [];
let errors: string[] = [];

beforeEach(async () => {
  store = await openTestStore({ database: ":memory:" });
  await addSamplePerson(store);
  [now, isAway, batches, errors] = [START, false, [], []];
  uses = createGrantUses({
    store: {
      async recordUses(batch, at) {
        batches.push(batch);
        if (isAway) throw new Error("away");
        await store.recordUses(batch, at);
      },
    },
    clock: () => now,
    log: { error: (message) => errors.push(message) },
  });
});
afterEach(async () => {
  isAway = false;
  await uses.close();
  await store.close();
});

/** A grant of a person that was refreshed once: of generation 2, with 1 before it. */
async function refreshedGrant(id: string): Promise<Grant> {
  await store.approve(sampleApproval({ id }), APPROVED);
  await store.redeemCode(id, START + DAY, START, REDEEMED);
  const rotation = { id, clientId: "client-1", presented: 1, refreshExpiresAt: START + DAY, now: START };
  const grant = await store.rotateRefresh(rotation);
  if (!grant) throw new Error(`${id} was not rotated`);
  return grant;
}
const found = async (id: string): Promise<Grant | undefined> => store.findGrant(id);
const written = (check: () => Promise<void>) => vi.waitFor(check, { timeout: 5000, interval: 20 });

test("a use is written soon, and waits until then", async () => {
  const grant = await refreshedGrant("a");
  uses.seen(grant, 2);
  expect(uses.isWaiting("a", 2)).toBe(true);
  expect([uses.isWaiting("a", 1), uses.isWaiting("b", 2)]).toEqual([false, false]);
  expect(batches).toEqual([]);
  await written(async () => expect(await found("a")).toMatchObject({ unusedGeneration: null, usedAt: now }));
  expect(uses.isWaiting("a", 2)).toBe(false);
  expect(batches).toHaveLength(1);
});

test("uses of many grants are few writes, and those of one grant one, whatever their order", async () => {
  const grants = await Promise.all(Array.from({ length: 450 }, (_, index) => refreshedGrant(`g${index}`)));
  for (const grant of [...grants, ...grants]) uses.seen(grant, 2);
  const [first] = grants;
  // Its token was verified against an earlier state of the row, and comes late.
  if (first) uses.seen({ ...first, unusedGeneration: 1 }, 1);
  await written(async () => {
    expect((await store.listGrants({})).every(({ unusedGeneration }) => unusedGeneration === null)).toBe(
      true,
    );
  });
  expect(batches.map(({ length }) => length)).toEqual([200, 200, 50]);
});

test.each<[what: string, generation: number | undefined, changes: Partial<Grant>]>([
  ["the first generation of a grant by an earlier version", 1, { unusedGeneration: null }],
  ["a generation that is used, as the row says", 2, { unusedGeneration: null, usedAt: START }],
  ["an earlier generation", 1, { unusedGeneration: 2 }],
  [
    "a program, some seconds after the last one",
    undefined,
    { unusedGeneration: null, usedAt: START - 59_999 },
  ],
  ["a token of an earlier version, which does not say its generation", undefined, { unusedGeneration: 2 }],
])("of %s nothing is written", async (_what, generation, changes) => {
  const grant = { ...(await refreshedGrant("a")), ...changes };
  uses.seen(grant, generation);
  await uses.close();
  expect(batches).toEqual([]);
});

test("of a program, when it last used a token is written to the minute", async () => {
  const grant = await approveSample(store, { id: "program" });
  uses.seen(grant, undefined);
  await written(async () => expect(await found("program")).toMatchObject({ usedAt: START }));
  now += 60 * SECOND;
  uses.seen({ ...grant, usedAt: START }, undefined);
  await written(async () => expect(await found("program")).toMatchObject({ usedAt: now }));
});

test("while the database takes no writes, uses are kept, one line says so, and they are written after it", async () => {
  isAway = true;
  uses.seen(await refreshedGrant("a"), 2);
  await expect.poll(() => batches.length, { timeout: 5000 }).toBeGreaterThan(2);
  uses.seen(await refreshedGrant("b"), 2);
  expect([uses.isWaiting("a", 2), uses.isWaiting("b", 2)]).toEqual([true, true]);
  expect(errors).toHaveLength(1);
  isAway = false;
  for (const id of ["a", "b"]) {
    await written(async () => expect(await found(id)).toMatchObject({ unusedGeneration: null }));
  }
  expect(errors).toHaveLength(1);
});

test("no more is kept than memory has room for: a use beyond it was not seen", async () => {
  isAway = true;
  const grant = await refreshedGrant("a");
  for (let index = 0; index < 60_000; index += 1) uses.seen({ ...grant, id: `g${index}` }, 2);
  expect([uses.isWaiting("g0", 2), uses.isWaiting("g59999", 2)]).toEqual([true, false]);
});

test("closing writes what waits, also while a write is under way, and nothing after it", async () => {
  const [a, b, c] = [await refreshedGrant("a"), await refreshedGrant("b"), await refreshedGrant("c")];
  uses.seen(a, 2);
  await expect.poll(() => batches.length, { timeout: 5000, interval: 1 }).toBe(1);
  uses.seen(b, 2);
  await uses.close();
  expect((await found("a"))?.unusedGeneration).toBeNull();
  expect((await found("b"))?.unusedGeneration).toBeNull();
  uses.seen(c, 2);
  await setTimeout(400);
  expect((await found("c"))?.unusedGeneration).toBe(2);
});

test("closing ends though the database is away", async () => {
  isAway = true;
  uses.seen(await refreshedGrant("a"), 2);
  await uses.close();
  expect(batches).toHaveLength(1);
});
