import { LRUCache } from "lru-cache";
import type { Auth } from "../core/auth.ts";

/** Tokens that were verified, so that the next request with one costs a lookup. Bounded; the least used go first. */
export type VerifiedTokens = {
  /** Undefined also where the time has come to verify it again. */
  get(token: string, nowSeconds: number): Auth | undefined;
  /** @param age what `age()` said when the verification began: one that everything was forgotten since is not kept */
  add(token: string, verified: Verified, age: number): void;
  /** How often everything was forgotten. */
  age(): number;
  /** Forgets every token of a grant. */
  invalidate(grantId: string): void;
  /** Forgets every token of a person, and those without a grant: who is behind one of them may be this person from now on. */
  invalidatePerson(personId: string): void;
  invalidateAll(): void;
  /** Whether its grant, its person or everything was forgotten since it was verified; without a grant, whether any person was. */
  isOutdated(auth: Auth): boolean;
};

/** Who a token lets in, and until when (epoch seconds) that holds without another look. */
export type Verified = { readonly auth: Auth; readonly until: number };

/** Everybody may have a grant of one client, and the operator removes it. As many people may change. */
const REMEMBERED_ENDS = 1_000_000;

/** @param maximum how many tokens are kept. */
export function createVerifiedTokens(maximum: number): VerifiedTokens {
  // A verification that began before its grant ended must not be kept: it would outlive the revocation.
  // The sizes bound the number: with a `max`, all of its places would be made at the start.
  const ended = new LRUCache<string, true>({ maxSize: REMEMBERED_ENDS, sizeCalculation: () => 1 });
  /** At what age each of these people changed last. */
  const changed = new LRUCache<string, number>({ maxSize: REMEMBERED_ENDS, sizeCalculation: () => 1 });
  const byGrant = createIndex<string | null>();
  const byPerson = createIndex<string>();
  const cache = new LRUCache<string, Verified>({
    max: maximum,
    // Keeps the indexes as small as the cache.
    dispose({ auth: { grantId, person } }, token) {
      byGrant.remove(grantId, token);
      byPerson.remove(person.id, token);
    },
  });
  const forget = (tokens: readonly string[]) => {
    for (const token of tokens) cache.delete(token);
  };
  let age = 0;
  let lastPersonAt = 0;
  let lastAllAt = 0;
  /** How old the memory was when the verification began. */
  const verifiedAt = new WeakMap<Auth, number>();
  return {
    age: () => age,
    get(token, nowSeconds) {
      const verified = cache.get(token);
      return verified && nowSeconds < verified.until ? verified.auth : undefined;
    },
    add(token, verified, begunAt) {
      const { grantId, person } = verified.auth;
      verifiedAt.set(verified.auth, begunAt);
      if (begunAt !== age) return;
      if (grantId !== null && ended.has(grantId)) return;
      cache.set(token, verified);
      byGrant.add(grantId, token);
      byPerson.add(person.id, token);
    },
    invalidate(grantId) {
      ended.set(grantId, true);
      forget(byGrant.tokens(grantId));
    },
    invalidatePerson(personId) {
      age += 1;
      lastPersonAt = age;
      changed.set(personId, age);
      forget(byPerson.tokens(personId));
      forget(byGrant.tokens(null));
    },
    invalidateAll() {
      age += 1;
      lastAllAt = age;
      cache.clear();
    },
    isOutdated(auth) {
      const { grantId, person } = auth;
      const since = verifiedAt.get(auth) ?? age;
      const changedAt = grantId === null ? lastPersonAt : (changed.get(person.id) ?? 0);
      return since < lastAllAt || since < changedAt || (grantId !== null && ended.has(grantId));
    },
  };
}

/** The tokens that are kept, by something that they have in common. */
function createIndex<Key>() {
  const tokensByKey = new Map<Key, Set<string>>();
  return {
    add(key: Key, token: string): void {
      const tokens = tokensByKey.get(key);
      if (tokens) tokens.add(token);
      else tokensByKey.set(key, new Set([token]));
    },
    remove(key: Key, token: string): void {
      const tokens = tokensByKey.get(key);
      tokens?.delete(token);
      if (tokens?.size === 0) tokensByKey.delete(key);
    },
    tokens: (key: Key): readonly string[] => [...(tokensByKey.get(key) ?? [])],
  };
}
