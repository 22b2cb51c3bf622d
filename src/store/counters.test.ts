import { expect, test } from "vitest";
import { counterContract } from "../../test/support/store/counter-contract.ts";
import { memoryCounters } from "./counters.ts";

counterContract("in memory", async (count) => {
  const counters = memoryCounters();
  return Array.from({ length: count }, () => counters);
});

test("the most recently used are kept where there are too many", async () => {
  const counters = memoryCounters();
  const take = async (key: string) => (await counters.take([{ key, limit: 1, seconds: 10 }], 0)).waitSeconds;
  await take("first");
  for (let others = 0; others < 50_000; others += 1) await take(String(others));
  expect(await take("49999")).toBe(10);
  expect(await take("first")).toBe(0);
});
