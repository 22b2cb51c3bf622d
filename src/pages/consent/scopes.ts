import { type Html, html } from "../html.ts";

const TEXTS = {
  legend: "What it can do",
  newLegend: "New in this request",
  beforeLegend: "What you approved before",
  asksForMore: "You approved this app before. This request asks for more.",
  asksForMoreById: "You approved an app with this ID before. This request asks for more.",
  earlierStays: "The earlier connection keeps what it has, whatever you choose here.",
  always: "Always included.",
  scope: "Scope:",
  tools: (count: number) => (count === 1 ? "Tool:" : "Tools:"),
};

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
export function scopeList(scopes: readonly ConsentScope[], isSameApp: boolean): Html {
  const items = scopes.map((scope, index) => ({ ...scope, id: `scope-${index}` }));
  const added = items.filter(({ isNew }) => isNew);
  if (added.length === 0) return group(TEXTS.legend, items);
  const before = items.filter(({ isNew }) => !isNew);
  return html`${group(TEXTS.newLegend, added, isSameApp ? TEXTS.asksForMore : TEXTS.asksForMoreById)}
${before.length > 0 ? group(TEXTS.beforeLegend, before, TEXTS.earlierStays) : undefined}`;
}

type Item = ConsentScope & { readonly id: string };

function group(legend: string, items: readonly Item[], hint?: string): Html {
  return html`<fieldset>
<legend>${legend}</legend>
${hint === undefined ? undefined : html`<p class="soft small">${hint}</p>`}
<ul class="scopes">
${items.map(scopeItem)}
</ul>
</fieldset>`;
}

function scopeItem({ id, scope, description, tools, locked, checked }: Item): Html {
  const ticks = html`${locked || checked ? " checked" : ""}${locked ? " disabled" : ""}`;
  return html`<li class="scope">
<input type="checkbox" id="${id}" name="scope" value="${scope}" aria-describedby="${id}-more"${ticks}>
<label for="${id}">${description}</label>
<p class="more" id="${id}-more">${locked ? `${TEXTS.always} ` : ""}${toolsOf(tools)}${TEXTS.scope} <code>${scope}</code></p>
</li>
`;
}

function toolsOf(tools: readonly string[]): Html | undefined {
  if (tools.length === 0) return undefined;
  const names = tools.map((tool, index) => html`${index > 0 ? ", " : ""}<code>${tool}</code>`);
  return html`${TEXTS.tools(tools.length)} ${names}. `;
}
