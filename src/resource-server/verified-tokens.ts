import { LRUCache } from "lru-cache";
import type { Auth } from "../core/auth.ts";

/** Tokens that were verified, so that the next request with one costs a lookup. Bounded; the least used go first. */
export type VerifiedTokens = {
  get(token: string): Auth | undefined;
  add(token: string, auth: Auth): void;
  /** Forgets every token of a grant. */
  forget(grantId: string): void;
  /** Whether a grant was forgotten, lately. */
  wasForgotten(grantId: string): boolean;
};

export function createVerifiedTokens(maximum: number): VerifiedTokens {
  // A verification that began before its grant ended must not be kept: it would outlive the revocation.
  const ended = new LRUCache<string, true>({ max: maximum });
  const tokensByGrant = new Map<string, Set<string>>();
  const cache = new LRUCache<string, Auth>({
    max: maximum,
    // Keeps the index as small as the cache.
    dispose(auth, token) {
      if (auth.grantId === null) return;
      const tokens = tokensByGrant.get(auth.grantId);
      tokens?.delete(token);
      if (tokens?.size === 0) tokensByGrant.delete(auth.grantId);
    },
  });
  return {
    get: (token) => cache.get(token),
    add(token, auth) {
      if (auth.grantId !== null && ended.has(auth.grantId)) return;
      cache.set(token, auth);
      if (auth.grantId === null) return;
      const tokens = tokensByGrant.get(auth.grantId);
      if (tokens) tokens.add(token);
      else tokensByGrant.set(auth.grantId, new Set([token]));
    },
    forget(grantId) {
      ended.set(grantId, true);
      for (const token of [...(tokensByGrant.get(grantId) ?? [])]) cache.delete(token);
    },
    wasForgotten: (grantId) => ended.has(grantId),
  };
}
