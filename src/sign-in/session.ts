import type { Person } from "../core/person.ts";
import type { Clock } from "../platform/clock.ts";
import type { Keyring } from "../platform/secrets/keyring.ts";
import type { Cookies } from "./cookies.ts";

/** Long enough to connect a second client without a password, short enough for a shared computer. */
const SESSION_SECONDS = 8 * 60 * 60;

/** Who is signed in, in this browser. The session travels sealed in a cookie: it opens nothing but the consent page. */
export type Sessions = {
  read(request: Request): Promise<Person | undefined>;
  /** The `Set-Cookie` that signs this person in. */
  start(person: Person): Promise<string>;
};

export function createSessions(deps: {
  readonly cookies: Cookies;
  readonly keyring: Keyring;
  readonly clock: Clock;
  readonly issuer: string;
}): Sessions {
  const { cookies, keyring, clock, issuer } = deps;
  return {
    async read(request) {
      const sealed = cookies.session(request);
      const text = sealed === undefined ? undefined : await keyring.open("session", sealed);
      if (text === undefined) return undefined;
      const session = JSON.parse(text) as SealedSession;
      return session.iss === issuer && clock() < session.endsAt ? session.person : undefined;
    },
    async start(person) {
      const session: SealedSession = { iss: issuer, person, endsAt: clock() + SESSION_SECONDS * 1000 };
      return cookies.setSession(await keyring.seal("session", JSON.stringify(session)), SESSION_SECONDS);
    },
  };
}

/** Sealed by us and only by us, so what opens has this shape. */
type SealedSession = { readonly iss: string; readonly person: Person; readonly endsAt: number };
