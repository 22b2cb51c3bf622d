import type { ClientIdentity } from "../../core/client.ts";
import { clientName } from "../client.ts";
import { html, nameOf, undeceiving } from "../html.ts";
import { BOTH_WAYS_ICON } from "../icons.ts";
import { layout, ownMark, theirMark } from "../layout.ts";
import type { Look } from "../look.ts";
import { caution } from "./caution.ts";
import type { Destination } from "./destination.ts";
import { destinationFacts } from "./destination.ts";
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
  readonly scopes: readonly ConsentScope[];
  /** Whether later requests for the same or less need no page once this is approved. */
  readonly willBeRemembered?: boolean;
};

/** The page where a person decides. It posts `state`, the ticked `scope`s and `decision`: `approve` or `deny`. */
export function consentPage(values: ConsentValues): string {
  const { look, action, state, personName, switchAction, client, destination, scopes, willBeRemembered } =
    values;
  const texts = look.texts.consent;
  // Deny is the form's first button, which the Enter key presses: by accident, that must be the harmless one.
  const body = html`<div class="centred">
<div class="marks">${theirMark(client.name)}${BOTH_WAYS_ICON}${ownMark(look)}</div>
<h1>${texts.heading(clientName(client, look), nameOf(look.name))}</h1>
<p class="soft">${texts.whatItMeans}</p>
</div>
<dl class="facts">
<div><dt>${texts.sendsYouBackTo}</dt><dd>${destinationFacts(destination, look)}</dd></div>
<div><dt>${texts.signedInAs}</dt><dd class="both"><strong>${nameOf(personName)}</strong> <a href="${switchAction}">${texts.useAnotherAccount}</a></dd></div>
<div><dt>${texts.aboutThisApp}</dt><dd>${provenance(client, look)}</dd></div>
</dl>
${caution(client, destination, look)}
<form method="post" action="${action}">
<input type="hidden" name="state" value="${state}">
${scopes.length > 0 ? scopeList(scopes, look) : undefined}
${willBeRemembered ? html`<p class="soft small">${texts.willBeRemembered}</p>` : undefined}
<div class="choices settled">
<button type="submit" name="decision" value="deny">${texts.deny}</button>
<button type="submit" name="decision" value="approve">${texts.approve}</button>
</div>
</form>
<p class="soft small">${texts.appId(html`<bdi>${undeceiving(client.id)}</bdi>`)}</p>`;
  return layout({ look, title: texts.title, body });
}
