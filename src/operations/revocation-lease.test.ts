import { afterEach, expect, test, vi } from "vitest";
import { createRevocationLease } from "./revocation-lease.ts";

function hearingUnderAClock(staleSeconds: number) {
  let now = 1_000_000;
  const hearing = createRevocationLease(staleSeconds, () => now);
  return {
    ...hearing,
    now: () => now,
    pass(seconds: number) {
      now += seconds * 1000;
    },
  };
}

test("nothing counts before anything was heard", () => {
  expect(hearingUnderAClock(30).holds()).toBe(false);
});

test("what was verified counts for staleSeconds after the last word, and not longer", () => {
  const hearing = hearingUnderAClock(30);
  hearing.renewedUntil(hearing.now());
  hearing.pass(29.999);
  expect(hearing.holds()).toBe(true);
  hearing.pass(0.001);
  expect(hearing.holds()).toBe(false);
});

test("the time counts from when the word was asked for, not from when it came", () => {
  const hearing = hearingUnderAClock(2);
  const asked = hearing.now();
  hearing.pass(1.5);
  hearing.renewedUntil(asked);
  hearing.pass(0.5);
  expect(hearing.holds()).toBe(false);
});

test("0 seconds: as long as words come, and for less than a second without any", () => {
  const hearing = hearingUnderAClock(0);
  hearing.renewedUntil(hearing.now());
  expect(hearing.holds()).toBe(true);
  hearing.pass(0.8);
  expect(hearing.holds()).toBe(true);
  hearing.pass(0.2);
  expect(hearing.holds()).toBe(false);
});

test("0 seconds: not at all once it is known that no word will come", () => {
  const hearing = hearingUnderAClock(0);
  hearing.renewedUntil(hearing.now());
  hearing.lost();
  expect(hearing.holds()).toBe(false);
  hearing.renewedUntil(hearing.now());
  expect(hearing.holds()).toBe(true);
});

test("losing it again and again makes it last no longer", () => {
  const hearing = hearingUnderAClock(30);
  hearing.renewedUntil(hearing.now());
  hearing.lost();
  hearing.pass(20);
  hearing.lost();
  hearing.pass(10);
  expect(hearing.holds()).toBe(false);
});

test("it is up to date for less than a second after a word, however long what was verified counts", () => {
  const hearing = hearingUnderAClock(30);
  expect(hearing.isUpToDate()).toBe(false);
  hearing.renewedUntil(hearing.now());
  hearing.pass(0.8);
  expect(hearing.isUpToDate()).toBe(true);
  hearing.pass(0.2);
  expect(hearing.isUpToDate()).toBe(false);
  hearing.renewedUntil(hearing.now());
  hearing.lost();
  expect([hearing.isUpToDate(), hearing.holds()]).toEqual([false, true]);
});

afterEach(() => {
  vi.useRealTimers();
});

test("its end is told once each time, and not for a moment in which this process was too busy to hear", () => {
  vi.useFakeTimers();
  const hearing = hearingUnderAClock(2);
  const lapsed = vi.fn();
  const stop = hearing.whenLapsed(lapsed);
  const pass = (seconds: number) => {
    hearing.pass(seconds);
    vi.advanceTimersByTime(seconds * 1000);
  };
  const hear = () => hearing.renewedUntil(hearing.now());
  pass(5);
  expect(lapsed, "before anything was verified").not.toHaveBeenCalled();
  hear();
  pass(1.9);
  hear();
  hearing.pass(10);
  vi.advanceTimersByTime(250);
  hear();
  pass(1.9);
  expect(lapsed).not.toHaveBeenCalled();
  pass(10);
  expect(lapsed).toHaveBeenCalledTimes(1);
  hear();
  pass(1);
  pass(3);
  expect(lapsed).toHaveBeenCalledTimes(2);
  stop();
  expect(vi.getTimerCount()).toBe(0);
});
