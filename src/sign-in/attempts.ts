import { isIPv6 } from "node:net";
import ipaddr from "ipaddr.js";
import { LRUCache } from "lru-cache";
import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import { OAuthError } from "../core/errors.ts";

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

const QUARTER_HOUR_SECONDS = 15 * 60;

/**
 * Three counts: for a username from one network, which is what a person runs into; for a network, which is one
 * machine trying many names; and for a username from everywhere, which is a botnet trying one. The last one does not
 * hold for networks from which this username has signed in, so that nobody is locked out of home.
 */
const LIMITS = {
  usernameFromNetwork: { points: 10, duration: QUARTER_HOUR_SECONDS },
  network: { points: 200, duration: QUARTER_HOUR_SECONDS },
  username: { points: 100, duration: 60 * 60 },
} as const;

export function createAttempts(): Attempts {
  const usernameFromNetwork = new RateLimiterMemory(LIMITS.usernameFromNetwork);
  const byNetwork = new RateLimiterMemory(LIMITS.network);
  const byUsername = new RateLimiterMemory(LIMITS.username);
  const familiar = new LRUCache<string, true>({ max: 10_000 });

  return {
    async begin(username, address) {
      const name = username.toLowerCase();
      const network = networkOf(address);
      const pair = `${name}|${network}`;
      const counts = [
        { limiter: usernameFromNetwork, key: pair },
        ...(address === undefined ? [] : [{ limiter: byNetwork, key: network }]),
        ...(familiar.has(pair) ? [] : [{ limiter: byUsername, key: name }]),
      ];
      for (const { limiter, key } of counts) await consume(limiter, key);
      const undecided = async () => {
        for (const { limiter, key } of counts) await limiter.reward(key);
      };
      return {
        undecided,
        async succeeded() {
          await undecided();
          await usernameFromNetwork.delete(pair);
          familiar.set(pair, true);
        },
      };
    },
  };
}

async function consume(limiter: RateLimiterMemory, key: string): Promise<void> {
  try {
    await limiter.consume(key);
  } catch (refusal) {
    if (refusal instanceof RateLimiterRes) throw slowDown(Math.ceil(refusal.msBeforeNext / 1000));
    throw refusal;
  }
}

/** One household or machine: an IPv4 address, or the /64 of an IPv6 one, whose owner can pick any of 2^64. */
export function networkOf(address: string | undefined): string {
  if (address === undefined) return "unknown";
  const bare = address.replace(/%.*$/, "");
  if (!isIPv6(bare)) return bare;
  const parsed = ipaddr.IPv6.parse(bare);
  if (parsed.isIPv4MappedAddress()) return parsed.toIPv4Address().toString();
  return `${parsed.parts
    .slice(0, 4)
    .map((part) => part.toString(16))
    .join(":")}::/64`;
}

function slowDown(seconds: number): OAuthError {
  const minutes = Math.ceil(seconds / 60);
  return new OAuthError(
    "slow_down",
    `Too many wrong passwords. Try again in ${minutes === 1 ? "a minute" : `${minutes} minutes`}.`,
    { retryAfterSeconds: seconds },
  );
}
