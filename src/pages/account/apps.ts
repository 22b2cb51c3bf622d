import { clientName } from "../client.ts";
import { provenance } from "../consent/provenance.ts";
import { type Html, html, nameOf } from "../html.ts";
import type { Look } from "../look.ts";
import { moment } from "../moment.ts";
import type { AccountApp, AppScope, AppsValues } from "./app-values.ts";
import { actionForm } from "./form.ts";
import type { AccountValues } from "./values.ts";

type ListValues = Pick<AccountValues, "look" | "action" | "pageToken"> & AppsValues;

export function appsSection(values: AccountValues): Html {
  const { look, apps } = values;
  const texts = look.texts.account;
  return html`<section aria-labelledby="apps">
<h2 id="apps">${texts.apps.heading}</h2>
${appList({ ...values, ...apps }, "account")}
<div class="side-by-side">
${apps.allUrl === undefined ? undefined : html`<a class="button plain" href="${apps.allUrl}">${texts.apps.all}</a>`}
<a class="button plain" href="${apps.timelineUrl}">${texts.timeline.title}</a>
${apps.apps.length > 0 ? disconnectAll(values, "account") : undefined}
</div>
</section>`;
}

/** Which page a button is on, and leads back to. */
export type AppsView = "account" | "apps";

export function appList(values: ListValues, view: AppsView): Html {
  const texts = values.look.texts.account.apps;
  if (values.apps.length === 0) return html`<p class="soft small">${texts.none}</p>`;
  return html`<p class="soft small">${texts.intro}</p>
<ul class="rows">
${values.apps.map((app, index) => appRow(app, index, values, view))}
</ul>`;
}

export function disconnectAll(
  values: Pick<ListValues, "look" | "action" | "pageToken">,
  view: AppsView,
): Html {
  const { disconnectAll } = values.look.texts.account.apps;
  return actionForm(
    values,
    "end_all_apps",
    html`${viewField(view)}<button type="submit" class="plain">${disconnectAll}</button>`,
  );
}

function appRow(app: AccountApp, index: number, values: ListValues, view: AppsView): Html {
  const { look, organizationsCalled } = values;
  const { account, common } = look.texts;
  const texts = account.apps;
  const { client, isKnown, place, organization } = app;
  const [title, button] = [`app-${index}`, `end-app-${index}`];
  const disconnect = actionForm(
    values,
    "end_app",
    html`<input type="hidden" name="grant" value="${app.id}">${viewField(view)}
<button type="submit" class="plain" id="${button}" aria-labelledby="${button} ${title}">${texts.disconnect}</button>`,
  );
  const address = place && html`<bdi class="host">${place.shown}</bdi>`;
  const lines = [
    isKnown ? provenance(client, look) : html`${texts.unknown}`,
    place && address && texts.place[place.kind](address),
    organization === undefined
      ? undefined
      : texts.organization(organizationsCalled, html`<strong>${nameOf(organization)}</strong>`),
  ];
  return html`<li class="row app"><div>
<p id="${title}"><strong>${clientName(client, look)}</strong></p>
${lines.map((line) => line && html`<p class="soft small">${line}</p>`)}
${scopesOf(app.scopes, look)}
<p class="soft small">${common.since(moment(app.approvedAt, look))} ${usesOf(app, look)}</p>
${refusedLine(app.refused, look)}
</div>
${disconnect}
</li>
`;
}

function viewField(view: AppsView): Html {
  return html`<input type="hidden" name="view" value="${view}">`;
}

function scopesOf(scopes: readonly AppScope[], look: Look): Html | undefined {
  if (scopes.length === 0) return undefined;
  return html`<p class="small">${look.texts.account.apps.canDo}</p>
<ul class="small">
${scopes.map(({ description, tools }) => html`<li>${description}${toolsOf(tools, look)}</li>`)}
</ul>`;
}

function toolsOf(tools: readonly string[], { texts }: Look): Html | undefined {
  if (tools.length === 0) return undefined;
  const names = html`${tools.map((tool, index) => html`${index > 0 ? ", " : ""}<code>${tool}</code>`)}`;
  return html` <span class="soft">${texts.consent.scopes.tools(names, tools.length)}</span>`;
}

function usesOf({ isConnected, refreshedAt, usedAt }: AccountApp, look: Look): Html {
  const { account, common } = look.texts;
  if (!isConnected) return html`${account.apps.notConnectedYet}`;
  // Of what the app got at once, the first use is on record, and no later one.
  if (refreshedAt === null) {
    return usedAt === null ? html`${common.notUsedYet}` : account.apps.firstUsed(moment(usedAt, look));
  }
  const since =
    usedAt === null || usedAt < refreshedAt
      ? html`${account.apps.notUsedSince}`
      : account.apps.usedSince(moment(usedAt, look));
  return html`${account.apps.refreshed(moment(refreshedAt, look))} ${since}`;
}

/** Why the app was refused last, for its person. */
export function refusedLine(refused: AccountApp["refused"], look: Look): Html | undefined {
  if (!refused) return undefined;
  const texts = look.texts.account.apps;
  return html`<p class="small">${texts.refused(moment(refused.at, look), texts.refusals[refused.why])}</p>`;
}
