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
  invalidateAll(): void;
  /** Whether a grant was forgotten, lately. */
  wasInvalidated(grantId: string): boolean;
};

/** Who a token lets in, and until when (epoch seconds) that holds without another look. */
export type Verified = { readonly auth: Auth; readonly until: number };

/** Everybody may have a grant of one client, and the operator removes it. */
const REMEMBERED_ENDS = 1_000_000;

/** @param maximum how many tokens are kept. */
export function createVerifiedTokens(maximum: number): VerifiedTokens {
  // A verification that began before its grant ended must not be kept: it would outlive the revocation.
  // The sizes bound the number: with a `max`, all of its places would be made at the start.
  const ended = new LRUCache<string, true>({ maxSize: REMEMBERED_ENDS, sizeCalculation: () => 1 });
  const tokensByGrant = new Map<string, Set<string>>();
  const cache = new LRUCache<string, Verified>({
    max: maximum,
    // Keeps the index as small as the cache.
    dispose({ auth: { grantId } }, token) {
      if (grantId === null) return;
      const tokens = tokensByGrant.get(grantId);
      tokens?.delete(token);
      if (tokens?.size === 0) tokensByGrant.delete(grantId);
    },
  });
  let age = 0;
  return {
    age: () => age,
    get(token, nowSeconds) {
      const verified = cache.get(token);
      return verified && nowSeconds < verified.until ? verified.auth : undefined;
    },
    add(token, verified, begunAt) {
      const { grantId } = verified.auth;
      if (begunAt !== age) return;
      if (grantId !== null && ended.has(grantId)) return;
      cache.set(token, verified);
      if (grantId === null) return;
      const tokens = tokensByGrant.get(grantId);
      if (tokens) tokens.add(token);
      else tokensByGrant.set(grantId, new Set([token]));
    },
    invalidate(grantId) {
      ended.set(grantId, true);
      for (const token of [...(tokensByGrant.get(grantId) ?? [])]) cache.delete(token);
    },
    invalidateAll() {
      age += 1;
      cache.clear();
    },
    wasInvalidated: (grantId) => ended.has(grantId),
  };
}
