import { OWN_LIMIT } from "./guess-limits.ts";

/** The attempts of this process whose password is being checked, by a key each. */
export type InFlight = {
  /** What {@link InFlight.change} is to be told later; undefined where no attempt is in flight. */
  round(key: string): Round | undefined;
  began(key: string): void;
  /** @param isRight whether it has given back what it counted */
  ended(key: string, isRight: boolean): void;
  /**
   * Waits until one of the attempts has given back what it counted, or all have ended.
   * @param seen the round before the count was found full
   * @returns false where that can't happen, or enough wait for it
   */
  change(key: string, seen: Round | undefined): Promise<boolean>;
};

/** From one attempt that gives back to the next, or to the end of the last one. */
type Round = {
  running: number;
  waiting: number;
  readonly over: PromiseWithResolvers<void>;
};

/** A guesser's requests must not pile up behind a check that takes long. */
const MOST_WAITING = OWN_LIMIT.limit;

export function createInFlight(): InFlight {
  const rounds = new Map<string, Round>();
  const roundOf = (running: number): Round => ({ running, waiting: 0, over: Promise.withResolvers<void>() });

  return {
    round: (key) => rounds.get(key),
    began(key) {
      const round = rounds.get(key);
      if (round) round.running += 1;
      else rounds.set(key, roundOf(1));
    },
    ended(key, isRight) {
      const round = rounds.get(key);
      if (!round) return;
      round.running -= 1;
      if (!isRight && round.running > 0) return;
      if (round.running > 0) rounds.set(key, roundOf(round.running));
      else rounds.delete(key);
      round.over.resolve();
    },
    async change(key, seen) {
      const round = rounds.get(key);
      if (seen !== undefined && seen !== round) return true;
      if (!round || round.waiting >= MOST_WAITING) return false;
      round.waiting += 1;
      await round.over.promise;
      return true;
    },
  };
}
