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
  const { common, login, mail } = look.texts;
  const texts = mail.link;
  const address = html`<strong>${nameOf(email)}</strong>`;
  const body = html`<div class="centred">
<div class="marks">${marks}${ownMark(look)}</div>
<h1>${isLink ? texts.confirmAddress : login.heading(nameOf(look.name))}</h1>
<p class="soft">${isLink ? texts.askedToLink(address) : texts.askedToSignIn(address)}</p>
${client ? html`<p class="soft hint">${waitingClient(client, look)}</p>` : undefined}
</div>
<form method="post" action="${action}" class="settled">
<input type="hidden" name="token" value="${token}">
<button type="submit" autofocus>${isLink ? texts.confirm : common.signIn}</button>
</form>
<p class="soft small centred">${texts.notYou}</p>`;
  return layout({ look, title: isLink ? texts.confirmAddress : login.title, body });
}

/** The same in any other browser: it shows nothing of what was asked for. */
export function mailElsewherePage({ look }: { readonly look: Look }): string {
  const { common, mail } = look.texts;
  const texts = mail.elsewhere;
  const body = html`<div class="centred">
<span class="mark alarm">${CAUTION_ICON}</span>
<h1>${texts.title}</h1>
<p>${texts.whatHappened}</p>
</div>
<div class="notice"><div><p><strong>${common.whatYouCanDo}</strong></p><p>${texts.goBack}</p><p>${texts.orOpenThere}</p></div></div>
<p class="soft small centred">${texts.notYou}</p>`;
  return layout({ look, title: texts.title, body });
}
