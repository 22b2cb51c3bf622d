import { OAuthError } from "../../core/errors.ts";
import { strangersNetwork } from "../../platform/addresses.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Counters } from "../../store/counters.ts";
import { secondsUntil } from "../../store/counters.ts";
import type { Store } from "../../store/store.ts";
import { type Ceiling, takeShare } from "../ceilings.ts";

export type RegistrationLimits = {
  /** How many new registrations a minute are taken, by all instances together. */
  readonly newRegistrationsPerMinute?: number | undefined;
  /** How many clients that registered themselves may wait for somebody to approve them. */
  readonly unapprovedClients?: number | undefined;
};

export type RegistrationCeilings = {
  /**
   * Counts a registration from this address, and keeps it by `add`, which says whether it is new: one that is not has
   * cost nothing.
   * @throws OAuthError `slow_down` where there is no room for it.
   */
  admit(address: string | undefined, add: () => Promise<boolean>): Promise<boolean>;
};

const DEFAULTS = { newRegistrationsPerMinute: 3000, unapprovedClients: 10_000 };

/** Decision 0031. */
export function createRegistrationCeilings(
  parts: RegistrationLimits & {
    readonly counters: Counters;
    readonly store: Pick<Store, "trimUnapprovedClients">;
    readonly clock: Clock;
  },
): RegistrationCeilings {
  const { counters, clock } = parts;
  const perMinute = parts.newRegistrationsPerMinute ?? DEFAULTS.newRegistrationsPerMinute;
  const unapproved = parts.unapprovedClients ?? DEFAULTS.unapprovedClients;
  const room = createRoom(parts, unapproved);
  const ceilings: readonly Ceiling[] = [
    { key: "registrations", limit: perMinute, seconds: 60 },
    // Whoever fills the room shuts everybody out until the oldest may go.
    { key: "registrations of an hour", limit: unapproved, seconds: YOUNG_MS / 1000 },
  ];

  return {
    async admit(address, add) {
      const network = strangersNetwork(address);
      const counted: string[] = [];
      let isNew = false;
      try {
        for (const ceiling of ceilings) {
          const taken = await takeShare(ceiling, network, counters, clock());
          if (taken.waitSeconds > 0) throw tooManyRegistrations(taken.waitSeconds);
          counted.push(...taken.counted);
        }
        isNew = await room.admit(add);
      } finally {
        if (!isNew) await counters.giveBack(counted, clock());
      }
      return isNew;
    },
  };
}

/** Nobody loses a registration that is younger: a person may be about to approve it. */
const YOUNG_MS = 60 * 60 * 1000;
/** A flood that is refused anyway asks the database no more often than this. */
const ASK_AGAIN_MS = 1000;

/**
 * Room among the clients that nobody has approved. The database counts them once for so many registrations, a hundredth
 * of the room; each instance may go beyond it by as many.
 */
function createRoom(
  { store, clock }: { readonly store: Pick<Store, "trimUnapprovedClients">; readonly clock: Clock },
  most: number,
): { admit<T>(add: () => Promise<T>): Promise<T> } {
  const together = Math.max(1, Math.floor(most / 100));
  let left = 0;
  let underway = 0;
  let full = { until: 0, askAgainAt: 0 };
  let making: Promise<void> | undefined;

  const makeRoom = async (): Promise<void> => {
    const now = clock();
    if (now < full.askAgainAt) return;
    const { count, oldestAt } = await store.trimUnapprovedClients(most - together, now - YOUNG_MS);
    left = Math.min(together, most - count - underway);
    const until = (oldestAt ?? now) + YOUNG_MS;
    full = { until, askAgainAt: left > 0 ? 0 : Math.max(now + 1, Math.min(until, now + ASK_AGAIN_MS)) };
  };

  return {
    async admit(add) {
      while (left <= 0) {
        making ??= makeRoom().finally(() => {
          making = undefined;
        });
        await making;
        if (left <= 0 && clock() < full.askAgainAt)
          throw tooManyRegistrations(secondsUntil(full.until, clock()));
      }
      left -= 1;
      underway += 1;
      try {
        return await add();
      } finally {
        underway -= 1;
      }
    },
  };
}

function tooManyRegistrations(waitSeconds: number): OAuthError {
  return new OAuthError("slow_down", "Too many new clients are registering. Try again later.", {
    retryAfterSeconds: waitSeconds,
    detail: "the limit for new registrations is reached",
  });
}
