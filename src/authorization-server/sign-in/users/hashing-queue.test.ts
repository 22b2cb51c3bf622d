import { describe, expect, it } from "vitest";
import { createHashingQueue } from "./hashing-queue.ts";

/** A queue whose tasks end when the test says so, under a clock that the test moves. */
function newQueue(limits: { readonly atOnce: number; readonly waiting: number }) {
  let now = 0;
  const queue = createHashingQueue({ ...limits, waitMs: 5000, now: () => now });
  const running: PromiseWithResolvers<string>[] = [];
  return {
    running,
    pass(ms: number) {
      now += ms;
    },
    begin: () =>
      queue.run(() => {
        const task = Promise.withResolvers<string>();
        running.push(task);
        return task.promise;
      }),
  };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));
const BUSY = { code: "temporarily_unavailable", retryAfterSeconds: 5, status: 503 };

describe("the hashing queue", () => {
  it("runs no more at once than it may, and the others in their order", async () => {
    const { begin, running } = newQueue({ atOnce: 2, waiting: 10 });
    const ended: number[] = [];
    const all = Array.from({ length: 5 }, (_, i) => begin().then(() => ended.push(i)));
    for (let done = 0; done < 5; done += 1) {
      await settled();
      expect(running).toHaveLength(Math.min(done + 2, 5));
      running[done]!.resolve("done");
    }
    await Promise.all(all);
    expect(ended).toEqual([0, 1, 2, 3, 4]);
  });

  it("refuses at once what would have to wait behind too many, and takes more when there is room", async () => {
    const { begin, running } = newQueue({ atOnce: 1, waiting: 2 });
    const taken = [begin(), begin(), begin()];
    await expect(begin()).rejects.toMatchObject(BUSY);
    await settled();
    expect(running).toHaveLength(1);
    running[0]!.resolve("first");
    await settled();
    const later = begin();
    for (const i of [1, 2, 3]) {
      await settled();
      running[i]!.resolve("later");
    }
    expect(await Promise.all([...taken, later])).toEqual(["first", "later", "later", "later"]);
  });

  it("does not begin what has waited for too long: no one waits for its answer any more", async () => {
    const { begin, running, pass } = newQueue({ atOnce: 1, waiting: 10 });
    const first = begin();
    const late = expect(begin()).rejects.toMatchObject(BUSY);
    pass(4000);
    const inTime = begin();
    pass(1001);
    await settled();
    running[0]!.resolve("first");
    await late;
    await settled();
    expect(running).toHaveLength(2);
    running[1]!.resolve("in time");
    expect(await Promise.all([first, inTime])).toEqual(["first", "in time"]);
  });

  it("goes on after a task that failed", async () => {
    const { begin, running } = newQueue({ atOnce: 1, waiting: 10 });
    const failing = expect(begin()).rejects.toThrow("out of memory");
    const next = begin();
    await settled();
    running[0]!.reject(new Error("out of memory"));
    await failing;
    await settled();
    running[1]!.resolve("next");
    expect(await next).toBe("next");
  });
});
