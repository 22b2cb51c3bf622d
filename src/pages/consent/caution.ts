import { type ClientIdentity, documentHost } from "../../core/client.ts";
import { type Html, html } from "../html.ts";
import { CAUTION_ICON } from "../icons.ts";
import type { Look } from "../look.ts";
import type { Destination } from "./destination.ts";

/** One notice, however many reasons there are for it: the second would not be read. */
export function caution(client: ClientIdentity, destination: Destination, look: Look): Html | undefined {
  const warning =
    destination.kind === "loopback"
      ? loopbackWarning(client, look)
      : elsewhereWarning(client, destination, look);
  return (
    warning &&
    html`<div class="notice caution">${CAUTION_ICON}<div>
${warning}
</div></div>`
  );
}

/** Whose program listens there, nothing can tell: however well the client is known. */
function loopbackWarning(client: ClientIdentity, { texts }: Look): Html {
  const { onlyIfStarted, anyProgram, anyoneCanUseName } = texts.consent.caution;
  return html`<p><strong>${onlyIfStarted}</strong></p>
<p>${anyProgram}${isUnverified(client) ? html` ${anyoneCanUseName}` : undefined}</p>`;
}

function elsewhereWarning(
  client: ClientIdentity,
  { kind, shown, isForeign }: Destination,
  { texts }: Look,
): Html | undefined {
  const says = texts.consent.caution;
  const place = html`<bdi class="host">${shown}</bdi>`;
  const condition = kind === "https" ? says.onlyIfStartedAndKnown(place) : says.onlyIfStarted;
  if (isUnverified(client)) {
    return html`<p><strong>${says.nameNotVerified}</strong></p>
<p>${says.anyoneCanUseName} ${condition}</p>`;
  }
  if (!isForeign) return undefined;
  const publisher = html`<bdi class="host">${documentHost(client) ?? ""}</bdi>`;
  return html`<p><strong>${says.somewhereElse}</strong></p>
<p>${says.notPartOf(place, publisher)} ${condition}</p>`;
}

/** Whether nothing at all stands behind the name: no operator and no host. */
function isUnverified(client: ClientIdentity): boolean {
  return client.origin !== "preregistered" && documentHost(client) === undefined;
}
