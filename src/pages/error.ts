import { html } from "./html.ts";
import { ALARM_ICON } from "./icons.ts";
import { layout } from "./layout.ts";
import type { Look } from "./look.ts";

export type ErrorValues = {
  readonly look: Look;
  /** A few words, such as "This request can’t continue". */
  readonly title: string;
  readonly whatHappened: string;
  readonly whatToDo: string;
  /** Also in the operator's log line, so that one finds the other. */
  readonly correlationId: string;
  readonly status?: number | undefined;
};

/**
 * What happened and what to do. There is no link on it, least of all to the address that was asked for: until that is
 * proven to be the client's, leading people there is what an attacker wants (RFC 9700 §4.11).
 */
export function errorPage({
  look,
  title,
  whatHappened,
  whatToDo,
  correlationId,
  status,
}: ErrorValues): string {
  const { whatYouCanDo, errorStatus, referenceId } = look.texts.common;
  const reference = referenceId(html`<code class="whole">${correlationId}</code>`);
  const body = html`<div class="centred">
<span class="mark alarm">${ALARM_ICON}</span>
<h1>${title}</h1>
<p>${whatHappened}</p>
</div>
<div class="notice"><div><p><strong>${whatYouCanDo}</strong></p><p>${whatToDo}</p></div></div>
<p class="soft small centred">${status === undefined ? undefined : html`${errorStatus(status)} `}${reference}</p>`;
  return layout({ look, title, body });
}
