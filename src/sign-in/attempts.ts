import { OAuthError } from "../core/errors.ts";
import { networkOf } from "../platform/addresses.ts";
import type { Clock } from "../platform/clock.ts";
import type { Keyring } from "../platform/secrets/keyring.ts";
import { foldUsername } from "../platform/secrets/username-mark.ts";
import type { Counters } from "../store/counters.ts";

/** Slows down wrong passwords, per username and per address, without locking the person out from elsewhere. */
export type Attempts = {
  /**
   * Counts an attempt before it is made, so that a thousand at once are no way around.
   * @throws OAuthError `slow_down` with `retryAfterSeconds` where this username or address must wait.
   */
  begin(username: string, address: string | undefined): Promise<Attempt>;
};

export type Attempt = {
  /** The password was right: this one does not count, nor do the earlier ones from here. */
  succeeded(): Promise<void>;
  /** Nobody could say whether it was right: this one does not count. */
  undecided(): Promise<void>;
};

export type AttemptsDeps = {
  readonly counters: Counters;
  readonly keyring: Pick<Keyring, "mac">;
  readonly clock: Clock;
};

const QUARTER_HOUR_SECONDS = 15 * 60;

/**
 * Three counts: for a username from one network, which is what a person runs into; for a network, which is one
 * machine trying many names; and for a username from everywhere, which is a botnet trying one. The last one does not
 * hold for networks from which this username has signed in, so that nobody is locked out of home.
 */
const LIMITS = {
  usernameFromNetwork: { limit: 10, seconds: QUARTER_HOUR_SECONDS },
  network: { limit: 200, seconds: QUARTER_HOUR_SECONDS },
  username: { limit: 100, seconds: 60 * 60 },
} as const;

const FAMILIAR_SECONDS = 90 * 24 * 60 * 60;

export function createAttempts({ counters, keyring, clock }: AttemptsDeps): Attempts {
  /** People type passwords for usernames, and addresses are theirs: nobody who reads the counts learns either. */
  const keyOf = (...parts: readonly string[]) => keyring.mac("counter-key", JSON.stringify(parts));

  return {
    async begin(username, address) {
      const name = foldUsername(username);
      const network = networkOf(address);
      const pair = keyOf("pair", name, network);
      const familiar = keyOf("familiar", name, network);
      // A refused attempt counts nowhere: else one network's thousand names would each have a count of its own.
      const { waitSeconds, counted } = await counters.take(
        [
          { key: pair, ...LIMITS.usernameFromNetwork },
          ...(address === undefined ? [] : [{ key: keyOf("network", network), ...LIMITS.network }]),
          { key: keyOf("name", name), ...LIMITS.username, unless: familiar },
        ],
        clock(),
      );
      if (waitSeconds > 0) throw slowDown(waitSeconds);
      return {
        undecided: () => counters.giveBack(counted, clock()),
        async succeeded() {
          const others = counted.filter((key) => key !== pair);
          await Promise.all([
            counters.giveBack(others, clock()),
            counters.forget(pair),
            counters.mark(familiar, FAMILIAR_SECONDS, clock()),
          ]);
        },
      };
    },
  };
}

function slowDown(seconds: number): OAuthError {
  const minutes = Math.ceil(seconds / 60);
  return new OAuthError(
    "slow_down",
    `Too many wrong passwords. Try again in ${minutes === 1 ? "a minute" : `${minutes} minutes`}.`,
    { retryAfterSeconds: seconds },
  );
}
