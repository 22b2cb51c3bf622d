import { readAddress } from "../core/email-address.ts";
import { type Html, html, nameOf } from "./html.ts";
import { CAUTION_ICON } from "./icons.ts";
import { layout } from "./layout.ts";
import type { Look } from "./look.ts";

export type NotAdmittedValues = {
  readonly look: Look;
  /** The name that the person knows themselves by; undefined where none is known. */
  readonly personName: string | undefined;
  /** How they recognise the account: an address or a login. */
  readonly label: string;
  /** Where they signed in, as the button says it: `Google`. */
  readonly methodLabel: string;
  /** The sign-in page, where another account can be chosen. */
  readonly switchUrl: string;
  /** Whom to ask, in the operator's words: text, an address, or an https URL. Undefined for the operator. */
  readonly contact: string | undefined;
  /** Also in the operator's log line, which has the reason. */
  readonly correlationId: string;
};

/** For a person who proved who they are, and may not come in. The reason is the operator's, so the log alone has it. */
export function notAdmittedPage(values: NotAdmittedValues): string {
  const { look, personName, label, methodLabel, switchUrl, contact, correlationId } = values;
  const texts = look.texts.notAdmitted;
  const reference = look.texts.common.referenceId(html`<code class="whole">${correlationId}</code>`);
  const body = html`<div class="centred">
<span class="mark alarm">${CAUTION_ICON}</span>
<h1>${texts.title}</h1>
<p class="soft">${texts.whatHappened(nameOf(look.name))}</p>
</div>
<dl class="facts">
<div><dt>${texts.signedInAs}</dt><dd>${account(personName, label)}</dd></div>
<div><dt>${texts.with}</dt><dd>${nameOf(methodLabel)}</dd></div>
</dl>
<p><a class="button" href="${switchUrl}">${texts.useAnotherAccount}</a></p>
<div class="notice"><div><p><strong>${texts.shouldHaveAccess}</strong></p><p>${whatToDo(contact, look)}</p></div></div>
<p class="soft small centred">${reference}</p>`;
  return layout({ look, title: texts.title, body });
}

function account(name: string | undefined, label: string): Html {
  if (name === undefined || name === label) return html`<strong>${nameOf(label)}</strong>`;
  return html`<p><strong>${nameOf(name)}</strong></p><p class="soft small">${nameOf(label)}</p>`;
}

function whatToDo(contact: string | undefined, { texts }: Look): Html | string {
  if (contact === undefined) return texts.notAdmitted.contactOperator;
  if (URL.parse(contact)?.protocol === "https:") {
    return texts.notAdmitted.askAt(html`<a href="${contact}">${contact}</a>`);
  }
  const whom = readAddress(contact)
    ? html`<a href="mailto:${contact.split("@").map(encodeURIComponent).join("@")}">${contact}</a>`
    : html`<bdi>${contact}</bdi>`;
  return texts.notAdmitted.contact(whom);
}
