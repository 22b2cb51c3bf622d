import type { OAuthError } from "../../../core/errors.ts";
import { PageError } from "../../../pages/page-error.ts";
import type { Clock } from "../../../platform/clock.ts";
import type { Keyring } from "../../../platform/secrets/keyring.ts";
import type { Count, Counters } from "../../../store/counters.ts";
import { networksOf } from "./networks.ts";

/** What is guessed at: six digits, or a recovery code, which is too long to guess. */
export type GuessedCode = "code" | "recovery_code";

/** Slows down the guessing of second factors by {@link CODE_LIMITS}. */
export type CodeAttempts = {
  /**
   * Counts an attempt before it is made, so that a thousand at once are no way around.
   * @throws OAuthError `slow_down` with `retryAfterSeconds` where this person or network must wait
   */
  begin(of: GuessedCode, personId: string, address: string | undefined): Promise<CodeAttempt>;
};

export type CodeAttempt = {
  /** It was right, so this one does not count. Earlier wrong ones still do, or each sign-in of the person would give a guesser new tries. */
  succeeded(): Promise<void>;
};

type CodeLimit = {
  readonly of: GuessedCode;
  /** Each person has a count of their own, or all of them share one. */
  readonly people: "each" | "all";
  readonly from: "host" | "block" | "everywhere";
  readonly limit: number;
  readonly seconds: number;
};

const QUARTER_HOUR_SECONDS = 15 * 60;
const DAY_SECONDS = 24 * 60 * 60;

/**
 * Three of a million codes are right at a time, and only someone who has the password can guess. So unlike for passwords, a person's
 * codes have limits that hold everywhere: 50 a day leave a guesser one chance in twenty in a year. What they lock, a recovery code
 * opens: it has 80 random bits, and its limit is that of one network, so that a guesser elsewhere does not use it up.
 */
export const CODE_LIMITS: readonly CodeLimit[] = [
  { of: "code", people: "each", from: "everywhere", limit: 10, seconds: QUARTER_HOUR_SECONDS },
  { of: "code", people: "each", from: "everywhere", limit: 50, seconds: DAY_SECONDS },
  // Many people whose passwords have leaked, a few codes each.
  { of: "code", people: "all", from: "host", limit: 200, seconds: QUARTER_HOUR_SECONDS },
  { of: "code", people: "all", from: "block", limit: 800, seconds: QUARTER_HOUR_SECONDS },
  { of: "recovery_code", people: "each", from: "host", limit: 10, seconds: QUARTER_HOUR_SECONDS },
  { of: "recovery_code", people: "all", from: "host", limit: 200, seconds: QUARTER_HOUR_SECONDS },
];

export function createCodeAttempts({
  counters,
  keyring,
  clock,
}: {
  readonly counters: Counters;
  readonly keyring: Pick<Keyring, "mac">;
  readonly clock: Clock;
}): CodeAttempts {
  return {
    async begin(of, personId, address) {
      const networks = { ...networksOf(address), everywhere: "everywhere" };
      const counts = CODE_LIMITS.filter((limit) => limit.of === of).flatMap((limit): Count[] => {
        if (limit.people === "all" && address === undefined) return [];
        const whose = limit.people === "each" ? personId : "";
        const parts = ["second factor", of, limit.people, whose, limit.from, networks[limit.from]];
        const key = keyring.mac("counter-key", JSON.stringify([...parts, limit.seconds]));
        return [{ key, limit: limit.limit, seconds: limit.seconds }];
      });
      const { waitSeconds, counted } = await counters.take(counts, clock());
      if (waitSeconds > 0) throw slowDown(of, waitSeconds);
      return { succeeded: () => counters.giveBack(counted, clock()) };
    },
  };
}

function slowDown(of: GuessedCode, seconds: number): OAuthError {
  const minutes = Math.ceil(seconds / 60);
  return new PageError(
    "slow_down",
    ({ totp: { problems } }) =>
      of === "code" ? problems.tooManyCodes(minutes) : problems.tooManyRecoveryCodes(minutes),
    { retryAfterSeconds: seconds },
  );
}
