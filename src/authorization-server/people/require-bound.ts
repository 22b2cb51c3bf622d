import { PageError, type Says } from "../../pages/page-error.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Bound, BrowserBinding } from "./browser-binding.ts";

/**
 * Refuses what was sealed for another browser, or is over time.
 * @param request what came from the browser, with its cookies
 * @param advises what the page advises, where that is not to connect again
 * @throws OAuthError for a page
 */
export function requireBound(
  bound: Bound,
  request: Request,
  { binding, clock }: { readonly binding: Pick<BrowserBinding, "browserOf">; readonly clock: Clock },
  advises?: Says,
): void {
  // Before its age: a link that somebody else made must not be told apart from an old one.
  const browser = binding.browserOf(request, bound);
  if (bound.browser !== browser) {
    throw new PageError("access_denied", ({ error }) => error.requestEnded, {
      detail: browser === undefined ? "no cookie for it" : "its cookie is another browser's",
      advises,
    });
  }
  if (clock() >= bound.endsAt) {
    throw new PageError("invalid_request", ({ error }) => error.signInExpired, {
      detail: "expired",
      advises,
    });
  }
}
