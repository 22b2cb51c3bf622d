import { type ClientIdentity, documentHost } from "../core/client.ts";
import type { RedirectKind } from "../core/redirect-uri.ts";
import { clientName } from "./client.ts";
import { type ConsentScope, scopeList } from "./consent/scopes.ts";
import { type Html, html, nameOf, undeceiving } from "./html.ts";
import { BOTH_WAYS_ICON, CAUTION_ICON } from "./icons.ts";
import { layout, mark } from "./layout.ts";

export type ConsentValues = {
  readonly appName: string;
  /** Where the form posts to. */
  readonly action: string;
  /** The sealed request, carried through the form. */
  readonly state: string;
  /** Who is signed in, in words that they know themselves by. */
  readonly personName: string;
  /** Where to sign in as someone else. */
  readonly switchAction: string;
  readonly client: ClientIdentity;
  readonly destination: {
    /** Where the answer goes, from `destination()` of core/redirect-uri.ts. */
    readonly kind: RedirectKind;
    readonly shown: string;
    /** Whether that is neither the host of the client's document nor on a list, from core/way-back.ts. */
    readonly isForeign: boolean;
  };
  readonly scopes: readonly ConsentScope[];
  /** Whether the callback may be shown to paste, for an app on another computer. */
  readonly canBePasted?: boolean;
  /** Whether later requests for the same or less need no page once this is approved. */
  readonly willBeRemembered?: boolean;
};

/** The page where a person decides. It posts `state`, the ticked `scope`s and `decision`: `approve`, `approve_elsewhere` or `deny`. */
export function consentPage(values: ConsentValues): string {
  // Deny is the form's first button, which the Enter key presses: by accident, that must be the harmless one.
  const {
    appName,
    action,
    state,
    personName,
    switchAction,
    client,
    destination,
    scopes,
    willBeRemembered,
    canBePasted,
  } = values;
  const body = html`<div class="centred">
<div class="marks">${mark(client.name, "theirs")}${BOTH_WAYS_ICON}${mark(appName, "ours")}</div>
<h1>${clientName(client)} wants to connect to ${nameOf(appName)}</h1>
<p class="soft">If you approve, it can act for you there.</p>
</div>
<dl class="facts">
<div><dt>Sends you back to</dt><dd>${whereTo(destination)}</dd></div>
<div><dt>Signed in as</dt><dd class="both"><strong>${nameOf(personName)}</strong> <a href="${switchAction}">Use another account</a></dd></div>
<div><dt>About this app</dt><dd>${provenance(client, appName)}</dd></div>
</dl>
${caution(client, destination)}
<form method="post" action="${action}">
<input type="hidden" name="state" value="${state}">
${scopes.length > 0 ? scopeList(scopes, destination.kind === "https") : undefined}
${willBeRemembered ? html`<p class="soft small">If you approve, you won’t be asked again when this app wants the same or less, as long as this connection lasts.</p>` : undefined}
<div class="settled">
<div class="choices">
<button type="submit" name="decision" value="deny">Deny</button>
<button type="submit" name="decision" value="approve">Approve</button>
</div>
${canBePasted ? ELSEWHERE : undefined}
</div>
</form>
<p class="soft small">App ID: <bdi>${undeceiving(client.id)}</bdi></p>`;
  return layout({ appName, title: "Approve access", body });
}

/** It approves as well, and says so. Smaller, because few people need it. */
const ELSEWHERE = html`<div class="elsewhere">
<button type="submit" class="plain" name="decision" value="approve_elsewhere" aria-describedby="elsewhere">My app is on another computer</button>
<p class="soft small" id="elsewhere">This also approves. You get a URL to paste into the app.</p>
</div>`;

type Destination = ConsentValues["destination"];

/** What a person can judge comes first and large: the host, "this computer", or the whole scheme. */
function whereTo({ kind, shown }: Destination): Html {
  const address = html`<bdi>${shown}</bdi>`;
  if (kind === "loopback") {
    return html`<p class="place">An app on this computer</p><p class="soft small">${address}</p>`;
  }
  if (kind === "private-use") {
    return html`<p class="place">${address}</p><p class="soft small">An app on this device that opens this address</p>`;
  }
  return html`<p class="place">${address}</p>`;
}

/** Who vouches for the app. Three facts that are never one: only the operator's word proves a name. */
function provenance(client: ClientIdentity, appName: string): Html {
  if (client.origin === "preregistered") {
    return html`Added by the operator of ${nameOf(appName)}.${client.holdsKey ? " It has a key or secret." : ""}`;
  }
  const host = documentHost(client);
  const key = client.holdsKey ? " It has a key or secret, which doesn’t prove its name." : "";
  return host === undefined
    ? html`Registered itself and chose its own name.${key}`
    : html`Published by <strong class="host">${host}</strong>, which chose its name.${key}`;
}

/** One notice, however many reasons there are for it: the second would not be read. */
function caution(client: ClientIdentity, destination: Destination): Html | undefined {
  const warning =
    destination.kind === "loopback" ? loopbackWarning(client) : elsewhereWarning(client, destination);
  return (
    warning &&
    html`<div class="notice caution">${CAUTION_ICON}<div>
${warning}
</div></div>`
  );
}

const UNVERIFIED = "Anyone can use this name.";

/** Whose program listens there, nothing can tell: however well the client is known. */
function loopbackWarning(client: ClientIdentity): Html {
  return html`<p><strong>Only continue if you just started this from your app.</strong></p>
<p>Any program on this computer could be asking.${isUnverified(client) ? ` ${UNVERIFIED}` : ""}</p>`;
}

function elsewhereWarning(client: ClientIdentity, { kind, shown, isForeign }: Destination): Html | undefined {
  const place = html`<bdi class="host">${shown}</bdi>`;
  const condition = kind === "https" ? html`and know ${place}` : "from your app";
  if (isUnverified(client)) {
    return html`<p><strong>This app’s name isn’t verified.</strong></p>
<p>${UNVERIFIED} Only continue if you just started this ${condition}.</p>`;
  }
  if (!isForeign) return undefined;
  return html`<p><strong>This app sends you somewhere else.</strong></p>
<p>${place} isn’t part of <bdi class="host">${documentHost(client) ?? ""}</bdi>, which publishes this app. Only continue if you just started this ${condition}.</p>`;
}

/** Whether nothing at all stands behind the name: no operator and no host. */
function isUnverified(client: ClientIdentity): boolean {
  return client.origin !== "preregistered" && documentHost(client) === undefined;
}
