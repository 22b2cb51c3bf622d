import { html, nameOf } from "./html.ts";
import { CHECK_ICON } from "./icons.ts";
import { layout } from "./layout.ts";

export type SignedOutValues = {
  readonly appName: string;
  /** The account page, which asks to sign in. */
  readonly accountUrl: string;
};

/** After a person signed out. It waits for a click: a provider where they are still signed in would sign them in again at once. */
export function signedOutPage({ appName, accountUrl }: SignedOutValues): string {
  const body = html`<div class="centred">
<span class="mark good">${CHECK_ICON}</span>
<h1>You are signed out</h1>
<p class="soft">You are no longer signed in to ${nameOf(appName)} in this browser. If you signed in with a provider, and others use this computer, sign out there too.</p>
</div>
<p><a class="button plain" href="${accountUrl}">Sign in again</a></p>`;
  return layout({ appName, title: "You are signed out", body });
}
