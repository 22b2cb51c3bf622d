import { type Html, html, nameOf } from "../html.ts";
import { moment } from "../moment.ts";
import { actionForm } from "./form.ts";
import type { AccountIdentity, AccountValues } from "./values.ts";

export function identitiesSection(values: AccountValues): Html {
  const { look, identities, links } = values;
  const texts = look.texts.account.identities;
  const buttons = links.map(({ name, label }) =>
    actionForm(
      values,
      "link",
      html`<input type="hidden" name="method" value="${name}">
<button type="submit" class="plain">${texts.link(nameOf(label))}</button>`,
    ),
  );
  return html`<section aria-labelledby="identities">
<h2 id="identities">${texts.heading}</h2>
<ul class="rows">
${identities.map((identity, index) => identityRow(identity, index, values))}
</ul>
${buttons.length > 0 ? html`<div class="side-by-side">${buttons}</div>` : undefined}
</section>`;
}

function identityRow(identity: AccountIdentity, index: number, values: AccountValues): Html {
  const { id, label, method, createdAt, usedAt, removal } = identity;
  const { look } = values;
  const { account, common } = look.texts;
  const [title, button] = [`identity-${index}`, `remove-${index}`];
  const remove = actionForm(
    values,
    "unlink",
    html`<input type="hidden" name="identity" value="${id}">
<button type="submit" class="plain" id="${button}" aria-labelledby="${button} ${title}">${common.remove}</button>`,
  );
  return html`<li class="row"><div>
<p id="${title}"><strong>${nameOf(method)}</strong> ${nameOf(label)}</p>
<p class="soft small">${common.since(moment(createdAt, look))} ${usedAt === null ? common.notUsedYet : common.lastUsed(moment(usedAt, look))}</p>
</div>
${removal === "possible" ? remove : html`<p class="soft small">${account.identities.notRemoved[removal]}</p>`}
</li>
`;
}
