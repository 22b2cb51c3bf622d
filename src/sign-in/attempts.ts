import { createHash } from "node:crypto";
import { isIPv6 } from "node:net";
import ipaddr from "ipaddr.js";
import { LRUCache } from "lru-cache";
import { OAuthError } from "../core/errors.ts";
import type { Clock } from "../platform/clock.ts";
import { foldUsername } from "../platform/username-mark.ts";
import { createWindows } from "./windows.ts";

/** Slows down wrong passwords, per username and per address, without locking the person out from elsewhere. */
export type Attempts = {
  /**
   * Counts an attempt before it is made, so that a thousand at once are no way around.
   * @throws OAuthError `slow_down` with `retryAfterSeconds` where this username or address must wait.
   */
  begin(username: string, address: string | undefined): Attempt;
};

export type Attempt = {
  /** The password was right: this one does not count, nor do the earlier ones from here. */
  succeeded(): void;
  /** Nobody could say whether it was right: this one does not count. */
  undecided(): void;
};

const QUARTER_HOUR_SECONDS = 15 * 60;

/**
 * Three counts: for a username from one network, which is what a person runs into; for a network, which is one
 * machine trying many names; and for a username from everywhere, which is a botnet trying one. The last one does not
 * hold for networks from which this username has signed in, so that nobody is locked out of home.
 */
const LIMITS = {
  usernameFromNetwork: { points: 10, seconds: QUARTER_HOUR_SECONDS },
  network: { points: 200, seconds: QUARTER_HOUR_SECONDS },
  username: { points: 100, seconds: 60 * 60 },
} as const;

export function createAttempts(clock: Clock): Attempts {
  const usernameFromNetwork = createWindows(LIMITS.usernameFromNetwork, clock);
  const byNetwork = createWindows(LIMITS.network, clock);
  const byUsername = createWindows(LIMITS.username, clock);
  const familiar = new LRUCache<string, true>({ max: 10_000 });

  return {
    begin(username, address) {
      const name = keyOf(username);
      const network = networkOf(address);
      const pair = `${name}|${network}`;
      const counts = [
        { windows: usernameFromNetwork, key: pair },
        ...(address === undefined ? [] : [{ windows: byNetwork, key: network }]),
        ...(familiar.has(pair) ? [] : [{ windows: byUsername, key: name }]),
      ];
      const seconds = Math.max(...counts.map(({ windows, key }) => windows.wait(key)));
      // A refused attempt counts nowhere: else one network's thousand names would each have a count of its own.
      if (seconds > 0) throw slowDown(seconds);
      for (const { windows, key } of counts) windows.count(key);
      const undecided = () => {
        for (const { windows, key } of counts) windows.giveBack(key);
      };
      return {
        undecided,
        succeeded() {
          undecided();
          usernameFromNetwork.forget(pair);
          familiar.set(pair, true);
        },
      };
    },
  };
}

/** A hash, because a stranger chose its length. */
function keyOf(username: string): string {
  return createHash("sha256").update(foldUsername(username)).digest("base64url");
}

/** One household or machine: an IPv4 address, or the /64 of an IPv6 one, whose owner can pick any of 2^64. */
export function networkOf(address: string | undefined): string {
  if (address === undefined) return "unknown";
  const bare = withoutPort(address).replace(/%.*$/, "");
  if (!isIPv6(bare)) return bare;
  const parsed = ipaddr.IPv6.parse(bare);
  if (parsed.isIPv4MappedAddress()) return parsed.toIPv4Address().toString();
  return `${parsed.parts
    .slice(0, 4)
    .map((part) => part.toString(16))
    .join(":")}::/64`;
}

/** Some proxies append the port to X-Forwarded-For: every connection would be a network of its own. */
function withoutPort(address: string): string {
  const [, bracketed, plain] = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::\d+)?$/.exec(address) ?? [];
  return bracketed ?? plain ?? address;
}

function slowDown(seconds: number): OAuthError {
  const minutes = Math.ceil(seconds / 60);
  return new OAuthError(
    "slow_down",
    `Too many wrong passwords. Try again in ${minutes === 1 ? "a minute" : `${minutes} minutes`}.`,
    { retryAfterSeconds: seconds },
  );
}
