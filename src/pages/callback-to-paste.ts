import type { ClientIdentity } from "../core/client.ts";
import { clientName } from "./client.ts";
import { html } from "./html.ts";
import { CAUTION_ICON, CHECK_ICON } from "./icons.ts";
import { layout } from "./layout.ts";

export type CallbackToPasteValues = {
  readonly appName: string;
  readonly client: ClientIdentity;
  /** The client's redirect URI with the answer in its query. */
  readonly url: string;
  readonly minutes: number;
  /** Where the person can end the connection. */
  readonly accountUrl: string;
};

/**
 * For an app on another computer: the URL that the browser cannot bring there, for the person to copy. Never a link, which could be followed
 * here or dragged elsewhere. A click selects the text; a field over it takes the focus of the keyboard, and has it for screen readers.
 */
export function callbackToPastePage({
  appName,
  client,
  url,
  minutes,
  accountUrl,
}: CallbackToPasteValues): string {
  const body = html`<div class="centred">
<span class="mark good">${CHECK_ICON}</span>
<h1>Approved. Now take this to your app</h1>
<p class="soft">${clientName(client, "Your app")} on the other computer waits for this callback URL. Copy all of it, and paste it there.</p>
</div>
<div class="notice caution">${CAUTION_ICON}<div>
<p><strong>Paste this only into the app that you started yourself.</strong></p>
<p>If a website, a chat or a person asks you for it, don’t give it to them: they would get into your account.</p>
</div></div>
<div>
<label for="callback">Callback URL</label>
<div class="copied">
<pre class="whole" aria-hidden="true">${url}</pre>
<input type="text" id="callback" value="${url}" readonly aria-describedby="callback-more">
</div>
<p class="soft small hint" id="callback-more">It works once, within ${minutes} minutes. Then you can close this window.</p>
</div>
<p class="soft small">Did you paste it somewhere else? End the connection on <a href="${accountUrl}">your account page</a>.</p>`;
  return layout({ appName, title: "Paste this into your app", body });
}
