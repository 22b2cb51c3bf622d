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

/**
 * What a client asks for, with a box for each. Where the person approved it before, and not all of this, what is new comes first.
 * @param isSameApp whether the address shows that it is the app of then, and not any program
 */
export function scopeList(scopes: readonly ConsentScope[], isSameApp: boolean, look: Look): Html {
  const texts = look.texts.consent.scopes;
  const items = scopes.map((scope, index) => ({ ...scope, id: `scope-${index}` }));
  const added = items.filter(({ isNew }) => isNew);
  if (added.length === 0) return group(texts.legend, undefined, items, look);
  const before = items.filter(({ isNew }) => !isNew);
  const asksForMore = isSameApp ? texts.asksForMore : texts.someAppAsksForMore;
  return html`${group(texts.newLegend, asksForMore, added, look)}
${before.length > 0 ? group(texts.beforeLegend, texts.earlierStays, before, look) : undefined}`;
}

type Item = ConsentScope & { readonly id: string };

function group(legend: string, hint: string | undefined, items: readonly Item[], look: Look): Html {
  const hintId = `${items[0]?.id ?? "scopes"}-group`;
  return html`<fieldset${hint === undefined ? undefined : html` aria-describedby="${hintId}"`}>
<legend>${legend}</legend>
${hint === undefined ? undefined : html`<p class="soft small" id="${hintId}">${hint}</p>`}
<ul class="scopes">
${items.map((item) => scopeItem(item, look))}
</ul>
</fieldset>`;
}

function scopeItem({ id, scope, description, tools, locked, checked }: Item, look: Look): Html {
  const texts = look.texts.consent.scopes;
  const ticks = html`${locked || checked ? " checked" : ""}${locked ? " disabled" : ""}`;
  return html`<li class="scope">
<input type="checkbox" id="${id}" name="scope" value="${scope}" aria-describedby="${id}-more"${ticks}>
<label for="${id}">${description}</label>
<p class="more" id="${id}-more">${locked ? html`${texts.alwaysIncluded} ` : undefined}${toolsOf(tools, look)}${texts.scope(html`<code>${scope}</code>`)}</p>
${tools.length > MOST_TOOLS ? allTools(tools, look) : undefined}
</li>
`;
}

/** Beyond these, the rest is behind a summary, and Approve within reach. */
const MOST_TOOLS = 12;

function toolsOf(tools: readonly string[], look: Look): Html | undefined {
  if (tools.length === 0) return undefined;
  const texts = look.texts.consent.scopes;
  const shown = namesOf(tools.slice(0, MOST_TOOLS));
  const more = tools.length - MOST_TOOLS;
  return html`${more > 0 ? texts.someTools(shown, more) : texts.tools(shown, tools.length)} `;
}

function allTools(tools: readonly string[], look: Look): Html {
  return html`<details class="more">
<summary>${look.texts.consent.scopes.allTools(tools.length)}</summary>
<p>${namesOf(tools)}</p>
</details>`;
}

function namesOf(tools: readonly string[]): Html {
  return html`${tools.map((tool, index) => html`${index > 0 ? ", " : ""}<code>${tool}</code>`)}`;
}
