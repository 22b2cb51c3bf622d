import { readAddress } from "../core/email-address.ts";
import { type Html, html, nameOf } from "./html.ts";
import { CAUTION_ICON } from "./icons.ts";
import { layout } from "./layout.ts";

export type NotAdmittedValues = {
  readonly appName: string;
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
  const { appName, personName, label, methodLabel, switchUrl, contact, correlationId } = values;
  const body = html`<div class="centred">
<span class="mark alarm">${CAUTION_ICON}</span>
<h1>You can’t use ${nameOf(appName)} with this account</h1>
<p class="soft">You are signed in, but this account isn’t allowed here. No app was connected.</p>
</div>
<dl class="facts">
<div><dt>Signed in as</dt><dd>${account(personName, label)}</dd></div>
<div><dt>With</dt><dd>${nameOf(methodLabel)}</dd></div>
</dl>
<p><a class="button" href="${switchUrl}">Use another account</a></p>
<div class="notice"><div><p><strong>Should this account have access?</strong></p><p>Ask ${whom(contact)} and give the reference ID below.</p></div></div>
<p class="soft small centred">Reference ID: <code class="whole">${correlationId}</code></p>`;
  return layout({ appName, title: "This account isn’t allowed", body });
}

function account(name: string | undefined, label: string): Html {
  if (name === undefined || name === label) return html`<strong>${nameOf(label)}</strong>`;
  return html`<p><strong>${nameOf(name)}</strong></p><p class="soft small">${nameOf(label)}</p>`;
}

function whom(contact: string | undefined): Html {
  if (contact === undefined) return html`the operator of this server`;
  const link = linkOf(contact);
  return link === undefined ? html`<bdi>${contact}</bdi>` : html`<a href="${link}">${contact}</a>`;
}

function linkOf(contact: string): string | undefined {
  if (readAddress(contact)) return `mailto:${contact.split("@").map(encodeURIComponent).join("@")}`;
  return URL.parse(contact)?.protocol === "https:" ? contact : undefined;
}
