import { afterEach, expect, test, vi } from "vitest";
import { createRevocationLease } from "./revocation-lease.ts";

function leaseUnderAClock(staleSeconds: number) {
  let now = 1_000_000;
  const lease = createRevocationLease(staleSeconds, () => now);
  return {
    ...lease,
    now: () => now,
    pass(seconds: number) {
      now += seconds * 1000;
    },
  };
}

test("nothing counts before anything was heard", () => {
  expect(leaseUnderAClock(30).holds()).toBe(false);
});

test("what was verified counts for staleSeconds after the last word, and not longer", () => {
  const lease = leaseUnderAClock(30);
  lease.renewedUntil(lease.now());
  lease.pass(29.999);
  expect(lease.holds()).toBe(true);
  lease.pass(0.001);
  expect(lease.holds()).toBe(false);
});

test("the time counts from when the word was asked for, not from when it came", () => {
  const lease = leaseUnderAClock(2);
  const asked = lease.now();
  lease.pass(1.5);
  lease.renewedUntil(asked);
  lease.pass(0.5);
  expect(lease.holds()).toBe(false);
});

test("0 seconds: as long as words come, and for less than a second without any", () => {
  const lease = leaseUnderAClock(0);
  lease.renewedUntil(lease.now());
  expect(lease.holds()).toBe(true);
  lease.pass(0.8);
  expect(lease.holds()).toBe(true);
  lease.pass(0.2);
  expect(lease.holds()).toBe(false);
});

test("0 seconds: not at all once it is known that no word will come", () => {
  const lease = leaseUnderAClock(0);
  lease.renewedUntil(lease.now());
  lease.lost();
  expect(lease.holds()).toBe(false);
  lease.renewedUntil(lease.now());
  expect(lease.holds()).toBe(true);
});

test("losing it again and again makes it last no longer", () => {
  const lease = leaseUnderAClock(30);
  lease.renewedUntil(lease.now());
  lease.lost();
  lease.pass(20);
  lease.lost();
  lease.pass(10);
  expect(lease.holds()).toBe(false);
});

test("it is up to date for less than a second after a word, however long what was verified counts", () => {
  const lease = leaseUnderAClock(30);
  expect(lease.isUpToDate()).toBe(false);
  lease.renewedUntil(lease.now());
  lease.pass(0.8);
  expect(lease.isUpToDate()).toBe(true);
  lease.pass(0.2);
  expect(lease.isUpToDate()).toBe(false);
  lease.renewedUntil(lease.now());
  lease.lost();
  expect([lease.isUpToDate(), lease.holds()]).toEqual([false, true]);
});

afterEach(() => {
  vi.useRealTimers();
});

test("its end is told once each time, and not for a moment in which this process was too busy to hear", () => {
  vi.useFakeTimers();
  const lease = leaseUnderAClock(2);
  const lapsed = vi.fn();
  const stop = lease.whenLapsed(lapsed);
  const pass = (seconds: number) => {
    lease.pass(seconds);
    vi.advanceTimersByTime(seconds * 1000);
  };
  const hear = () => lease.renewedUntil(lease.now());
  pass(5);
  expect(lapsed, "before anything was verified").not.toHaveBeenCalled();
  hear();
  pass(1.9);
  hear();
  lease.pass(10);
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
