import { OAuthError } from "../../../core/errors.ts";
import type { Clock } from "../../../platform/clock.ts";
import type { Log } from "../../../platform/logging.ts";
import type { Credential } from "../../../store/credential.ts";
import type { PersonRecord } from "../../../store/people-records.ts";
import type { Store } from "../../../store/store.ts";
import type { CheckPair, Proof } from "../method.ts";
import { createHashKinds, dummiesBeside } from "./hash-kinds.ts";
import { type HashingQueue, hashingQueue } from "./hashing-queue.ts";
import { type PasswordHash, parsePasswordHash } from "./password-hash.ts";
import { needsUpgrade, passwordHashOf, readsWhole, verifyPassword } from "./password-hashing.ts";
import { preparedPassword, spellingsOf } from "./password-rules.ts";
import { foldedName, usersIdentity } from "./usernames.ts";

export type DirectoryParts = {
  readonly store: Pick<
    Store,
    "findByIdentity" | "findCredential" | "listCredentialKinds" | "upgradeCredential"
  >;
  readonly clock: Clock;
  readonly log: Pick<Log, "error">;
  /** The process's own, unless a test has one. */
  readonly queue?: HashingQueue;
  /** The real one, unless a test counts what it is asked. */
  readonly verify?: typeof verifyPassword;
};

/**
 * Checks usernames and passwords against the directory: undefined where no one has both. Does not count attempts: what asks it does.
 * It throws an OAuthError `temporarily_unavailable` where the database is out of reach, or too many passwords wait for a check.
 */
export function createDirectoryCheck(parts: DirectoryParts): CheckPair {
  const { store, clock, log, queue = hashingQueue, verify = verifyPassword } = parts;
  const hashKinds = createHashKinds({ store, clock });

  /** Reads the same for a name that is there and one that is not: the time must not tell them apart. */
  const find = async (name: string): Promise<Found> => {
    const record = await store.findByIdentity(usersIdentity(name));
    const credential = await store.findCredential(record?.person.id ?? "", "password");
    const hash = credential && parsePasswordHash(credential.secret);
    if (hash && "problem" in hash) {
      const person = record?.person.id;
      log.error("a stored password hash cannot be used", { person, cause: new Error(`It ${hash.problem}.`) });
      return undefined;
    }
    return record && credential && hash ? { record, credential, hash } : undefined;
  };

  const upgrade = async ({ credential: { personId, kind, secret } }: Known, password: string) => {
    try {
      const better = await queue.run(() => passwordHashOf(password));
      await store.upgradeCredential({ personId, kind, before: secret, secret: better });
    } catch (cause) {
      // The password was right; the hash is replaced at another sign-in.
      if (!(cause instanceof OAuthError)) throw cause;
    }
  };

  return async (username, password) => {
    const found = await find(foldedName(username));
    const kinds = await hashKinds();
    const right = await queue.run(() => rightSpelling(spellingsOf(password), found?.hash, kinds, verify));
    if (!found || right === undefined) return undefined;
    const isOutdated = needsUpgrade(found.hash) || right !== preparedPassword(password);
    if (isOutdated && readsWhole(found.hash, right)) await upgrade(found, password);
    return proofOf(found, foldedName(username), clock());
  };
}

type Known = { readonly record: PersonRecord; readonly credential: Credential; readonly hash: PasswordHash };
type Found = Known | undefined;

/** The spelling that is right. Where none is, that takes as long for every name. */
async function rightSpelling(
  spellings: readonly string[],
  own: PasswordHash | undefined,
  kinds: readonly PasswordHash[],
  verify: typeof verifyPassword,
): Promise<string | undefined> {
  const right = own && (await firstRight(spellings, own, verify));
  if (right !== undefined) return right;
  // One after the other: the queue counts them as one.
  for (const dummy of dummiesBeside(own, kinds)) await firstRight(spellings, dummy, verify);
  return undefined;
}

async function firstRight(
  spellings: readonly string[],
  hash: PasswordHash,
  verify: typeof verifyPassword,
): Promise<string | undefined> {
  for (const spelling of spellings) if (await verify(spelling, hash)) return spelling;
  return undefined;
}

function proofOf({ record, credential }: Known, name: string, now: number): Proof {
  const { person, emails, groups } = record;
  const { id: _id, ...profile } = person;
  return {
    identity: usersIdentity(name),
    label: name,
    personId: undefined,
    profile,
    emails,
    groups,
    claims: {},
    authenticatedAt: now,
    isOneFactor: true,
    passwordSetAt: credential.createdAt,
    upstream: undefined,
  };
}
