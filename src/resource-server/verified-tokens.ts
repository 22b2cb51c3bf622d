import { LRUCache } from "lru-cache";
import type { Auth } from "../core/auth.ts";

/** Tokens that were verified, so that the next request with one costs a lookup. Bounded; the least used go first. */
export type VerifiedTokens = {
  /** Undefined also where the time has come to verify it again. */
  get(token: string, nowSeconds: number): Auth | undefined;
  add(token: string, verified: Verified): void;
  /** Forgets every token of a grant. */
  forget(grantId: string): void;
  /** Whether a grant was forgotten, lately. */
  wasForgotten(grantId: string): boolean;
};

/** Who a token lets in, and until when (epoch seconds) that holds without another look. */
export type Verified = { readonly auth: Auth; readonly until: number };

export function createVerifiedTokens(maximum: number): VerifiedTokens {
  // A verification that began before its grant ended must not be kept: it would outlive the revocation.
  const ended = new LRUCache<string, true>({ max: maximum });
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
  return {
    get(token, nowSeconds) {
      const verified = cache.get(token);
      return verified && nowSeconds < verified.until ? verified.auth : undefined;
    },
    add(token, verified) {
      const { grantId } = verified.auth;
      if (grantId !== null && ended.has(grantId)) return;
      cache.set(token, verified);
      if (grantId === null) return;
      const tokens = tokensByGrant.get(grantId);
      if (tokens) tokens.add(token);
      else tokensByGrant.set(grantId, new Set([token]));
    },
    forget(grantId) {
      ended.set(grantId, true);
      for (const token of [...(tokensByGrant.get(grantId) ?? [])]) cache.delete(token);
    },
    wasForgotten: (grantId) => ended.has(grantId),
  };
}
