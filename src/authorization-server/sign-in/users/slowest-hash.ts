import type { Clock } from "../../../platform/clock.ts";
import type { Store } from "../../../store/store.ts";
import { dummyHash, expectedMilliseconds, type PasswordHash } from "./password-hash.ts";
import { ARGON2ID } from "./password-hashing.ts";

const MINUTE_MS = 60_000;
/** More kinds than any directory has. */
const KINDS = 100;
const OWN_KIND = `$${ARGON2ID.algorithm}$v=19$m=${ARGON2ID.memoryKibibytes},t=${ARGON2ID.passes},p=${ARGON2ID.lanes}$`;

/** A hash that takes as long as the slowest of those that are stored. Remembered for a minute: they hardly ever change. */
export function createSlowestHash({
  store,
  clock,
}: {
  readonly store: Pick<Store, "listCredentialKinds">;
  readonly clock: Clock;
}): () => Promise<PasswordHash> {
  let known: { readonly until: number; readonly hash: Promise<PasswordHash> } | undefined;
  const read = async (): Promise<PasswordHash> => {
    const kinds = await store.listCredentialKinds("password", KINDS);
    const hashes = [OWN_KIND, ...kinds].map(dummyHash).flatMap((hash) => ("problem" in hash ? [] : [hash]));
    return hashes.reduce((slowest, hash) =>
      expectedMilliseconds(hash) > expectedMilliseconds(slowest) ? hash : slowest,
    );
  };
  return () => {
    if (known && clock() < known.until) return known.hash;
    const hash = read();
    const reading = { until: clock() + MINUTE_MS, hash };
    known = reading;
    hash.catch(() => {
      // Of the database: the next one asks again.
      if (known === reading) known = undefined;
    });
    return hash;
  };
}

/**
 * What is computed besides a person's own hash, so that the time does not tell who is there: for an unknown name the slowest
 * hash, and for a name whose own hash is faster that one at the same time.
 */
export function dummyBeside(own: PasswordHash | undefined, slowest: PasswordHash): PasswordHash | undefined {
  return own && expectedMilliseconds(own) >= expectedMilliseconds(slowest) ? undefined : slowest;
}
