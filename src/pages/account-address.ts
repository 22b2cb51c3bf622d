import { type Html, html, nameOf } from "./html.ts";
import { emailField, problemNotice } from "./mail-ask.ts";
import { codeField } from "./mail-code.ts";

export type AccountAddressValues = {
  /** The address now. */
  readonly address: string;
  readonly canChange: boolean;
  readonly problem: string | undefined;
  /** The form that asks for a change, around its fields. */
  readonly change: (fields: Html) => Html;
};

/** The section in which a person changes their address. */
export function accountAddressSection({ address, canChange, problem, change }: AccountAddressValues): Html {
  const fields = html`${problemNotice(problem)}
${emailField("New address", "", problem, { name: "new_address" })}
<button type="submit">Change address</button>`;
  return section(html`<p class="soft small">Your address is <strong>${nameOf(address)}</strong>. ${
    canChange
      ? "When you change it, you type a code from the old address and one from the new."
      : "To change it, sign in again first."
  }</p>
${canChange ? change(fields) : undefined}`);
}

export type ConfirmAddressValues = {
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
  const { from, to, mail, isPrinted, problem, confirm, cancel } = values;
  const where = isPrinted
    ? "This server printed a code for each of the two addresses on the terminal where it was started."
    : html`A code is on its way to each of your addresses, <strong>${nameOf(from)}</strong> and <strong>${nameOf(to)}</strong>.`;
  return section(html`<p class="soft small">${where} Type both within ten minutes. Until then, your address stays as it is.</p>
${confirm(html`${problemNotice(problem)}
<input type="hidden" name="mail" value="${mail}">
${codeField("old_code", "Code of your current address", problem, true)}
${codeField("new_code", "Code of your new address", problem, false)}
<button type="submit">Confirm new address</button>`)}
<div class="side-by-side">${cancel(html`<input type="hidden" name="mail" value="${mail}">
<button type="submit" class="plain">Cancel</button>`)}</div>`);
}

function section(inside: Html): Html {
  return html`<section aria-labelledby="address">
<h2 id="address">Email address</h2>
${inside}
</section>`;
}
