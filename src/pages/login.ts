import type { ClientIdentity } from "../core/client.ts";
import { clientName } from "./client.ts";
import { html, nameOf } from "./html.ts";
import { ALARM_ICON, BOTH_WAYS_ICON } from "./icons.ts";
import { layout, mark } from "./layout.ts";

export type LoginValues = {
  readonly appName: string;
  /** Where the form posts to. */
  readonly action: string;
  /** The sealed request, carried through the form. */
  readonly state: string;
  /** What was typed last time, or the `login_hint`; empty where nothing is known. */
  readonly username?: string | undefined;
  readonly errorMessage?: string | undefined;
  /** The client that wants to connect. */
  readonly client: ClientIdentity;
};

/** The page that asks for `username` and `password`. */
export function loginPage({
  appName,
  action,
  state,
  username = "",
  errorMessage,
  client,
}: LoginValues): string {
  const tied = errorMessage ? html` aria-invalid="true" aria-describedby="problem"` : undefined;
  const autofocus = html` autofocus`;
  const body = html`<div class="centred">
<div class="marks">${mark(client.name, "theirs")}${BOTH_WAYS_ICON}${mark(appName, "ours")}</div>
<h1>Sign in to ${nameOf(appName)}</h1>
<p class="soft"><strong>${clientName(client)}</strong> wants to connect. Nothing is shared until you approve.</p>
</div>
<form method="post" action="${action}">
${
  errorMessage
    ? html`<div class="notice alarm" role="alert" id="problem">${ALARM_ICON}<div><p>${errorMessage}</p></div></div>`
    : undefined
}
<input type="hidden" name="state" value="${state}">
<div>
<label for="username">Username</label>
<input type="text" id="username" name="username" value="${username}" autocomplete="username" autocapitalize="none" autocorrect="off" spellcheck="false" required${username ? undefined : autofocus}${tied}>
</div>
<div>
<label for="password">Password</label>
<input type="password" id="password" name="password" autocomplete="current-password" required${username ? autofocus : undefined}${tied}>
</div>
<button type="submit">Sign in</button>
</form>`;
  return layout({ appName, title: errorMessage ? "Sign in: try again" : "Sign in", body });
}
