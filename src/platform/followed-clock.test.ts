import { expect, test } from "vitest";
import { followClock } from "./followed-clock.ts";

const THEIRS = Date.UTC(2026, 10, 1);

test.each([30_000, -30_000, 86_400_000])("a clock that is %i milliseconds ahead is put right", (ahead) => {
  const clock = followClock(() => THEIRS + ahead);
  expect(clock.compare(THEIRS, THEIRS + ahead - 2, THEIRS + ahead + 2)).toBe(true);
  expect(clock.now()).toBe(THEIRS);
});

test("until it has compared, it is ours", () => {
  expect(followClock(() => THEIRS).now()).toBe(THEIRS);
});

test("a clock that is right stays as it is, however long the answers take", () => {
  const clock = followClock(() => THEIRS);
  for (const [asked, answered] of [
    [0, 10],
    [-400, 0],
    [0, 499],
    [-1, 1],
  ] as const) {
    clock.compare(THEIRS, THEIRS + asked, THEIRS + answered);
  }
  expect(clock.now()).toBe(THEIRS);
});

test("an answer that took long says nothing", () => {
  const clock = followClock(() => THEIRS);
  expect(clock.compare(THEIRS - 60_000, THEIRS, THEIRS + 501)).toBe(false);
  expect(clock.now()).toBe(THEIRS);
});

test("a clock that stood still, or another database that is asked, is followed at the next answer", () => {
  let ours = THEIRS;
  const clock = followClock(() => ours);
  clock.compare(THEIRS, ours - 1, ours + 1);
  ours -= 45_000;
  clock.compare(THEIRS, ours - 1, ours + 1);
  expect(clock.now()).toBe(THEIRS);
});
