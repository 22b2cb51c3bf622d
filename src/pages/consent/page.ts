import type { ClientIdentity } from "../../core/client.ts";
import { clientName } from "../client.ts";
import { html, nameOf, undeceiving } from "../html.ts";
import { BOTH_WAYS_ICON } from "../icons.ts";
import { layout, ownMark, theirMark } from "../layout.ts";
import type { Look } from "../look.ts";
import { CAUTION_ID, caution } from "./caution.ts";
import type { Destination } from "./destination.ts";
import { destinationFacts } from "./destination.ts";
import { elsewhere } from "./elsewhere.ts";
import { type OrganizationChoice, onlyOrganization, organizationField } from "./organization.ts";
import { provenance } from "./provenance.ts";
import { type ConsentScope, scopeList } from "./scopes.ts";

export type ConsentValues = {
  readonly look: Look;
  /** Where the form posts to. */
  readonly action: string;
  /** The sealed request, carried through the form. */
  readonly state: string;
  /** Who is signed in, in words that they know themselves by. */
  readonly personName: string;
  /** Where to sign in as someone else. */
  readonly switchAction: string;
  readonly client: ClientIdentity;
  readonly destination: Destination;
  /** What the client is to act in; undefined where there is nothing to choose. */
  readonly organization?: OrganizationChoice | undefined;
  readonly scopes: readonly ConsentScope[];
  /** Whether later requests for the same or less need no page once this is approved. */
  readonly willBeRemembered?: boolean;
  /** Whether the callback may be shown to paste, for an app on another computer. */
  readonly canBePasted?: boolean;
};

/**
 * The page where a person decides. It posts `state`, the `organization`, the ticked `scope`s and `decision`: `approve`,
 * `approve_elsewhere` or `deny`.
 */
export function consentPage(values: ConsentValues): string {
  const { look, action, state, personName, switchAction, client, destination, scopes, organization } = values;
  const texts = look.texts.consent;
  const warning = caution(client, destination, look);
  const heed = warning && html` aria-describedby="${CAUTION_ID}"`;
  // Deny is the form's first button, which the Enter key presses: by accident, that must be the harmless one.
  const body = html`<div class="centred">
<div class="marks">${theirMark(client.name)}${BOTH_WAYS_ICON}${ownMark(look)}</div>
<h1>${texts.heading(clientName(client, look), nameOf(look.name))}</h1>
<p class="soft">${texts.whatItMeans}</p>
</div>
<dl class="facts">
<div><dt>${texts.sendsYouBackTo}</dt><dd>${destinationFacts(destination, look)}</dd></div>
<div><dt>${texts.signedInAs}</dt><dd class="both"><strong>${nameOf(personName)}</strong> <a href="${switchAction}">${texts.useAnotherAccount}</a></dd></div>
${organization && onlyOrganization(organization)}
<div><dt>${texts.aboutThisApp}</dt><dd>${provenance(client, look)}</dd></div>
</dl>
${warning}
<form method="post" action="${action}">
<input type="hidden" name="state" value="${state}">
${organization && organizationField(organization, look)}
${scopes.length > 0 ? scopeList(scopes, destination.kind === "https", look) : undefined}
${values.willBeRemembered ? html`<p class="soft small">${texts.willBeRemembered}</p>` : undefined}
<div class="settled">
<div class="choices">
<button type="submit" name="decision" value="deny" formnovalidate>${texts.deny}</button>
<button type="submit" name="decision" value="approve"${heed}>${texts.approve}</button>
</div>
${values.canBePasted ? elsewhere(look) : undefined}
</div>
</form>
<p class="soft small">${texts.appId(html`<bdi>${undeceiving(client.id)}</bdi>`)}</p>`;
  return layout({ look, title: texts.title, body });
}
