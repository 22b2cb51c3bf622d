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
  const body = html`<div class="centred">
<span class="mark alarm">${CAUTION_ICON}</span>
<h1>This account can’t be used here</h1>
<p class="soft">You signed in, but this account isn’t allowed to use ${nameOf(look.name)}. No app was connected.</p>
</div>
<dl class="facts">
<div><dt>Signed in as</dt><dd>${account(personName, label)}</dd></div>
<div><dt>With</dt><dd>${nameOf(methodLabel)}</dd></div>
</dl>
<p><a class="button" href="${switchUrl}">Use another account</a></p>
<div class="notice"><div><p><strong>Should this account have access?</strong></p><p>${whatToDo(contact)}</p></div></div>
<p class="soft small centred">Reference ID: <code class="whole">${correlationId}</code></p>`;
  return layout({ look, title: "This account can’t be used here", body });
}

function account(name: string | undefined, label: string): Html {
  if (name === undefined || name === label) return html`<strong>${nameOf(label)}</strong>`;
  return html`<p><strong>${nameOf(name)}</strong></p><p class="soft small">${nameOf(label)}</p>`;
}

function whatToDo(contact: string | undefined): Html {
  if (contact === undefined) return html`Contact the operator of this server with the reference ID below.`;
  if (URL.parse(contact)?.protocol === "https:") {
    return html`Ask for access at <a href="${contact}">${contact}</a> with the reference ID below.`;
  }
  const whom = readAddress(contact)
    ? html`<a href="mailto:${contact.split("@").map(encodeURIComponent).join("@")}">${contact}</a>`
    : html`<bdi>${contact}</bdi>`;
  return html`Contact ${whom} with the reference ID below.`;
}
