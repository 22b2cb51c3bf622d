import type { OfferedOrganization } from "../../core/organization.ts";
import { type Html, html, nameOf, shownName, undeceiving } from "../html.ts";
import type { Look } from "../look.ts";

/** What a person may let the client act in. */
export type OrganizationChoice = {
  /** What the operator calls one of them: `Workspace`. */
  readonly called: string;
  /** At least one. */
  readonly offered: readonly OfferedOrganization[];
  /** The id of the one that is ticked at first; undefined for none. */
  readonly suggested: string | undefined;
};

/** The only one that there is, among the facts of the page; undefined where there are several. */
export function onlyOrganization({ called, offered: [only, second] }: OrganizationChoice): Html | undefined {
  if (!only || second) return undefined;
  return html`<div><dt>${called}</dt><dd>
<div class="organization">${picture(only)}<strong>${nameOf(only.name)}</strong></div>
${description(only, undefined)}
</dd></div>`;
}

/** What the form sends of the choice: the only one, or the one that the person ticks. */
export function organizationField(choice: OrganizationChoice, look: Look): Html {
  const { called, offered, suggested } = choice;
  const [only, second] = offered;
  if (!second) return html`<input type="hidden" name="organization" value="${only?.id ?? ""}">`;
  // In a long list, what is ticked must not be out of sight.
  const ticked = offered.filter(({ id }) => id === suggested);
  const inOrder = [...ticked, ...offered.filter((one) => !ticked.includes(one))];
  return html`<fieldset>
<legend>${called}</legend>
<p class="soft small">${look.texts.consent.appliesToChosen}</p>
<ul class="scopes organizations">
${inOrder.map((one, index) => organizationItem(one, `organization-${index}`, choice))}
</ul>
</fieldset>`;
}

function organizationItem(one: OfferedOrganization, id: string, choice: OrganizationChoice): Html {
  const { offered, suggested } = choice;
  const isDescribed = one.description !== undefined;
  const pictures = offered.some((each) => each.picture !== undefined);
  return html`<li class="scope">
<input type="radio" id="${id}" name="organization" value="${one.id}" required${isDescribed ? html` aria-describedby="${id}-more"` : undefined}${one.id === suggested ? " checked" : ""}>
<label for="${id}" class="organization">${pictures ? (picture(one) ?? initial(one)) : undefined}${nameOf(one.name)}</label>
${description(one, `${id}-more`)}
</li>
`;
}

function description({ description: text }: OfferedOrganization, id: string | undefined): Html | undefined {
  if (text === undefined) return undefined;
  return html`<p class="more soft small"${id === undefined ? undefined : html` id="${id}"`}><bdi>${undeceiving(text)}</bdi></p>`;
}

/** Decoration: the name stands beside it. */
function picture({ picture: url }: OfferedOrganization): Html | undefined {
  return url === undefined
    ? undefined
    : html`<img class="picture" src="${url}" alt="" width="24" height="24">`;
}

function initial({ name }: OfferedOrganization): Html {
  const [first = "?"] = shownName(name).match(/[\p{L}\p{N}]/u) ?? [];
  return html`<span class="picture" aria-hidden="true">${first.toUpperCase()}</span>`;
}
