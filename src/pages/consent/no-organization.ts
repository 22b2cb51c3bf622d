import type { ClientIdentity } from "../../core/client.ts";
import { clientName } from "../client.ts";
import { html, nameOf } from "../html.ts";
import { CAUTION_ICON } from "../icons.ts";
import { layout } from "../layout.ts";
import type { Look } from "../look.ts";

export type NoOrganizationValues = {
  readonly look: Look;
  /** What the operator calls one of them: `Workspace`. */
  readonly called: string;
  /** Who is signed in, in words that they know themselves by. */
  readonly personName: string;
  /** Where to sign in as someone else. */
  readonly switchAction: string;
  readonly client: ClientIdentity;
  /** Also in the operator's log line. */
  readonly correlationId: string;
};

/** For a person who belongs to nothing that an app could act in, where the operator says that an app needs it. */
export function noOrganizationPage(values: NoOrganizationValues): string {
  const { look, called, personName, switchAction, client, correlationId } = values;
  const { consent, common } = look.texts;
  const texts = consent.noOrganization;
  const body = html`<div class="centred">
<span class="mark alarm">${CAUTION_ICON}</span>
<h1>${texts.heading(clientName(client, look))}</h1>
<p class="soft">${texts.whatHappened(nameOf(called))}</p>
</div>
<dl class="facts">
<div><dt>${consent.signedInAs}</dt><dd><strong>${nameOf(personName)}</strong></dd></div>
</dl>
<p><a class="button" href="${switchAction}">${consent.useAnotherAccount}</a></p>
<div class="notice"><div><p><strong>${texts.whatToDoHeading}</strong></p><p>${texts.whatToDo}</p></div></div>
<p class="soft small centred">${common.referenceId(html`<code class="whole">${correlationId}</code>`)}</p>`;
  return layout({ look, title: texts.title, body });
}
