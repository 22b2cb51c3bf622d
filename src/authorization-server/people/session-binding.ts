import type { Cookies } from "../../http/cookies.ts";
import { randomId } from "../../platform/random.ts";
import type { BrowserBinding } from "./browser-binding.ts";
import type { Sessions } from "./sessions.ts";

const BROWSER = "gatehouse-browser";

/**
 * Two cookies for all requests of a browser: its id, and the secret of its session. The session opens nothing but the
 * consent page, and only for its own person.
 */
export function bindToSession(cookies: Cookies, sessions: Sessions): BrowserBinding {
  return {
    signedIn: sessions.current,
    begin(request) {
      const known = cookies.read(request, BROWSER);
      if (known !== undefined) return { browser: known, setCookies: [] };
      const browser = randomId();
      return { browser, setCookies: [cookies.set(BROWSER, browser)] };
    },
    browserOf: (request) => cookies.read(request, BROWSER),
    newSignIn(request, _bound, details) {
      const { session, setCookie } = sessions.begin(request, details);
      return { session, signIn: undefined, setCookies: [setCookie] };
    },
    signedInFor: sessions.current,
    end: () => [],
  };
}
