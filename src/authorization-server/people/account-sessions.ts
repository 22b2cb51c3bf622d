import { createCookies } from "../../http/cookies.ts";
import { keepsSessions, SESSION } from "./create-browser-binding.ts";
import { createSessions, type Sessions, type SessionsParts } from "./sessions.ts";

export type AccountSessions = Sessions & {
  /**
   * Whether the cookie alone shows the page. Elsewhere every program on this computer is sent it, so the page's own links
   * carry a token beside it.
   */
  readonly cookieShowsPage: boolean;
};

export type AccountSessionsParts = Omit<SessionsParts, "cookies" | "cookie">;

/** A cookie that `/authorize` never reads: where a sign-in counts for its own request, that of the account page does too. */
const ACCOUNT = "gatehouse-account";
const ACCOUNT_SECONDS = 10 * 60;

/** The sessions of the account page: on https those in which people approve, elsewhere short ones of its own. */
export function createAccountSessions(parts: AccountSessionsParts): AccountSessions {
  const cookies = createCookies(parts.issuer);
  if (keepsSessions(parts.issuer)) {
    return { ...createSessions({ ...parts, cookies, cookie: SESSION }), cookieShowsPage: true };
  }
  const lifetimes = { sessionIdleSeconds: ACCOUNT_SECONDS, sessionSeconds: ACCOUNT_SECONDS };
  return {
    ...createSessions({ ...parts, ...lifetimes, cookies, cookie: ACCOUNT }),
    cookieShowsPage: false,
  };
}
