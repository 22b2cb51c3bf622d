import { createCookies } from "../../http/cookies.ts";
import { isLoopbackHost } from "../../platform/addresses.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Keyring } from "../../platform/secrets/keyring.ts";
import type { BrowserBinding } from "./browser-binding.ts";
import { bindToRequest } from "./request-cookie.ts";
import { bindToSession } from "./session.ts";

/**
 * Cookies know no ports and, without `__Host-`, no hosts and no schemes either: at a loopback address every program on
 * this computer is sent them, and over plain http others can set them too. A sign-in counts for its own request there,
 * and opens it only together with the sealed request, which no cookie holds. On https at any other host it is a session.
 */
export function createBrowserBinding(parts: {
  readonly keyring: Keyring;
  readonly clock: Clock;
  readonly issuer: string;
}): BrowserBinding {
  const cookies = createCookies(parts.issuer);
  const { protocol, hostname } = new URL(parts.issuer);
  return protocol === "https:" && !isLoopbackHost(hostname)
    ? bindToSession({ ...parts, cookies })
    : bindToRequest({ ...parts, cookies });
}
