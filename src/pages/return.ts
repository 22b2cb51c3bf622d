import { redirectKind } from "../core/redirect-uri.ts";
import { html, nameOf } from "./html.ts";
import { CHECK_ICON, CROSS_ICON } from "./icons.ts";
import { layout } from "./layout.ts";

export type ReturnValues = {
  readonly appName: string;
  readonly clientName: string | null;
  /** The client's private-use address with the answer in its query. */
  readonly url: string;
  readonly approved: boolean;
};

/**
 * Leads back into an app on this device. A redirect to a scheme like `cursor://` leaves the person looking at the page
 * they came from, or does nothing at all; this page opens the app and says that the work is done.
 * @throws OAuthError `invalid_redirect_uri` for an address that could run script here.
 */
export function returnPage({ appName, clientName, url, approved }: ReturnValues): string {
  // Only a TrustedRedirect comes here; but a `javascript:` address in `href` would be script, so it is asked once more.
  redirectKind(url);
  const title = approved ? "Approved" : "Denied";
  const client = nameOf(clientName, "your app");
  const body = html`<div class="centred">
<span class="mark ${approved ? "good" : "theirs"}">${approved ? CHECK_ICON : CROSS_ICON}</span>
<h1>${title}</h1>
<p class="soft">${approved ? html`You approved ${client}.` : html`You denied ${client}. It was given nothing.`} If your browser asks whether to open the app, say yes. Then you can close this window.</p>
</div>
<p><a class="button" href="${url}">Go on to ${client}</a></p>`;
  const head = html`<meta http-equiv="refresh" content="0;url=${url}">`;
  return layout({ appName, title, body, head });
}
