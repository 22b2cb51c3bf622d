import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { type SharedPostgres, sharedPostgres } from "../../../test/support/postgres/shared.ts";
import { openTestStore } from "../../../test/support/store/test-store.ts";
import { silentLog } from "../../platform/logging.ts";

let postgres: SharedPostgres;
beforeAll(async () => {
  postgres = await sharedPostgres();
});
afterAll(() => postgres.stop());
afterEach(() => {
  vi.useRealTimers();
});

/** On one machine, Postgres has the time that this process has where nobody tampers with it. */
const theirTime = () => performance.timeOrigin + performance.now();
/** Far less than what the clocks are off by, and far more than what measuring is. */
const CLOSE_MS = 5000;

function setMachineClock(aheadSeconds: number): void {
  vi.useFakeTimers({ toFake: ["Date"], now: theirTime() + aheadSeconds * 1000 });
}

test.each([30, -30, 3600])(
  "a machine whose clock is %i seconds ahead goes by the database's",
  async (ahead) => {
    const url = await postgres.freshDatabase();
    setMachineClock(ahead);
    const said: object[] = [];
    const store = await openTestStore({
      database: url,
      log: { ...silentLog, info: (_, fields = {}) => said.push(fields) },
    });
    expect(Math.abs(store.clock() - theirTime())).toBeLessThan(CLOSE_MS);
    expect(said).toEqual([{ aheadMilliseconds: expect.closeTo(ahead * 1000, -4) }]);
    await store.close();
  },
);

test("a machine whose clock is set while it runs goes by the database's all the time, and says so", async () => {
  const database = await postgres.freshDatabase();
  const said: object[] = [];
  const log = { ...silentLog, info: (_: string, fields = {}) => said.push(fields) };
  const store = await openTestStore({ database, log });
  const isRight = () => expect(Math.abs(store.clock() - theirTime())).toBeLessThan(CLOSE_MS);
  setMachineClock(45);
  // Before it has asked the database again.
  isRight();
  store.followChanges({ changed() {}, caughtUp() {}, interrupted() {} });
  await vi.waitFor(() => expect(said).toEqual([{ aheadMilliseconds: expect.closeTo(45_000, -4) }]), {
    timeout: 20_000,
    interval: 20,
  });
  isRight();
  await store.close();
});
