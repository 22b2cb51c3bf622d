import { expect, it } from "vitest";
import { planFaults } from "./plan.ts";
import { seededRandom } from "./random.ts";

const OPTIONS = { milliseconds: 60_000, instances: 3 };

it("the same seed gives the same plan, another seed another one", () => {
  const plan = planFaults(seededRandom(7), OPTIONS);
  expect(planFaults(seededRandom(7), OPTIONS)).toEqual(plan);
  expect(planFaults(seededRandom(8), OPTIONS)).not.toEqual(plan);
});

it("in a minute, everything goes wrong, and every instance dies", () => {
  const plan = planFaults(seededRandom(1), OPTIONS);
  expect(new Set(plan.map(({ kind }) => kind))).toEqual(
    new Set(["end instance", "stop Postgres", "hang Postgres", "cut connections"]),
  );
  const ends = plan.filter((fault) => fault.kind === "end instance");
  expect(new Set(ends.map(({ instance }) => instance))).toEqual(new Set([0, 1, 2]));
  expect(new Set(ends.map(({ signal }) => signal))).toEqual(new Set(["SIGKILL", "SIGTERM"]));
});

it("every fault is over before the end, and none of the database's begins before the last one is over", () => {
  const plan = planFaults(seededRandom(3), OPTIONS);
  for (const { at, lasts } of plan) expect(at + lasts).toBeLessThanOrEqual(OPTIONS.milliseconds);
  const database = plan.filter(({ kind }) => kind !== "end instance");
  for (const [index, { at, lasts }] of database.entries()) {
    expect(at + lasts).toBeLessThan(database[index + 1]?.at ?? Number.POSITIVE_INFINITY);
  }
});

it("a branch draws what it would draw alone, whatever the others draw", () => {
  const [one, other] = [seededRandom(5), seededRandom(5)];
  other.fraction();
  expect(one.branch("device").fraction()).toBe(other.branch("device").fraction());
  expect(one.branch("device").fraction()).not.toBe(one.branch("person").fraction());
});
