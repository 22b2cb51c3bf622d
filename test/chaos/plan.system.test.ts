import { expect, it } from "vitest";
import { FAULT_KINDS, type Fault, type PlanOptions, planFaults } from "./plan.ts";
import { seededRandom } from "./random.ts";

const MINUTE: PlanOptions = { milliseconds: 60_000, clocksAheadSeconds: [0, 30, -30] };
const MANY_SEEDS = Array.from({ length: 1000 }, (_, seed) => seed);

it("the same seed gives the same plan, another seed another one", () => {
  const plan = planFaults(seededRandom(7), MINUTE);
  expect(planFaults(seededRandom(7), MINUTE)).toEqual(plan);
  expect(planFaults(seededRandom(8), MINUTE)).not.toEqual(plan);
});

it.each([12, 60])("in %i seconds everything goes wrong, whatever the seed", (seconds) => {
  for (const seed of MANY_SEEDS) {
    const plan = planFaults(seededRandom(seed), { ...MINUTE, milliseconds: seconds * 1000 }).flat();
    expect(new Set(plan.map(({ kind }) => kind))).toEqual(new Set(FAULT_KINDS));
  }
});

it("in any order, one kind as soon as another", () => {
  const firsts = MANY_SEEDS.flatMap((seed) =>
    planFaults(seededRandom(seed), MINUTE).map(([first]) => first?.kind),
  );
  expect(new Set(firsts)).toEqual(new Set(FAULT_KINDS));
});

it("in a minute, every instance dies", () => {
  const plan = planFaults(seededRandom(1), MINUTE).flat();
  expect(instancesOf("kill instance", plan)).toEqual(new Set([0, 1, 2]));
  expect(instancesOf("end instance", plan)).toEqual(new Set([0, 1, 2]));
});

it.each([12, 60])(
  "in %i seconds every fault is over, and before the next one of its track begins",
  (seconds) => {
    const milliseconds = seconds * 1000;
    for (const seed of MANY_SEEDS) {
      for (const track of planFaults(seededRandom(seed), { ...MINUTE, milliseconds })) {
        for (const [index, { at, lasts }] of track.entries()) {
          expect(at + lasts).toBeLessThanOrEqual(milliseconds);
          expect(at + lasts).toBeLessThan(track[index + 1]?.at ?? Number.POSITIVE_INFINITY);
        }
      }
    }
  },
);

it("a clock is set to another time than it shows, and is never off by more than half a minute", () => {
  for (const seed of MANY_SEEDS) {
    const clocks = [...MINUTE.clocksAheadSeconds];
    for (const fault of planFaults(seededRandom(seed), MINUTE).flat()) {
      if (fault.kind !== "shift clock") continue;
      expect(fault.aheadSeconds).not.toBe(clocks[fault.instance]);
      expect(Math.abs(fault.aheadSeconds)).toBeLessThanOrEqual(30);
      clocks[fault.instance] = fault.aheadSeconds;
    }
  }
});

it("a branch draws what it would draw alone, whatever the others draw", () => {
  const [one, other] = [seededRandom(5), seededRandom(5)];
  other.fraction();
  expect(one.branch("device").fraction()).toBe(other.branch("device").fraction());
  expect(one.branch("device").fraction()).not.toBe(one.branch("person").fraction());
});

function instancesOf(kind: Fault["kind"], plan: readonly Fault[]): ReadonlySet<number> {
  return new Set(plan.flatMap((fault) => (fault.kind === kind && "instance" in fault ? fault.instance : [])));
}
