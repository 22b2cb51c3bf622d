import type { Clock } from "./clock.ts";

/** This process's clock, put right by another one that all instances ask. */
export type FollowedClock = {
  readonly now: Clock;
  /**
   * Takes note of what the other clock said.
   * @param theirs their time, epoch milliseconds
   * @param askedAt and answeredAt: when it was asked for and when it came, by this process's clock
   * @returns whether the answer said enough
   */
  compare(theirs: number, askedAt: number, answeredAt: number): boolean;
};

/** An answer that took longer says little about the time. */
const LONGEST_ANSWER_MS = 500;

/**
 * Follows another clock. What one instance writes with its time, another one holds against its own: with clocks half a
 * minute apart, a code would end half a minute early, and a repeated refresh pass for theft.
 */
export function followClock(ours: Clock): FollowedClock {
  let ahead = 0;
  return {
    now: () => ours() - ahead,
    compare(theirs, askedAt, answeredAt) {
      const took = answeredAt - askedAt;
      if (took > LONGEST_ANSWER_MS) return false;
      const measured = (askedAt + answeredAt) / 2 - theirs;
      // They said it somewhere in between. What lies within that is no difference, and time should not tremble.
      if (Math.abs(measured - ahead) > took / 2 + 1) ahead = Math.round(measured);
      return true;
    },
  };
}
