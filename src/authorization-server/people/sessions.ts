import { createHash } from "node:crypto";
import type { Cookies } from "../../http/cookies.ts";
import type { Clock } from "../../platform/clock.ts";
import { randomSecret } from "../../platform/random.ts";
import type { NewSession, SessionWithPerson } from "../../store/people-records.ts";
import type { Store } from "../../store/store.ts";
import type { CurrentSignIn, SignInDetails } from "./browser-binding.ts";

/** The sessions of browsers: the cookie holds a random secret, the row its hash. Each is of one issuer. */
export type Sessions = {
  /** Who is signed in in this browser. Reads the row each time: a session that was ended elsewhere is over here too. */
  current(request: Request): Promise<CurrentSignIn | undefined>;
  /** A new one, with a secret of its own; the one that the browser had ends when this one is kept. */
  begin(
    request: Request,
    details: SignInDetails,
  ): { readonly session: NewSession; readonly setCookie: string };
  /** The id of this browser's session, as lists of sessions have it. */
  idOf(request: Request): string | undefined;
  /** The `Set-Cookie` line that takes the secret from the browser. */
  forget(): string;
};

export type SessionsParts = {
  readonly cookies: Cookies;
  /** The cookie's name. */
  readonly cookie: string;
  readonly issuer: string;
  readonly store: Pick<Store, "findSession" | "touchSession">;
  readonly clock: Clock;
  /** Whether it counts no more, since its person needs a second factor now and has not passed it; undefined where there is none. */
  readonly lacksFactor?: LacksFactor | undefined;
  /** How long a session lasts without being used. */
  readonly sessionIdleSeconds: number;
  /** How long it lasts at most. */
  readonly sessionSeconds: number;
};

/** Whether the sign-in of a session has not passed the second factor that its person needs now. */
export type LacksFactor = (found: SessionWithPerson) => Promise<boolean>;

/** A use is written at most this often. */
const TOUCHED_EVERY_MS = 5 * 60 * 1000;
const LONGEST_USER_AGENT = 200;

export function createSessions(parts: SessionsParts): Sessions {
  const { cookies, cookie, issuer, store, clock, lacksFactor, sessionIdleSeconds, sessionSeconds } = parts;
  const idleEnd = (now: number, endsAt: number) => Math.min(now + sessionIdleSeconds * 1000, endsAt);
  const idOf = (request: Request): string | undefined => {
    const secret = cookies.read(request, cookie);
    return secret === undefined ? undefined : sessionHashOf(secret, issuer);
  };
  return {
    idOf,
    forget: () => cookies.expire(cookie),
    async current(request) {
      const hash = idOf(request);
      if (hash === undefined) return undefined;
      const now = clock();
      const found = await store.findSession(hash, now);
      if (!found || (await lacksFactor?.(found))) return undefined;
      const { session, record } = found;
      if (now - session.usedAt >= TOUCHED_EVERY_MS) {
        await store.touchSession(hash, now, idleEnd(now, session.endsAt));
      }
      return {
        person: record.person,
        signIn: hash,
        signedInAt: session.createdAt,
        authenticatedAt: session.authenticatedAt,
      };
    },
    begin(request, details) {
      const secret = randomSecret();
      const now = clock();
      const endsAt = now + sessionSeconds * 1000;
      const session: NewSession = {
        ...details,
        userAgent: details.userAgent?.slice(0, LONGEST_USER_AGENT),
        hash: sessionHashOf(secret, issuer),
        replaces: idOf(request),
        expiresAt: idleEnd(now, endsAt),
        endsAt,
      };
      return { session, setCookie: cookies.set(cookie, secret, sessionSeconds) };
    },
  };
}

/** What the row of a session has of its cookie's secret. With the issuer: of two servers that share a database, neither knows the other's sessions. */
export function sessionHashOf(secret: string, issuer: string): string {
  return createHash("sha256")
    .update(JSON.stringify([issuer, secret]))
    .digest("base64url");
}
