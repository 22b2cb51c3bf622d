import { type Html, html, nameOf, undeceiving } from "../html.ts";
import type { Look } from "../look.ts";
import type { AccountValues } from "./values.ts";

const MOST_LISTED = 30;

export function personSection({ look, person }: AccountValues): Html {
  const { id, name, emails, groups } = person;
  const texts = look.texts.account.person;
  return html`<section aria-labelledby="who">
<h2 id="who">${texts.heading}</h2>
<dl class="facts">
${name === undefined ? undefined : html`<div><dt>${texts.name}</dt><dd><strong>${nameOf(name)}</strong></dd></div>`}
<div><dt>${texts.id}</dt><dd><bdi>${undeceiving(id)}</bdi></dd></div>
${facts(texts.addresses(emails.length), emails, look)}
${facts(texts.groups(groups.length), groups, look)}
</dl>
</section>`;
}

function facts(heading: string, values: readonly string[], { texts }: Look): Html | undefined {
  if (values.length === 0) return undefined;
  const more = values.length - MOST_LISTED;
  const listed = values.slice(0, MOST_LISTED).map((value) => html`<dd>${nameOf(value)}</dd>`);
  return html`<div><dt>${heading}</dt>${listed}${more > 0 ? html`<dd>${texts.account.person.andMore(more)}</dd>` : undefined}</div>`;
}
