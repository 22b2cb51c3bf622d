import { createHmac } from "node:crypto";
import { createCookies } from "../../../http/cookies.ts";
import { randomSecret } from "../../../platform/random.ts";

/** A browser that opened a link for a new password, known by a cookie. */
export type LinkBrowser = {
  /** What its cookie holds: a random secret. */
  readonly secret: string;
  /** Empty where it has the cookie already. */
  readonly setCookies: readonly string[];
};

const COOKIE = "gatehouse-link";

/** One cookie for all links of a browser, which opens nothing without a link's token. */
export function linkBrowserOf(request: Request, issuer: string): LinkBrowser {
  const cookies = createCookies(issuer);
  const known = cookies.read(request, COOKIE);
  if (known !== undefined) return { secret: known, setCookies: [] };
  const secret = randomSecret();
  return { secret, setCookies: [cookies.set(COOKIE, secret)] };
}

/** What the store knows a link by that works in one browser alone. It takes both, the link and the cookie. */
export function boundHash(token: string, { secret }: Pick<LinkBrowser, "secret">): string {
  return createHmac("sha256", secret).update(token).digest("base64url");
}
