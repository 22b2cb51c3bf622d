import type { Clock } from "../../../platform/clock.ts";
import type { Store } from "../../../store/store.ts";
import { dummyHash, expectedMilliseconds, isSameCost, type PasswordHash } from "./password-hash.ts";
import { ARGON2ID } from "./password-hashing.ts";

const MINUTE_MS = 60_000;
/** More kinds than any directory has. */
const KINDS = 100;
/** How many of them are computed for each wrong password: what others cost counts as one of these. */
const COMPUTED_KINDS = 4;
const OWN_KIND = `$${ARGON2ID.algorithm}$v=19$m=${ARGON2ID.memoryKibibytes},t=${ARGON2ID.passes},p=${ARGON2ID.lanes}$`;

/**
 * A hash of each kind that is stored, and of ours, that no password has; the slowest first. Remembered for a minute: they hardly ever
 * change.
 */
export function createHashKinds({
  store,
  clock,
}: {
  readonly store: Pick<Store, "listCredentialKinds">;
  readonly clock: Clock;
}): () => Promise<readonly PasswordHash[]> {
  let known: { readonly until: number; readonly kinds: Promise<readonly PasswordHash[]> } | undefined;
  const read = async (): Promise<readonly PasswordHash[]> =>
    slowestKinds([OWN_KIND, ...(await store.listCredentialKinds("password", KINDS))]);
  return () => {
    if (known && clock() < known.until) return known.kinds;
    const kinds = read();
    const reading = { until: clock() + MINUTE_MS, kinds };
    known = reading;
    kinds.catch(() => {
      // Of the database: the next one asks again.
      if (known === reading) known = undefined;
    });
    return kinds;
  };
}

/**
 * What is computed besides a person's own hash after a wrong password: together they are one of each kind. So it is the same work
 * for every name, known or not, also on a machine with one core, where what runs at the same time adds up.
 * @param kinds of {@link createHashKinds}
 */
export function dummiesBeside(
  own: PasswordHash | undefined,
  kinds: readonly PasswordHash[],
): readonly PasswordHash[] {
  if (!own) return kinds;
  const sameKind = kinds.findIndex((kind) => isSameCost(kind, own));
  const noFaster = kinds.findLastIndex((kind) => expectedMilliseconds(kind) >= expectedMilliseconds(own));
  const replaced = sameKind >= 0 ? sameKind : Math.max(noFaster, 0);
  return kinds.toSpliced(replaced, 1);
}

function slowestKinds(beginnings: readonly string[]): readonly PasswordHash[] {
  const kinds: PasswordHash[] = [];
  for (const hash of beginnings.map(dummyHash)) {
    if (!("problem" in hash) && !kinds.some((kind) => isSameCost(kind, hash))) kinds.push(hash);
  }
  return kinds.toSorted((a, b) => expectedMilliseconds(b) - expectedMilliseconds(a)).slice(0, COMPUTED_KINDS);
}
