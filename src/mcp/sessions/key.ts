import type { Auth } from "../../core/auth.ts";

/** What a token may share a session with, as one text: for a token with another key, the session does not exist. */
export type SessionKey = (auth: Auth) => string;

/**
 * Of a server whose callbacks read the token of each request: whatever grant it is of. The SDK's clients repeat the call that
 * they stepped up for in the same session, and begin no other where that is answered 404. The organization is part of it,
 * since a late handler may say something to whichever stream is open.
 */
export const ofCaller: SessionKey = (auth) =>
  JSON.stringify([personKey(auth), auth.client.id, auth.organization?.id ?? null]);

/**
 * Of a server that was made for one token, and keeps what that let in: only later tokens of the same grant that say the
 * same. A provider's tokens have no grant, and may say something else of the person each time.
 */
export const ofGrant: SessionKey = (auth) =>
  JSON.stringify([ofCaller(auth), auth.grantId, auth.person, auth.scopes.toSorted()]);

/** A person is somebody's: two issuers may give the same id to two people. */
export function personKey({ issuer, person }: Auth): string {
  return JSON.stringify([issuer, person.id]);
}
