import type { ClientIdentity } from "../core/client.ts";
import { waitingClient } from "./client.ts";
import { html, nameOf } from "./html.ts";
import { BOTH_WAYS_ICON, CAUTION_ICON } from "./icons.ts";
import { layout, ownMark, theirMark } from "./layout.ts";
import type { Look } from "./look.ts";

export type MailLinkValues = {
  readonly look: Look;
  readonly action: string;
  /** The token of the link, carried through the form. */
  readonly token: string;
  readonly email: string;
  /** The client that wants to connect; undefined at the account page. */
  readonly client: ClientIdentity | undefined;
  /** Why a person who is signed in at the account page signs in again. */
  readonly purpose: "confirm" | "link" | "connect" | undefined;
};

/** What the link of a mail opens, in the browser that asked for it. */
export function mailLinkPage({ look, action, token, email, client, purpose }: MailLinkValues): string {
  const marks = client ? html`${theirMark(client.name)}${BOTH_WAYS_ICON}` : undefined;
  const isLink = purpose === "link";
  const body = html`<div class="centred">
<div class="marks">${marks}${ownMark(look)}</div>
<h1>${isLink ? "Confirm your address" : html`Sign in to ${nameOf(look.name)}`}</h1>
<p class="soft">${isLink ? "You asked to link this address:" : "You asked to sign in as"} <strong>${nameOf(email)}</strong></p>
${client ? html`<p class="soft hint">${waitingClient(client, look)}</p>` : undefined}
</div>
<form method="post" action="${action}" class="settled">
<input type="hidden" name="token" value="${token}">
<button type="submit" autofocus>${isLink ? "Confirm" : "Sign in"}</button>
</form>
<p class="soft small centred">If you did not ask for this, close this page.</p>`;
  return layout({ look, title: isLink ? "Confirm your address" : "Sign in", body });
}

/** The same in any other browser: it shows nothing of what was asked for. */
export function mailElsewherePage({ look }: { readonly look: Look }): string {
  const body = html`<div class="centred">
<span class="mark alarm">${CAUTION_ICON}</span>
<h1>Type the code where you started</h1>
<p>This browser is not the one that asked for the email, so the link does not sign you in here.</p>
</div>
<div class="notice"><div><p><strong>What you can do</strong></p><p>Go back to the browser or device where you typed your address. Type the six-digit code of the email there.</p><p>Or open the link there.</p></div></div>
<p class="soft small centred">If you did not ask for the email, close this page, and tell no one the code.</p>`;
  return layout({ look, title: "Type the code where you started", body });
}
