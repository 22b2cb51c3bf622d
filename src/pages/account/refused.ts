import { html } from "../html.ts";
import { CAUTION_ICON } from "../icons.ts";
import { layout } from "../layout.ts";
import type { Look } from "../look.ts";

export type AccountRefusedValues = {
  readonly look: Look;
  readonly title: string;
  readonly whatHappened: string;
  /** Where to go from here. Always an address of this server. */
  readonly link: { readonly text: string; readonly url: string };
  /** Also in the operator's log line, where there is one. */
  readonly correlationId: string;
};

/** For a change at the account page that was not made. */
export function accountRefusedPage(values: AccountRefusedValues): string {
  const { look, title, whatHappened, link, correlationId } = values;
  const body = html`<div class="centred">
<span class="mark alarm">${CAUTION_ICON}</span>
<h1>${title}</h1>
<p>${whatHappened}</p>
</div>
<p><a class="button" href="${link.url}">${link.text}</a></p>
<p class="soft small centred">${look.texts.common.referenceId(html`<code class="whole">${correlationId}</code>`)}</p>`;
  return layout({ look, title, body });
}
