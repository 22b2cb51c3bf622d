import { OAuthError } from "../core/errors.ts";

/**
 * Refuses a form post that another site began. `Sec-Fetch-Site` decides where the browser sends it; `Origin` does
 * elsewhere. Under `Referrer-Policy: no-referrer` browsers send `Origin: null` on same-origin posts too (Fetch §3.1),
 * so `null` counts only with `Sec-Fetch-Site: same-origin`. A caller that sends neither is no browser; the sealed
 * request and its cookie stand for it.
 * @throws OAuthError `access_denied`
 */
export function requireSameOrigin(request: Request, issuer: string): void {
  const site = request.headers.get("sec-fetch-site");
  const origin = request.headers.get("origin");
  if (site === "same-origin") return;
  const fromElsewhere = site !== null || (origin !== null && origin !== new URL(issuer).origin);
  if (!fromElsewhere) return;
  throw new OAuthError("access_denied", "This form was sent from another site, so nothing was done.", {
    detail: `Sec-Fetch-Site ${site ?? "-"}, Origin ${origin ?? "-"}`,
  });
}
