import { urlOf } from "../../http/route.ts";

/** Where the sign-in page is, below the issuer. Operators' templates and links of other rooms name it. */
export const LOGIN_PATH = "/oauth/login";

/** The page of all methods. With a fragment of its own: a redirect without one keeps that of the link (RFC 9110 §10.2.2). */
export function loginUrl(sealed: string, issuer: string): string {
  return `${urlOf(issuer, LOGIN_PATH)}?${new URLSearchParams({ state: sealed })}#top`;
}
