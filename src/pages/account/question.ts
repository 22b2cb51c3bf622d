import { type Html, html, nameOf } from "../html.ts";
import { actionForm } from "./form.ts";
import type { AccountQuestion, AccountValues } from "./values.ts";

/**
 * Asks whether to link what a provider proved. It names the account by what only this server gives, its id and verified
 * addresses, beside the name: another person's account, whose cookies were planted here, can have any name.
 */
export function linkQuestion(values: AccountValues, question: AccountQuestion): Html {
  const { method, label, pageToken, noUrl } = question;
  const { id, name, emails } = values.person;
  const texts = values.look.texts.account.question;
  const account = [
    ...(name === undefined ? [] : [strong(name)]),
    texts.id(strong(id)),
    ...emails.slice(0, 1).map(strong),
  ];
  return html`<section class="notice caution" aria-labelledby="question"><div>
<h2 id="question">${texts.heading(nameOf(method), nameOf(label), nameOf(name ?? id))}</h2>
<p>${texts.whatItMeans(nameOf(method))}</p>
<p>${account.map((part, index) => html`${index > 0 ? ", " : ""}${part}`)}</p>
<div class="side-by-side">
<a class="button plain" href="${noUrl}">${texts.no}</a>
${actionForm({ ...values, pageToken }, "confirm_link", html`<button type="submit" class="plain">${texts.yes}</button>`)}
</div>
</div></section>`;
}

function strong(text: string): Html {
  return html`<strong>${nameOf(text)}</strong>`;
}
