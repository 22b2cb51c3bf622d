import { type Html, html } from "../html.ts";
import type { Look } from "../look.ts";

export type ConsentScope = {
  readonly scope: string;
  /** What it lets the client do, in plain words. */
  readonly description: string;
  readonly tools: readonly string[];
  /** Always granted: shown ticked and cannot be unticked. The browser does not send it. */
  readonly locked: boolean;
  readonly checked: boolean;
  /** Whether the person approved this client before, and not this. */
  readonly isNew?: boolean;
};

export function scopeList(scopes: readonly ConsentScope[], look: Look): Html {
  const texts = look.texts.consent.scopes;
  return html`<fieldset>
<legend>${texts.legend}</legend>
${scopes.some(({ isNew }) => isNew) ? html`<p class="soft small">${texts.someAreNew}</p>` : undefined}
<ul class="scopes">
${scopes.map((scope, index) => scopeItem(scope, index, look))}
</ul>
</fieldset>`;
}

function scopeItem(
  { scope, description, tools, locked, checked, isNew }: ConsentScope,
  index: number,
  look: Look,
): Html {
  const texts = look.texts.consent.scopes;
  const id = `scope-${index}`;
  const ticks = html`${locked || checked ? " checked" : ""}${locked ? " disabled" : ""}`;
  return html`<li class="scope">
<input type="checkbox" id="${id}" name="scope" value="${scope}" aria-describedby="${id}-more"${ticks}>
<label for="${id}">${description}${isNew ? html` <span class="tag">${texts.isNew}</span>` : undefined}</label>
<p class="more" id="${id}-more">${locked ? html`${texts.alwaysIncluded} ` : undefined}${toolsOf(tools, look)}${texts.scope(html`<code>${scope}</code>`)}</p>
</li>
`;
}

function toolsOf(tools: readonly string[], { texts }: Look): Html | undefined {
  if (tools.length === 0) return undefined;
  const names = html`${tools.map((tool, index) => html`${index > 0 ? ", " : ""}<code>${tool}</code>`)}`;
  return html`${texts.consent.scopes.tools(names, tools.length)} `;
}
