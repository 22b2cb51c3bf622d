import { OAuthError } from "../../core/errors.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Bound, BrowserBinding } from "./browser-binding.ts";

/**
 * Refuses what was sealed for another browser, or is over time.
 * @param request what came from the browser, with its cookies
 * @param whatToDo what the page advises, where that is not to connect again
 * @throws OAuthError for a page
 */
export function requireBound(
  bound: Bound,
  request: Request,
  { binding, clock }: { readonly binding: Pick<BrowserBinding, "browserOf">; readonly clock: Clock },
  whatToDo?: string,
): void {
  const advice = whatToDo === undefined ? {} : { whatToDo };
  // Before its age: a link that somebody else made must not be told apart from an old one.
  const browser = binding.browserOf(request, bound);
  if (bound.browser !== browser) {
    throw new OAuthError(
      "access_denied",
      "This request has ended, was started in another browser, or too many others were started after it.",
      { detail: browser === undefined ? "no cookie for it" : "its cookie is another browser's", ...advice },
    );
  }
  if (clock() >= bound.endsAt) {
    throw new OAuthError("invalid_request", "This sign-in has expired.", { detail: "expired", ...advice });
  }
}
