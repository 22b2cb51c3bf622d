import { isLoopbackHost } from "../../core/hosts.ts";
import { createCookies } from "../../http/cookies.ts";
import type { Store } from "../../store/store.ts";
import type { BrowserBinding } from "./browser-binding.ts";
import { bindToRequest } from "./request-cookie.ts";
import { bindToSession } from "./session-binding.ts";
import { createSessions, type SessionsParts } from "./sessions.ts";

export type BrowserBindingParts = Omit<SessionsParts, "cookies" | "cookie" | "store"> & {
  readonly store: Pick<Store, "findSession" | "touchSession" | "findPerson">;
  readonly issuer: string;
};

/** The cookie of the sessions in which people approve. */
export const SESSION = "gatehouse-session";

/**
 * Cookies know no ports and, without `__Host-`, no hosts and no schemes either: at a loopback address every program on
 * this computer is sent them, and over plain http others can set them too. A sign-in counts for its own request there,
 * and opens it only together with the sealed request, which no cookie holds. On https at any other host it is a session.
 */
export function createBrowserBinding(parts: BrowserBindingParts): BrowserBinding {
  const cookies = createCookies(parts.issuer);
  return keepsSessions(parts.issuer)
    ? bindToSession(cookies, createSessions({ ...parts, cookies, cookie: SESSION }))
    : bindToRequest({ ...parts, cookies });
}

/** Whether a cookie of this issuer goes to this server and to no other program. */
export function keepsSessions(issuer: string): boolean {
  const { protocol, hostname } = new URL(issuer);
  return protocol === "https:" && !isLoopbackHost(hostname);
}
