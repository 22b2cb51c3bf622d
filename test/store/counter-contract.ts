import { beforeEach, describe, expect, test } from "vitest";
import type { Count, Counters } from "../../src/store/counters.ts";
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

    test("what is forgotten begins again", async () => {
      await take([count("a")], START);
      await take([count("a")], START);
      expect(await take([count("a")], START)).toBe(10);
      await counters.forget("a");
      await counters.forget("unknown");
      expect(await take([count("a")], START)).toBe(0);
      expect(await take([count("a")], START)).toBe(0);
    });

    test("what is marked is not counted, for as long as it is marked", async () => {
      const unlessKnown: Count = { ...count("a", 1), unless: "known" };
      expect(await take([unlessKnown], START)).toBe(0);
      expect(await take([unlessKnown], START)).toBe(10);
      await counters.mark("known", 5, START);
      expect(await take([unlessKnown], START)).toBe(0);
      expect(await take([count("b"), unlessKnown], START + 5 * SECOND - 1)).toBe(0);
      expect(await take([unlessKnown], START + 5 * SECOND)).toBe(5);
      expect(await take([count("a", 1)], START)).toBe(10);
    });

    test("it is said what was counted: the rest cannot be given back", async () => {
      await counters.mark("known", 5, START);
      const counts = [count("a"), { ...count("b"), unless: "known" }];
      expect(await counters.take(counts, START)).toEqual({ waitSeconds: 0, counted: ["a"] });
      await counters.take([count("full", 1)], START);
      expect(await counters.take([count("a"), count("full", 1)], START)).toEqual({
        waitSeconds: 10,
        counted: [],
      });
    });

    test("a mark that is made again holds from then on", async () => {
      await take([count("a", 1)], START);
      await counters.mark("known", 5, START);
      await counters.mark("known", 5, START + 4 * SECOND);
      expect(await take([{ ...count("a", 1), unless: "known" }], START + 8 * SECOND)).toBe(0);
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
  });
}
