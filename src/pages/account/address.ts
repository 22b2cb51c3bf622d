import { type Html, html, nameOf } from "../html.ts";
import type { Look } from "../look.ts";
import { emailField, problemNotice } from "../mail-ask.ts";
import { codeField } from "../mail-code.ts";

export type AccountAddressValues = {
  readonly look: Look;
  /** The address now. */
  readonly address: string;
  readonly canChange: boolean;
  readonly problem: string | undefined;
  /** The form that asks for a change, around its fields. */
  readonly change: (fields: Html) => Html;
};

/** The section in which a person changes their address. */
export function accountAddressSection(values: AccountAddressValues): Html {
  const { look, address, canChange, problem, change } = values;
  const texts = look.texts.account.address;
  const fields = html`${problemNotice(problem)}
${emailField(texts.next, "", problem, { name: "new_address" })}
<button type="submit">${texts.change}</button>`;
  return section(
    look,
    html`<p class="soft small">${texts.yours(html`<strong>${nameOf(address)}</strong>`)} ${canChange ? texts.twoCodes : texts.signInAgainFirst}</p>
${canChange ? change(fields) : undefined}`,
  );
}

export type ConfirmAddressValues = {
  readonly look: Look;
  readonly from: string;
  readonly to: string;
  /** The id of the mail. */
  readonly mail: string;
  readonly isPrinted: boolean;
  readonly problem: string | undefined;
  readonly confirm: (fields: Html) => Html;
  readonly cancel: (fields: Html) => Html;
};

/** The same once a mail is on its way to each address. */
export function confirmAddressSection(values: ConfirmAddressValues): Html {
  const { look, from, to, mail, isPrinted, problem, confirm, cancel } = values;
  const { account, common } = look.texts;
  const texts = account.address;
  const where = isPrinted
    ? texts.printed
    : texts.sent(html`<strong>${nameOf(from)}</strong>`, html`<strong>${nameOf(to)}</strong>`);
  return section(
    look,
    html`<p class="soft small">${where} ${texts.typeBoth}</p>
${confirm(html`${problemNotice(problem)}
<input type="hidden" name="mail" value="${mail}">
${codeField("old_code", texts.oldCode, problem, true)}
${codeField("new_code", texts.newCode, problem, false)}
<button type="submit">${texts.confirm}</button>`)}
<div class="side-by-side">${cancel(html`<button type="submit" class="plain">${common.cancel}</button>`)}</div>`,
  );
}

function section({ texts }: Look, inside: Html): Html {
  return html`<section aria-labelledby="address">
<h2 id="address">${texts.account.address.heading}</h2>
${inside}
</section>`;
}
