import { afterEach, beforeEach, expect, test, vi } from "vitest";
import {
  APPROVED,
  addSamplePerson,
  DAY,
  START,
  sampleApproval,
  sampleEntry,
} from "../../test/support/store/samples.ts";
import { openTestStore, type TestStore } from "../../test/support/store/test-store.ts";
import { type Log, silentLog } from "../platform/logging.ts";
import { type JanitorOptions, startJanitor } from "./janitor.ts";

const EVERY_SECONDS = 60;
const AUDIT_DAYS = 90;
const clock = (): number => START + 100 * DAY;

let store: TestStore;
beforeEach(async () => {
  store = await openTestStore({ database: ":memory:" });
  await addSamplePerson(store);
  // Its pauses only; the store commits in real time.
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});
afterEach(async () => {
  vi.useRealTimers();
  await store.close();
});

const start = (
  kept: JanitorOptions["store"],
  log: Log,
  everySeconds = EVERY_SECONDS,
): (() => Promise<void>) =>
  startJanitor({ store: kept, clock, log, everySeconds, auditRetentionDays: AUDIT_DAYS });
const approveMany = (count: number): Promise<unknown> =>
  Promise.all(
    Array.from({ length: count }, (_, index) =>
      store.approve(sampleApproval({ id: `old-${index}` }), APPROVED),
    ),
  );
const remaining = async (): Promise<number> => (await store.listGrants({})).length;
/** Lets the time of a round pass; the batches in it wait for real commits in between. */
const pass = async (seconds: number): Promise<void> => {
  for (let millisecond = 0; millisecond < seconds * 1000; millisecond += 250) {
    vi.advanceTimersByTime(250);
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
  }
};

test("deletes what has expired and nothing else, however much it is", async () => {
  await approveMany(1000);
  await store.approve(sampleApproval({ id: "live", codeExpiresAt: clock() }), APPROVED);
  const stop = start(store, silentLog);
  await pass(EVERY_SECONDS + 10);
  expect((await store.listGrants({})).map((grant) => grant.id)).toEqual(["live"]);
  await stop();
});

test("keeps the audit log for so many days and no longer, however much of it is due", async () => {
  const begin = clock() - AUDIT_DAYS * DAY;
  await Promise.all(
    Array.from({ length: 1000 }, () => store.recordAudit(sampleEntry("sign_in.ok", { at: begin - 1 }))),
  );
  await store.recordAudit(sampleEntry("sign_in.ok", { at: begin }));
  const stop = start(store, silentLog);
  await pass(EVERY_SECONDS + 10);
  expect((await store.auditAfter(0, 1000)).map(({ at }) => at)).toEqual([begin]);
  await stop();
});

test("goes on round after round, also after one that failed, which is logged", async () => {
  const errors: unknown[] = [];
  const log: Log = { ...silentLog, error: (_message, { cause }) => errors.push(cause) };
  const broken = new Error("disk on fire");
  let failures = 1;
  const failing = {
    ...store,
    deleteExpired: async (now: number, limit: number) => {
      failures -= 1;
      if (failures >= 0) throw broken;
      return store.deleteExpired(now, limit);
    },
  };
  await approveMany(10);
  const stop = start(failing, log);
  await pass(EVERY_SECONDS + 1);
  expect(errors).toEqual([broken]);
  expect(await remaining()).toBe(10);
  await pass(EVERY_SECONDS + 1);
  expect(await remaining()).toBe(0);
  await approveMany(10);
  await pass(EVERY_SECONDS + 1);
  expect(await remaining()).toBe(0);
  await stop();
});

test("never runs twice at once, and requests get in between its batches", async () => {
  let running = 0;
  let most = 0;
  let batches = 0;
  const slow = {
    ...store,
    deleteExpired: async () => {
      running += 1;
      batches += 1;
      most = Math.max(most, running);
      for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return { deleted: 1, more: batches < 20 };
    },
  };
  const stop = start(slow, silentLog, 1);
  await pass(60);
  expect(batches).toBeGreaterThan(20);
  expect(most).toBe(1);
  await stop();
});

test("stops: after it has resolved, nothing is deleted any more", async () => {
  await approveMany(1000);
  const stop = start(store, silentLog);
  vi.advanceTimersByTime(EVERY_SECONDS * 1000);
  await stop();
  const left = await remaining();
  expect(left).toBeGreaterThan(0);
  expect(left).toBeLessThan(1000);
  await pass(3 * EVERY_SECONDS);
  expect(await remaining()).toBe(left);
});
