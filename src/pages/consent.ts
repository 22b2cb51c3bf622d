import type { RedirectKind } from "../core/redirect-uri.ts";
import { type Html, html, nameOf } from "./html.ts";
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
  const { appName, action, state, personName, switchAction, destination, scopes } = values;
  const client = { ...values.client, name: values.client.name || "An app without a name" };
  const body = html`<div class="centred">
<div class="marks">${mark(client.name, "theirs")}${BOTH_WAYS_ICON}${mark(appName, "ours")}</div>
<h1>${nameOf(client.name)} wants to connect to ${nameOf(appName)}</h1>
<p class="soft">It will be able to act for you there.</p>
</div>
<dl class="facts">
<div><dt>${WHERE[destination.kind].label}</dt><dd class="place"><bdi>${destination.shown}</bdi></dd></div>
<div><dt>Signed in as</dt><dd class="both"><strong>${nameOf(personName)}</strong> <a href="${switchAction}">Use another account</a></dd></div>
</dl>
${cautions(client, destination)}
<form method="post" action="${action}">
<input type="hidden" name="state" value="${state}">
${scopes.length > 0 ? scopeList(scopes) : undefined}
<div class="choices">
<button type="submit" name="decision" value="deny">Deny</button>
<button type="submit" name="decision" value="approve">Approve</button>
</div>
</form>
<p class="soft small">App ID: <bdi>${client.id}</bdi></p>`;
  return layout({ appName, title: "Approve the connection", body });
}

const WHERE: Readonly<Record<RedirectKind, { readonly label: string }>> = {
  https: { label: "Approving sends you to this website" },
  loopback: { label: "Approving sends you to an app on this computer" },
  "private-use": { label: "Approving opens the app that handles these addresses" },
};

function cautions(
  client: { readonly name: string; readonly proven: boolean },
  destination: ConsentValues["destination"],
): readonly Html[] {
  const found: Html[] = [];
  if (destination.kind === "loopback") {
    found.push(html`<p><strong>Only go on if you started this from your app just now.</strong></p>
<p>The answer goes to an app on this computer, and any program that runs here could be the one that asks.</p>`);
  }
  if (!client.proven) {
    found.push(html`<p><strong>This name is not verified.</strong></p>
<p>Anyone can register under the name “${nameOf(client.name)}”. What counts is where the answer goes: <bdi>${destination.shown}</bdi>. If you do not know it, deny.</p>`);
  }
  return found.map((text) => html`<div class="notice caution">${CAUTION_ICON}<div>${text}</div></div>`);
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
  const state = html`${locked || checked ? " checked" : ""}${locked ? " disabled" : ""}`;
  return html`<li class="scope">
<input type="checkbox" id="${id}" name="scope" value="${scope}" aria-describedby="${id}-more"${state}>
<label for="${id}">${description}</label>
<p class="more" id="${id}-more">${locked ? "Always included. " : ""}${toolsOf(tools)} <span>Scope: <code>${scope}</code></span></p>
</li>
`;
}

function toolsOf(tools: readonly string[]): Html | undefined {
  if (tools.length === 0) return undefined;
  const names = tools.map((tool, index) => html`${index > 0 ? ", " : ""}<code>${tool}</code>`);
  return html`<span>${tools.length === 1 ? "Tool" : "Tools"}: ${names}.</span>`;
}
