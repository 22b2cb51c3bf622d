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
  const texts = look.texts.signInAgain;
  const person = html`<strong>${nameOf(personName)}</strong>`;
  const whatHappened =
    currentName === undefined
      ? texts.noLongerSignedIn(person)
      : texts.someoneElse(person, html`<strong>${nameOf(currentName)}</strong>`);
  const body = html`<div class="centred">
<span class="mark alarm">${CAUTION_ICON}</span>
<h1>${texts.title}</h1>
<p>${whatHappened}</p>
<p class="soft">${texts.nothingDecided}</p>
</div>
<p><a class="button" href="${loginUrl}">${look.texts.common.signIn}</a></p>`;
  return layout({ look, title: texts.title, body });
}
