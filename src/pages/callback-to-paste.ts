import type { ClientIdentity } from "../core/client.ts";
import { clientName } from "./client.ts";
import { html } from "./html.ts";
import { CAUTION_ICON, CHECK_ICON } from "./icons.ts";
import { layout } from "./layout.ts";
import type { Look } from "./look.ts";

export type CallbackToPasteValues = {
  readonly look: Look;
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
export function callbackToPastePage(values: CallbackToPasteValues): string {
  const { look, client, url, minutes, accountUrl } = values;
  const texts = look.texts.callbackToPaste;
  const body = html`<div class="centred">
<span class="mark good">${CHECK_ICON}</span>
<h1>${texts.heading}</h1>
<p class="soft">${texts.whatToDo(clientName(client, look, look.texts.client.yoursFirst))}</p>
</div>
<div class="notice caution">${CAUTION_ICON}<div>
<p><strong>${texts.onlyYourApp}</strong></p>
<p>${texts.nowhereElse}</p>
</div></div>
<div>
<label for="callback">${texts.label}</label>
<div class="copied">
<pre class="whole" aria-hidden="true">${url}</pre>
<input type="text" id="callback" value="${url}" readonly aria-describedby="callback-more">
</div>
<p class="soft small hint" id="callback-more">${texts.worksOnce(minutes)}</p>
</div>
<p class="soft small">${texts.pastedElsewhere(html`<a href="${accountUrl}">${texts.accountPage}</a>`)}</p>`;
  return layout({ look, title: texts.title, body });
}
