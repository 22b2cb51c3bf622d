import { html, nameOf } from "./html.ts";
import { CAUTION_ICON } from "./icons.ts";
import { layout } from "./layout.ts";
import type { Look } from "./look.ts";

export type SignInAgainValues = {
  readonly look: Look;
  /** Who signed in for the request. */
  readonly personName: string;
  /** Who is signed in now; undefined where no one is, as far as this request goes. */
  readonly currentName: string | undefined;
  /** The login page, for the same request. */
  readonly loginUrl: string;
};

/** For a consent page whose person is no longer signed in, or not in this browser. */
export function signInAgainPage({ look, personName, currentName, loginUrl }: SignInAgainValues): string {
  const whatHappened =
    currentName === undefined
      ? html`<strong>${nameOf(personName)}</strong> is no longer signed in for this request.`
      : html`This request is for <strong>${nameOf(personName)}</strong>, but you are now signed in as <strong>${nameOf(currentName)}</strong>.`;
  const body = html`<div class="centred">
<span class="mark alarm">${CAUTION_ICON}</span>
<h1>Sign in again to continue</h1>
<p>${whatHappened}</p>
<p class="soft">Nothing is approved or denied yet. Sign in with the account to connect.</p>
</div>
<p><a class="button" href="${loginUrl}">Sign in</a></p>`;
  return layout({ look, title: "Sign in again to continue", body });
}
