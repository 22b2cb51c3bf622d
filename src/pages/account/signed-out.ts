import { html, nameOf } from "../html.ts";
import { CHECK_ICON } from "../icons.ts";
import { layout } from "../layout.ts";
import type { Look } from "../look.ts";

export type SignedOutValues = {
  readonly look: Look;
  /** The account page, which asks to sign in. */
  readonly accountUrl: string;
};

/** After a person signed out. It waits for a click: a provider where they are still signed in would sign them in again at once. */
export function signedOutPage({ look, accountUrl }: SignedOutValues): string {
  const { account, common } = look.texts;
  const { title, whatItMeans } = account.signedOut;
  const body = html`<div class="centred">
<span class="mark good">${CHECK_ICON}</span>
<h1>${title}</h1>
<p class="soft">${whatItMeans(nameOf(look.name))}</p>
</div>
<p><a class="button plain" href="${accountUrl}">${common.signInAgain}</a></p>`;
  return layout({ look, title, body });
}
