import { strangersNetwork } from "../../platform/addresses.ts";

/**
 * The places for fetches from addresses that strangers name. A stranger with a slow host can hold some of them, and
 * never all: so many a host, so many a network that asks, and half of them are kept for what somebody here wants.
 */
export type FetchPlaces = {
  /** Takes a place. Undefined where there is none; else what gives it back. */
  take(fetching: Fetching): (() => void) | undefined;
};

export type Fetching = {
  readonly url: string;
  /** The address of whoever asks for it, where that is known. */
  readonly askedBy: string | undefined;
  /** Whether somebody here wants it: the operator, or a person who approved the client. */
  readonly isWanted: boolean;
  /** Whether it is at a well-known client's host. Anyone can name any path there, so that alone frees no one of the limits. */
  readonly isWellKnown?: boolean;
};

export function createFetchPlaces(places: number): FetchPlaces {
  const taken = new Map<string, number>();

  const change = (key: string, by: 1 | -1): void => {
    const count = (taken.get(key) ?? 0) + by;
    if (count === 0) taken.delete(key);
    else taken.set(key, count);
  };

  return {
    take(fetching) {
      const limits = limitsOf(fetching, places);
      if (limits.some(([key, most]) => (taken.get(key) ?? 0) >= most)) return undefined;
      for (const [key] of limits) change(key, 1);
      return () => {
        for (const [key] of limits) change(key, -1);
      };
    },
  };
}

const PER_HOST = 4;
const PER_NETWORK = 8;
/** So that one network cannot take a host from everyone else. */
const PER_NETWORK_AT_ONE_HOST = 2;

function limitsOf(
  { url, askedBy, isWanted, isWellKnown = false }: Fetching,
  places: number,
): readonly (readonly [key: string, most: number])[] {
  // By name without a port: one host has 65,535 of those. A name with a dot at its end is the same one.
  const host = new URL(url).hostname.replace(/\.$/, "");
  const always = [["all", places] as const, [`host ${host}`, PER_HOST] as const];
  if (isWanted) return always;
  const network = strangersNetwork(askedBy);
  return [
    ...always,
    ...(isWellKnown ? [] : [["strangers", Math.floor(places / 2)] as const]),
    ...(network === undefined
      ? []
      : [
          [`network ${network}`, PER_NETWORK] as const,
          [`host ${host} for ${network}`, PER_NETWORK_AT_ONE_HOST] as const,
        ]),
  ];
}
