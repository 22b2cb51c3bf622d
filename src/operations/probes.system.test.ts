import { describe, expect, it } from "vitest";
import { type Log, silentLog } from "../platform/logging.ts";
import { type Check, createReadiness } from "./probes.ts";

const START = Date.UTC(2026, 10, 1);

/** A check that the test decides, and how often it was asked. */
function checkOf(name: string, run: () => Promise<void>): Check & { asked(): number } {
  let asked = 0;
  return {
    name,
    failure: `The ${name} does not hold.`,
    run() {
      asked += 1;
      return run();
    },
    asked: () => asked,
  };
}

const holds = async () => {};
const fails = async () => {
  throw new Error("password 'hunter2' refused for postgres://10.0.0.3");
};
const hangs = () => new Promise<void>(() => {});

describe("/ready", () => {
  it("is 200 where every check holds", async () => {
    const { answer } = createReadiness(
      [checkOf("database", holds), checkOf("keys", holds)],
      () => START,
      silentLog,
    );
    const response = await answer();
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ status: "ready" });
    expect(response.headers.get("cache-control")).toBe("no-store");
  });

  it("names the first check that fails, and tells the reason to the log alone, once", async () => {
    const logged: [string, unknown][] = [];
    const log: Log = { ...silentLog, error: (message, fields) => logged.push([message, fields]) };
    let now = START;
    const keys = checkOf("keys", holds);
    const { answer } = createReadiness([checkOf("database", fails), keys], () => now, log);
    for (const _probe of [1, 2, 3]) {
      const response = await answer();
      expect(response.status).toBe(503);
      expect(await response.json()).toEqual({
        status: "not ready",
        failed: "database",
        reason: "The database does not hold.",
      });
      now += 1000;
    }
    expect(keys.asked()).toBe(0);
    expect(logged.map(([message]) => message)).toEqual(["not ready: The database does not hold."]);
    expect(logged[0]?.[1]).toMatchObject({
      check: "database",
      cause: { message: expect.stringContaining("hunter2") },
    });
  });

  it("asks once for all that probe within a second", async () => {
    let now = START;
    const database = checkOf("database", holds);
    const { answer } = createReadiness([database], () => now, silentLog);
    await Promise.all(Array.from({ length: 50 }, answer));
    now += 999;
    await answer();
    expect(database.asked()).toBe(1);
    now += 1;
    await answer();
    expect(database.asked()).toBe(2);
  });

  it("does not go on believing the last answer where the clock is set back", async () => {
    let now = START;
    const database = checkOf("database", holds);
    const { answer } = createReadiness([database], () => now, silentLog);
    await answer();
    now -= 3_600_000;
    await answer();
    expect(database.asked()).toBe(2);
  });

  it("answers while a check hangs, names it, and asks nothing again meanwhile", async () => {
    let now = START;
    const database = checkOf("database", hangs);
    const { answer } = createReadiness([database], () => now, silentLog);
    for (const _probe of [1, 2]) {
      expect(await (await answer()).json()).toMatchObject({ failed: "database" });
      now += 5000;
    }
    expect(database.asked()).toBe(1);
  });

  it("is 200 again once what hung has answered", async () => {
    let now = START;
    let arrive = () => {};
    const database = checkOf("database", () => new Promise<void>((resolve) => (arrive = resolve)));
    const { answer } = createReadiness([database], () => now, silentLog);
    expect((await answer()).status).toBe(503);
    now += 1000;
    const probed = answer();
    arrive();
    expect((await probed).status).toBe(200);
  });

  it("is 503 for a server that leaves, whatever holds", async () => {
    const { answer, leave } = createReadiness([checkOf("database", holds)], () => START, silentLog);
    expect((await answer()).status).toBe(200);
    leave();
    const response = await answer();
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ failed: "shutdown" });
  });
});
