/** One count of sign-in attempts: whose, from where, how many, and what happens beyond them. */
export type GuessLimit = {
  /** Each username has a count of its own, or all of them share one. */
  readonly names: "each" | "all";
  readonly from: "host" | "site" | "block" | "everywhere";
  readonly limit: number;
  readonly seconds: number;
  /** `wait`: nothing until the time is over. `one_a_minute`: the block has one check a minute for this username. */
  readonly beyond: "wait" | "one_a_minute";
  /** Whether it also holds where this username has signed in before. */
  readonly atHome: boolean;
};

const QUARTER_HOUR_SECONDS = 15 * 60;
const HOUR_SECONDS = 60 * 60;

/** The limit that a person meets who mistypes. The right password starts it again. */
export const OWN_LIMIT: GuessLimit = {
  names: "each",
  from: "host",
  limit: 10,
  seconds: QUARTER_HOUR_SECONDS,
  beyond: "wait",
  atHome: true,
};

/**
 * `host` is an IPv4 address or a /64, `site` a /56, `block` a /24 or a /48. A guesser elsewhere
 * costs a person who types the right password a minute at most (decision 0030).
 */
export const GUESS_LIMITS: readonly GuessLimit[] = [
  OWN_LIMIT,
  // The same rate, and nothing starts it again: a guesser whose own sign-ins start the one above gains nothing.
  { names: "each", from: "host", limit: 40, seconds: HOUR_SECONDS, beyond: "one_a_minute", atHome: true },
  // One customer with 256 hosts: slowed before the neighbours in its block are.
  { names: "each", from: "site", limit: 40, seconds: HOUR_SECONDS, beyond: "one_a_minute", atHome: false },
  // Less than the limit for everywhere, so that no block uses that up alone.
  { names: "each", from: "block", limit: 60, seconds: HOUR_SECONDS, beyond: "one_a_minute", atHome: false },
  // Many networks that guess at one username.
  {
    names: "each",
    from: "everywhere",
    limit: 100,
    seconds: HOUR_SECONDS,
    beyond: "one_a_minute",
    atHome: false,
  },
  // One password for many usernames, or many spellings that a directory takes for one. An office behind one address fits.
  { names: "all", from: "host", limit: 200, seconds: QUARTER_HOUR_SECONDS, beyond: "wait", atHome: true },
  { names: "all", from: "site", limit: 400, seconds: QUARTER_HOUR_SECONDS, beyond: "wait", atHome: false },
  { names: "all", from: "block", limit: 800, seconds: QUARTER_HOUR_SECONDS, beyond: "wait", atHome: false },
];

/** What a block has for a username beyond a limit that says `one_a_minute`. */
export const ONE_A_MINUTE = { limit: 1, seconds: 60 } as const;

/** How long a network stays familiar after the last sign-in from there. */
export const FAMILIAR_SECONDS = 90 * 24 * 60 * 60;
