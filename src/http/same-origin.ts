import { PageError, type Says } from "../pages/page-error.ts";

/**
 * Refuses a form post that another site began. `Sec-Fetch-Site` decides where the browser sends it; `Origin` does
 * elsewhere. Under `Referrer-Policy: no-referrer` browsers send `Origin: null` on same-origin posts too (Fetch §3.1),
 * so `null` counts only with `Sec-Fetch-Site: same-origin` or where no browser sends that header, which is at a plain
 * `http:` address of a network (Fetch Metadata Request Headers). A caller that sends neither is no browser. For both, the sealed
 * request and its cookie stand: the one is nothing that another site can know, the other nothing that it can send.
 * @param advises what the page advises, where that is not to connect again
 * @throws OAuthError `access_denied`
 */
export function requireSameOrigin(request: Request, issuer: string, advises?: Says): void {
  const site = request.headers.get("sec-fetch-site");
  const origin = request.headers.get("origin");
  if (site === "same-origin") return;
  const own = new URL(issuer);
  const isOwn = origin === null || origin === own.origin || (origin === "null" && own.protocol === "http:");
  if (site === null && isOwn) return;
  throw new PageError("access_denied", ({ error }) => error.otherSite, {
    detail: `Sec-Fetch-Site ${site ?? "-"}, Origin ${origin ?? "-"}`,
    advises,
  });
}
