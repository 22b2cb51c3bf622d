import type { RedirectKind } from "../core/redirect-uri.ts";
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
  readonly client: ConsentClient;
  /** Where the answer goes, from `destination()` of core/redirect-uri.ts. */
  readonly destination: { readonly kind: RedirectKind; readonly shown: string };
  readonly scopes: readonly ConsentScope[];
};

export type ConsentClient = {
  /** What it calls itself; null or empty where it gave no name. */
  readonly name: string | null;
  readonly id: string;
  /** Whether the name is backed by a key, a secret or a document on the client's own host. */
  readonly proven: boolean;
};

export type ConsentScope = {
  readonly scope: string;
  /** What it lets the client do, in plain words. */
  readonly description: string;
  readonly tools: readonly string[];
  /** Always granted: shown ticked and cannot be unticked. The browser does not send it. */
  readonly locked: boolean;
  readonly checked: boolean;
};

/** The page where a person decides. It posts `state`, the ticked `scope`s and `decision`: `approve` or `deny`. */
export function consentPage(values: ConsentValues): string {
  // Deny is the form's first button, which the Enter key presses: by accident, that must be the harmless one.
  const { appName, action, state, personName, switchAction, client, destination, scopes } = values;
  const body = html`<div class="centred">
<div class="marks">${mark(client.name, "theirs")}${BOTH_WAYS_ICON}${mark(appName, "ours")}</div>
<h1>${nameOf(client.name, "An app without a name")} wants to connect to ${nameOf(appName)}</h1>
<p class="soft">It will be able to act for you there.</p>
</div>
<dl class="facts">
<div><dt>It will send you back to</dt><dd>${whereTo(destination)}</dd></div>
<div><dt>Signed in as</dt><dd class="both"><strong>${nameOf(personName)}</strong> <a href="${switchAction}">Use another account</a></dd></div>
</dl>
${caution(client, destination)}
<form method="post" action="${action}">
<input type="hidden" name="state" value="${state}">
${scopes.length > 0 ? scopeList(scopes) : undefined}
<div class="choices">
<button type="submit" name="decision" value="deny">Deny</button>
<button type="submit" name="decision" value="approve">Approve</button>
</div>
</form>
<p class="soft small">App ID: <bdi>${undeceiving(client.id)}</bdi></p>`;
  return layout({ appName, title: "Approve the connection", body });
}

type Destination = ConsentValues["destination"];

/** What a person can judge comes first and large: the host, "this computer", or the whole scheme. */
function whereTo({ kind, shown }: Destination): Html {
  const address = html`<bdi>${shown}</bdi>`;
  if (kind === "loopback") {
    return html`<p class="place">An app on this computer</p><p class="soft small">${address}</p>`;
  }
  if (kind === "private-use") {
    return html`<p class="place">${address}</p><p class="soft small">The app on this device that opens such addresses</p>`;
  }
  return html`<p class="place">${address}</p>`;
}

/** One notice, however many reasons there are for it: the second would not be read. */
function caution(client: ConsentClient, { kind, shown }: Destination): Html | undefined {
  if (client.proven && kind !== "loopback") return undefined;
  const unproven = "Anyone can register an app under this name.";
  return html`<div class="notice caution">${CAUTION_ICON}<div>
${
  kind === "loopback"
    ? html`<p><strong>Only go on if you just started this from your app.</strong></p>
<p>You go back to an app on this computer, and anything that runs here could be asking.${client.proven ? "" : ` ${unproven}`}</p>`
    : html`<p><strong>This app’s name is not verified.</strong></p>
<p>${unproven} Only go on if you just started this${kind === "https" ? html` and know <bdi>${shown}</bdi>` : " from your app"}.</p>`
}
</div></div>`;
}

function scopeList(scopes: readonly ConsentScope[]): Html {
  return html`<fieldset>
<legend>What it may do</legend>
<ul class="scopes">
${scopes.map(scopeItem)}
</ul>
</fieldset>`;
}

function scopeItem({ scope, description, tools, locked, checked }: ConsentScope, index: number): Html {
  const id = `scope-${index}`;
  const ticks = html`${locked || checked ? " checked" : ""}${locked ? " disabled" : ""}`;
  return html`<li class="scope">
<input type="checkbox" id="${id}" name="scope" value="${scope}" aria-describedby="${id}-more"${ticks}>
<label for="${id}">${description}</label>
<p class="more" id="${id}-more">${locked ? "Always included. " : ""}${toolsOf(tools)}Scope: <code>${scope}</code></p>
</li>
`;
}

function toolsOf(tools: readonly string[]): Html | undefined {
  if (tools.length === 0) return undefined;
  const names = tools.map((tool, index) => html`${index > 0 ? ", " : ""}<code>${tool}</code>`);
  return html`${tools.length === 1 ? "Tool" : "Tools"}: ${names}. `;
}
