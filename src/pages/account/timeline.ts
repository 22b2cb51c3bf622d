import { clientName } from "../client.ts";
import { type Html, html, nameOf, undeceiving } from "../html.ts";
import { layout } from "../layout.ts";
import type { Look } from "../look.ts";
import { moment } from "../moment.ts";
import type { AppEnd, Happened, TimelineEntry } from "./app-values.ts";
import { refusedLine } from "./apps.ts";
import { type PageLinks, pageLinks } from "./pages.ts";

export type TimelineValues = {
  readonly look: Look;
  /** Newest first. */
  readonly entries: readonly TimelineEntry[];
  /** What the operator calls what a person chooses for an app: `Workspace`. */
  readonly organizationsCalled: string;
  readonly links: PageLinks;
};

/** What happened with a person's apps, page by page. */
export function timelinePage(values: TimelineValues): string {
  const { look, entries, links } = values;
  const texts = look.texts.account.timeline;
  const isAll = links.newestUrl === undefined && links.olderUrl === undefined;
  const rows = html`<ul class="rows">
${entries.map((entry) => entryRow(entry, values))}
</ul>`;
  const body = html`<div>
<h1>${texts.title}</h1>
<p class="soft">${texts.intro}</p>
</div>
<div class="parts">
${entries.length === 0 ? html`<p>${isAll ? texts.none : texts.noneHere}</p>` : rows}
${pageLinks(links, look)}
</div>`;
  return layout({ look, title: texts.title, body, wide: true });
}

function entryRow({ at, address, happened }: TimelineEntry, values: TimelineValues): Html {
  const { look } = values;
  const from = address === undefined ? undefined : html`<bdi>${undeceiving(address)}</bdi>`;
  const lines = [
    ...detailsOf(happened, values),
    from && look.texts.account.timeline.from(from),
    "end" in happened && happened.end ? endLine(happened.end, look) : undefined,
  ];
  return html`<li class="row"><div>
<p>${headlineOf(happened, look)}</p>
<p class="soft small">${moment(at, look)}</p>
${lines.map((line) => line && html`<p class="soft small">${line}</p>`)}
${"refused" in happened ? refusedLine(happened.refused, look) : undefined}
</div></li>
`;
}

function headlineOf(happened: Happened, look: Look): Html {
  const texts = look.texts.account.timeline;
  const named = (client: Parameters<typeof clientName>[0], otherwise: string) =>
    html`<strong>${clientName(client, look, otherwise)}</strong>`;
  switch (happened.kind) {
    case "approved":
    case "stepped_up":
    case "denied":
      return texts[happened.kind](named(happened.client, texts.anApp));
    case "remembered":
      return texts.remembered(named(happened.client, texts.anAppFirst));
    case "ended":
      return happened.client === undefined
        ? html`${texts.allEnded}`
        : texts.ended(named(happened.client, texts.anAppFirst));
    case "other":
      return texts.others[happened.said](html`<strong>${nameOf(happened.about)}</strong>`);
  }
}

function detailsOf(
  happened: Happened,
  { look, organizationsCalled }: TimelineValues,
): readonly (Html | undefined)[] {
  const { apps, timeline: texts } = look.texts.account;
  switch (happened.kind) {
    case "denied":
    case "other":
      return [];
    case "ended":
      return [happened.reason && html`${texts.reasons[happened.reason]}`];
    default: {
      const { scopes, place, organization, wasPasted } = happened;
      return [
        scopes.length > 0 ? texts.canDo(listed(scopes)) : undefined,
        place === undefined || wasPasted ? undefined : texts.place(html`<bdi class="host">${place}</bdi>`),
        organization === undefined
          ? undefined
          : apps.organization(organizationsCalled, html`<strong>${nameOf(organization)}</strong>`),
        wasPasted ? html`${texts.wasPasted}` : undefined,
      ];
    }
  }
}

function listed(scopes: readonly string[]): Html {
  return html`${scopes.map((scope, index) => html`${index > 0 ? "; " : ""}${scope}`)}`;
}

function endLine(end: AppEnd, look: Look): Html {
  const texts = look.texts.account.timeline;
  return end === "unknown"
    ? html`${texts.hasEnded}`
    : texts.endedOn(moment(end.at, look), texts.reasons[end.reason]);
}
