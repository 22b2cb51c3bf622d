import type { OAuthError } from "../../../core/errors.ts";
import type { Person } from "../../../core/person.ts";
import { PageError } from "../../../pages/page-error.ts";
import type { Clock } from "../../../platform/clock.ts";
import type { Keyring } from "../../../platform/secrets/keyring.ts";
import type { Count, Counters, Taken } from "../../../store/counters.ts";
import type { Store } from "../../../store/store.ts";
import { foldedUsername } from "./folded-username.ts";
import { FAMILIAR_SECONDS, GUESS_LIMITS, type GuessLimit, ONE_A_MINUTE, OWN_LIMIT } from "./guess-limits.ts";
import { createInFlight } from "./in-flight.ts";
import { networksOf } from "./networks.ts";

/** Slows down the guessing of passwords by {@link GUESS_LIMITS}. */
export type Attempts = {
  /**
   * Counts an attempt before it is made, so that a thousand at once are no way around. Where only attempts that are still being
   * checked leave no room, it waits for them: right ones give theirs back.
   * @throws OAuthError `slow_down` with `retryAfterSeconds` where this username or network must wait.
   */
  begin(username: string, address: string | undefined): Promise<Attempt>;
};

export type Attempt = {
  /** The password was right: this one does not count, nor do earlier ones from here under exactly this username. */
  succeeded(person: Pick<Person, "id">): Promise<void>;
  /** It is over, whatever came of it. Called for each attempt, after {@link Attempt.succeeded} where the password was right. */
  ended(): void;
};

export type AttemptsParts = {
  readonly counters: Counters;
  readonly store: Pick<Store, "isFamiliarNetwork" | "rememberNetwork">;
  readonly keyring: Pick<Keyring, "mac">;
  readonly clock: Clock;
};

export function createAttempts({ counters, store, keyring, clock }: AttemptsParts): Attempts {
  const take = async ({ familiar, counts, oneAMinute }: Place): Promise<Taken> => {
    const everything = await counters.take(counts(GUESS_LIMITS), clock());
    if (everything.waitSeconds === 0) return everything;
    const isFamiliar = await store.isFamiliarNetwork(familiar.name, familiar.network, clock());
    const remaining = GUESS_LIMITS.filter(({ atHome }) => atHome || !isFamiliar);
    if (isFamiliar) {
      const atHome = await counters.take(counts(remaining), clock());
      if (atHome.waitSeconds === 0) return atHome;
    }
    const strict = remaining.filter(({ beyond }) => beyond === "wait");
    return counters.take([...counts(strict), oneAMinute], clock());
  };

  const inFlight = createInFlight();

  /** Counts one, at once or after those in flight. */
  const takeInTurn = async (place: Place): Promise<readonly string[]> => {
    for (;;) {
      const round = inFlight.round(place.own);
      const { waitSeconds, counted } = await take(place);
      if (waitSeconds === 0) {
        inFlight.began(place.own);
        return counted;
      }
      if (!(await inFlight.change(place.own, round))) throw slowDown(waitSeconds);
    }
  };

  const giveBack = async (
    { familiar, own, typed, keyOf }: Place,
    counted: readonly string[],
    id: string,
  ): Promise<void> => {
    const now = clock();
    const until = now + FAMILIAR_SECONDS * 1000;
    // Under one name there may be several people whom their passwords tell apart: the one who was there first
    // is the one who was guessed at.
    const isTheirs = await store.rememberNetwork({ ...familiar, person: keyOf("person", id), until }, now);
    if (!isTheirs) return counters.giveBack(counted, now);
    await counters.giveBack(
      counted.filter((key) => key !== own && key !== typed),
      now,
    );
    await counters.forgive(own, typed, now);
  };

  return {
    async begin(username, address) {
      const place = placeOf(username, address, keyring);
      const counted = await takeInTurn(place);
      let isRight = false;
      return {
        async succeeded({ id }) {
          await giveBack(place, counted, id);
          isRight = true;
        },
        ended: () => inFlight.ended(place.own, isRight),
      };
    },
  };
}

/** A username at an address, as the keys of what is counted and kept about it. */
type Place = {
  readonly familiar: { readonly name: string; readonly network: string };
  /** The counts of these limits, and how often the name was typed in exactly this way. */
  readonly counts: (limits: readonly GuessLimit[]) => readonly Count[];
  readonly oneAMinute: Count;
  /** The key of {@link OWN_LIMIT}. */
  readonly own: string;
  /** The key of the part of it that was typed in exactly this way. */
  readonly typed: string;
  readonly keyOf: (...parts: readonly string[]) => string;
};

/** No limit of its own: what a success takes back. */
const UNLIMITED = Number.MAX_SAFE_INTEGER;

function placeOf(username: string, address: string | undefined, keyring: AttemptsParts["keyring"]): Place {
  // People type passwords for usernames, and addresses are theirs: reading the counts must reveal neither.
  const keyOf = (...parts: readonly string[]) => keyring.mac("counter-key", JSON.stringify(parts));
  const folded = foldedUsername(username);
  const networks = { ...networksOf(address), everywhere: "everywhere" };
  const keyFor = ({ names, from, seconds }: GuessLimit, network: string) =>
    keyOf(names, names === "each" ? folded : "", from, network, String(seconds));
  const typed = keyOf("typed", username, networks.host);
  return {
    familiar: {
      name: keyOf("familiar name", username),
      network: keyOf("familiar network", networks.host),
    },
    counts: (limits) => [
      ...limits.flatMap((limit) => {
        const network = networks[limit.from];
        if (limit.names === "all" && address === undefined) return [];
        return [{ key: keyFor(limit, network), limit: limit.limit, seconds: limit.seconds }];
      }),
      { key: typed, limit: UNLIMITED, seconds: OWN_LIMIT.seconds },
    ],
    oneAMinute: { key: keyOf("one a minute", folded, networks.block), ...ONE_A_MINUTE },
    own: keyFor(OWN_LIMIT, networks.host),
    typed,
    keyOf,
  };
}

function slowDown(seconds: number): OAuthError {
  const minutes = Math.ceil(seconds / 60);
  return new PageError("slow_down", ({ login }) => login.problems.tooManyPasswords(minutes), {
    retryAfterSeconds: seconds,
  });
}
