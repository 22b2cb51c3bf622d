import type { Clock } from "../platform/clock.ts";

/** How many new registrations a minute the whole server takes. Known ones never count. */
export const NEW_REGISTRATIONS_PER_MINUTE = 3000;

/**
 * One bucket for everybody. Not one per address: hosted clients register for all of their users from few addresses,
 * and a limit there would shut out the many for the few.
 */
export type RegistrationCeiling = {
  /** Takes one and answers 0, or takes none and answers the seconds until there will be one. */
  take(): number;
  /** Gives one back: what was taken turned out to be known. */
  giveBack(): void;
};

export function createRegistrationCeiling(clock: Clock, perMinute: number): RegistrationCeiling {
  const perMillisecond = perMinute / 60_000;
  let room = perMinute;
  let filledAt = clock();
  return {
    take() {
      const now = clock();
      // A clock that was set back must not empty the bucket.
      room = Math.min(perMinute, room + Math.max(0, now - filledAt) * perMillisecond);
      filledAt = now;
      if (room < 1) return Math.max(1, Math.ceil((1 - room) / perMillisecond / 1000));
      room -= 1;
      return 0;
    },
    giveBack() {
      room = Math.min(perMinute, room + 1);
    },
  };
}
