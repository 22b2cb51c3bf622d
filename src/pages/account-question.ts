import { actionForm } from "./account-sections.ts";
import type { AccountQuestion, AccountValues } from "./account-values.ts";
import { type Html, html, nameOf } from "./html.ts";

/**
 * Asks whether to link what a provider proved. It names the account by what only this server gives, its id and verified
 * addresses, beside the name: another person's account, whose cookies were planted here, can have any name.
 */
export function linkQuestion(values: AccountValues, question: AccountQuestion): Html {
  const { method, label, pageToken, noUrl } = question;
  const { id, name, emails } = values.person;
  return html`<section class="notice caution" aria-labelledby="question"><div>
<h2 id="question">Link ${nameOf(method)} (${nameOf(label)}) to the account of ${nameOf(name ?? id)}?</h2>
<p>Then signing in with ${nameOf(method)} opens this account. Only link it if you asked for this, and if this account is yours:</p>
<p>${name === undefined ? undefined : html`<strong>${nameOf(name)}</strong>, `}ID <strong>${nameOf(id)}</strong>${emails.slice(0, 1).map((email) => html`, <strong>${nameOf(email)}</strong>`)}</p>
<div class="side-by-side">
<a class="button plain" href="${noUrl}">Don’t link</a>
${actionForm({ ...values, pageToken }, "confirm_link", html`<button type="submit" class="plain">Link</button>`)}
</div>
</div></section>`;
}
