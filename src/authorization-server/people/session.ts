import type { Person } from "../../core/person.ts";
import type { Cookies } from "../../http/cookies.ts";
import type { Clock } from "../../platform/clock.ts";
import { randomId } from "../../platform/random.ts";
import type { Keyring } from "../../platform/secrets/keyring.ts";
import type { BrowserBinding } from "./browser-binding.ts";

/** Long enough to connect a second client without a password, short enough for a shared computer. */
const SESSION_SECONDS = 8 * 60 * 60;

const BROWSER = "gatehouse-browser";
const SESSION = "gatehouse-session";

/**
 * Two cookies for all requests of a browser: its id, and who is signed in. The session is sealed; it opens nothing but
 * the consent page, and only for its own person.
 */
export function bindToSession(parts: {
  readonly cookies: Cookies;
  readonly keyring: Keyring;
  readonly clock: Clock;
  readonly issuer: string;
}): BrowserBinding {
  const { cookies, keyring, clock, issuer } = parts;
  const sessionOf = async (request: Request): Promise<SealedSession | undefined> => {
    const sealed = cookies.read(request, SESSION);
    const text = sealed === undefined ? undefined : await keyring.open("session", sealed);
    if (text === undefined) return undefined;
    const session = JSON.parse(text) as SealedSession;
    return session.iss === issuer && clock() < session.endsAt ? session : undefined;
  };
  const signedIn = async (request: Request) => (await sessionOf(request))?.person;
  return {
    signedIn,
    begin(request) {
      const known = cookies.read(request, BROWSER);
      if (known !== undefined) return { browser: known, setCookies: [] };
      const browser = randomId();
      return { browser, setCookies: [cookies.set(BROWSER, browser)] };
    },
    browserOf: (request) => cookies.read(request, BROWSER),
    async signIn(_bound, person) {
      const endsAt = clock() + SESSION_SECONDS * 1000;
      const session: SealedSession = { id: randomId(), iss: issuer, person, endsAt };
      const sealed = await keyring.seal("session", JSON.stringify(session));
      return { signIn: undefined, setCookies: [cookies.set(SESSION, sealed, SESSION_SECONDS)] };
    },
    async signedInFor(request) {
      const session = await sessionOf(request);
      return session && { person: session.person, signIn: session.id };
    },
    end: () => [],
  };
}

/** Sealed by us and only by us, so what opens has this shape. */
type SealedSession = {
  /** Of the sign-in that began it. */
  readonly id: string;
  readonly iss: string;
  readonly person: Person;
  readonly endsAt: number;
};
