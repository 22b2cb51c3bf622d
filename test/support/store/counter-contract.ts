import { beforeEach, describe, expect, test } from "vitest";
import type { Count, Counters } from "../../../src/store/counters.ts";
import { SECOND, START } from "./samples.ts";

/** How both kinds of counters count. `open` makes empty ones: as many as asked for, that count together. */
export function counterContract(name: string, open: (count: number) => Promise<readonly Counters[]>): void {
  describe(`counters ${name}`, () => {
    let counters: Counters;
    beforeEach(async () => {
      [counters = counters] = await open(1);
    });

    const take = async (counts: readonly Count[], now: number) =>
      (await counters.take(counts, now)).waitSeconds;
    const count = (key: string, limit = 2, seconds = 10): Count => ({ key, limit, seconds });

    test("there is room up to the limit, and then after as many seconds as are said", async () => {
      expect(await take([count("a")], START)).toBe(0);
      expect(await take([count("a")], START + 4 * SECOND)).toBe(0);
      expect(await take([count("a")], START + 4 * SECOND)).toBe(6);
      expect(await take([count("b")], START + 4 * SECOND)).toBe(0);
      expect(await take([count("a")], START + 10 * SECOND - 1)).toBe(1);
      expect(await take([count("a")], START + 10 * SECOND)).toBe(0);
    });

    test("a window ends by its beginning, not by its last count", async () => {
      for (const seconds of [0, 9, 10, 19]) {
        expect(await take([count("a")], START + seconds * SECOND)).toBe(0);
      }
      expect(await take([count("a")], START + 19 * SECOND)).toBe(1);
    });

    test("where one of several is full, none is counted", async () => {
      await take([count("full", 1)], START);
      for (let times = 0; times < 5; times += 1) {
        expect(await take([count("a"), count("full", 1)], START)).toBe(10);
      }
      expect(await take([count("a")], START)).toBe(0);
      expect(await take([count("a")], START)).toBe(0);
      expect(await take([count("a")], START)).toBe(10);
    });

    test("where several are full, the longest wait is said", async () => {
      await take([count("short", 1, 10), count("long", 1, 100)], START);
      expect(await take([count("short", 1, 10), count("long", 1, 100)], START)).toBe(100);
    });

    test("what is given back leaves room, and never more than there was", async () => {
      await take([count("a", 1), count("b", 1)], START);
      await counters.giveBack(["a", "a", "b", "unknown"], START);
      await counters.giveBack(["a"], START);
      await counters.giveBack([], START);
      expect(await take([count("a", 1), count("b", 1)], START)).toBe(0);
      expect(await take([count("a", 1)], START)).toBe(10);
    });

    test("what is given back late is not taken from the next window", async () => {
      await take([count("a", 1)], START);
      await counters.giveBack(["a"], START + 10 * SECOND);
      expect(await take([count("a", 1)], START + 10 * SECOND)).toBe(0);
      expect(await take([count("a", 1)], START + 10 * SECOND)).toBe(10);
    });

    test("what is forgiven is a part of what was counted, and the part begins again", async () => {
      const whole = count("whole", 5);
      for (const part of ["mine", "theirs", "mine", "theirs", "theirs"]) {
        expect(await take([whole, count(part, 9)], START)).toBe(0);
      }
      expect(await take([whole], START)).toBe(10);
      await counters.forgive("whole", "mine", START);
      await counters.forgive("whole", "mine", START);
      expect(await take([whole], START)).toBe(0);
      expect(await take([whole], START)).toBe(0);
      expect(await take([whole], START)).toBe(10);
      for (let times = 0; times < 9; times += 1) expect(await take([count("mine", 9)], START)).toBe(0);
      expect(await take([count("mine", 9)], START)).toBe(10);
    });

    test("more than was counted is not forgiven, nor what was never counted", async () => {
      const whole = count("whole", 2);
      await take([whole], START);
      for (let times = 0; times < 5; times += 1) await take([count("part", 9)], START);
      await counters.forgive("whole", "part", START);
      await counters.forgive("whole", "unknown", START);
      await counters.forgive("unknown", "part", START);
      expect(await take([whole], START)).toBe(0);
      expect(await take([whole], START)).toBe(0);
      expect(await take([whole], START)).toBe(10);
    });

    test("what is forgiven late comes of no window that has ended, and goes into none", async () => {
      const later = START + 10 * SECOND;
      await take([count("whole"), count("part")], START);
      await take([count("whole")], later);
      await counters.forgive("whole", "part", later);
      expect(await take([count("whole")], later)).toBe(0);
      expect(await take([count("whole")], later)).toBe(10);
      await take([count("ended", 1)], START);
      await take([count("recent")], later);
      await counters.forgive("ended", "recent", later);
      expect(await take([count("ended", 1)], later)).toBe(0);
      expect(await take([count("ended", 1)], later)).toBe(10);
    });

    test("it is said what was counted: the rest cannot be given back", async () => {
      const counts = [count("a"), count("b")];
      expect(await counters.take(counts, START)).toEqual({ waitSeconds: 0, counted: ["a", "b"] });
      await counters.take([count("full", 1)], START);
      expect(await counters.take([count("a"), count("full", 1)], START)).toEqual({
        waitSeconds: 10,
        counted: [],
      });
    });

    test("many at once are no way around", async () => {
      const instances = await open(3);
      const taken = await Promise.all(
        Array.from({ length: 60 }, (_, index) =>
          instances[index % instances.length]?.take([count(`own ${index}`), count("all", 20)], START),
        ),
      );
      const passed = taken.filter((each) => each?.waitSeconds === 0);
      expect(passed).toHaveLength(20);
      for (const each of passed) expect(each?.counted).toHaveLength(2);
      expect(taken).toContainEqual({ waitSeconds: 10, counted: [] });
    });

    test("many that are forgiven at once give back no more than was counted", async () => {
      const instances = await open(3);
      const counts = [count("whole", 6), count("part", 9)];
      for (let times = 0; times < 3; times += 1) await instances[0]?.take(counts, START);
      for (let times = 0; times < 3; times += 1) await instances[0]?.take([count("whole", 6)], START);
      await Promise.all(
        Array.from({ length: 30 }, (_, index) =>
          instances[index % instances.length]?.forgive("whole", "part", START),
        ),
      );
      const taken = await Promise.all(
        Array.from({ length: 6 }, () => instances[1]?.take([count("whole", 6)], START)),
      );
      expect(taken.filter((each) => each?.waitSeconds === 0)).toHaveLength(3);
    });
  });
}
