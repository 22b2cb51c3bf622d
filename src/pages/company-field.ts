import { type Html, html } from "./html.ts";
import type { Look } from "./look.ts";

export type CompanyFieldValues = {
  readonly look: Look;
  /** Where it is posted to. */
  readonly action: string;
  /** The sealed request, carried through the form. */
  readonly state: string;
  /** What was typed last time, or the `login_hint`. */
  readonly address: string;
  /** Whether no company has this address. */
  readonly isUnknown: boolean;
  /** Whether there is no other way to sign in. */
  readonly isOnly: boolean;
};

/** One field for the ways to sign in of several companies: the address's domain picks one. */
export function companyField(values: CompanyFieldValues): Html {
  const { look, action, state, address, isUnknown, isOnly } = values;
  const { workAddress, continueWithCompany } = look.texts.login;
  const tied = isUnknown ? html` aria-invalid="true" aria-describedby="problem"` : undefined;
  return html`<form method="post" action="${action}">
<input type="hidden" name="state" value="${state}">
<div>
<label for="address">${workAddress}</label>
<input type="text" inputmode="email" id="address" name="address" value="${address}" autocomplete="email" autocapitalize="none" autocorrect="off" spellcheck="false" required${isOnly ? html` autofocus` : undefined}${tied}>
</div>
<button type="submit"${isOnly ? undefined : html` class="plain"`}>${continueWithCompany}</button>
</form>`;
}
