import { type Html, html } from "../html.ts";
import { CAUTION_ICON, CHECK_ICON } from "../icons.ts";
import { actionForm } from "./form.ts";
import type { Notice } from "./notices.ts";
import type { AccountValues } from "./values.ts";

/** What a page of the account says first. */
export function noticeBox({ text, changed }: Notice): Html {
  const [kind, icon] = changed ? ["good", CHECK_ICON] : ["caution", CAUTION_ICON];
  return html`<div class="notice ${kind}" role="status">${icon}<div><p>${text}</p></div></div>`;
}

/** Before a change, where the sign-in is too old for one. */
export function signInAgain(values: Pick<AccountValues, "look" | "action" | "pageToken">): Html {
  const { texts } = values.look;
  return html`<div class="notice row"><div>
<p>${texts.account.signInAgainFirst}</p>
</div>
${actionForm(values, "sign_in_again", html`<button type="submit" class="plain">${texts.common.signInAgain}</button>`)}
</div>`;
}
