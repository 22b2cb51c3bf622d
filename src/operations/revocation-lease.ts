import type { Clock } from "../platform/clock.ts";

/** Whether this process knows of every revocation, or did a short while ago. */
export type RevocationLease = {
  /** Asked for each guarded request: one comparison. */
  holds(): boolean;
  /** The same, whatever may be believed for how long: of what is older than a second, all is known. */
  isUpToDate(): boolean;
  /** What had been revoked by this time is known here. */
  renewedUntil(time: number): void;
  /** From now on, revocations may happen that are not heard of. */
  lost(): void;
  /** Calls back each time that what was verified has ceased to count. Returns the function that ends it. */
  whenLapsed(callback: () => void): () => void;
};

/** What was revoked elsewhere is refused here within a second, whatever fails. */
const PROMISED_MS = 1000;
/** From letting a request in to the last moment in which that could have been answered. */
const MARGIN_MS = 100;
/** It has lapsed where two looks in a row say so: this process may have been too busy to hear. */
const LOOK_MS = 250;
const LOOKS = 2;

/**
 * @param staleSeconds how long what was verified counts once nothing is heard any more.
 * @param clock milliseconds that only go forward. A machine's time of day may be set back, and a lapsed moment must not
 * come again.
 */
export function createRevocationLease(staleSeconds: number, clock: Clock): RevocationLease {
  const staleMs = staleSeconds * 1000;
  // Nothing was heard yet.
  let goodUntil = Number.NEGATIVE_INFINITY;
  let upToDateUntil = Number.NEGATIVE_INFINITY;
  const holds = () => clock() < goodUntil;
  return {
    holds,
    isUpToDate: () => clock() < upToDateUntil,
    renewedUntil(time) {
      upToDateUntil = time + PROMISED_MS - MARGIN_MS;
      goodUntil = Math.max(time + staleMs, upToDateUntil);
    },
    lost() {
      upToDateUntil = Math.min(upToDateUntil, clock());
      goodUntil = Math.min(goodUntil, clock() + staleMs);
    },
    whenLapsed(callback) {
      let looks = LOOKS;
      const look = () => {
        looks = holds() ? 0 : looks + 1;
        if (looks === LOOKS) callback();
      };
      const timer = setInterval(look, LOOK_MS).unref();
      return () => clearInterval(timer);
    },
  };
}
