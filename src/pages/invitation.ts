import { type Html, html, nameOf } from "./html.ts";
import { ALARM_ICON, CHECK_ICON } from "./icons.ts";
import { layout } from "./layout.ts";

export type InvitationValues = {
  readonly appName: string;
  /** Where the form posts to. */
  readonly action: string;
  /** The token of the link, carried through the form. */
  readonly token: string;
  /** Whose password is set; undefined where the person chooses a username too. */
  readonly username: string | undefined;
  /** What was typed as the username last time. */
  readonly typedUsername?: string | undefined;
  /** Whether the person had a password before. */
  readonly isReset: boolean;
  /** What the person may choose in place of a password. */
  readonly choices?: readonly Html[];
  readonly errorMessage?: string | undefined;
  /** How long the link still works, in this browser alone; undefined where it works anywhere. */
  readonly minutesLeft?: number | undefined;
};

/** The page behind a one-time link: asks for a new password, twice, and for a username where there is none yet. */
export function invitationPage(values: InvitationValues): string {
  const { appName, action, token, username, isReset, choices = [], errorMessage, minutesLeft } = values;
  const title = titleOf(values);
  const body = html`<div class="centred">
<h1>${title} for ${nameOf(appName)}</h1>
<p class="soft">${
    isReset
      ? "When you save it, you are signed out in every browser. Apps that you connected stay connected."
      : `You will sign in with ${username === undefined ? "them" : "it"} when you connect an app.`
  }</p>
</div>
<form method="post" action="${action}">
${
  errorMessage
    ? html`<div class="notice alarm" role="alert" id="problem">${ALARM_ICON}<div><p>${errorMessage}</p>${tryAgainWithin(minutesLeft)}</div></div>`
    : undefined
}
<input type="hidden" name="token" value="${token}">
${usernameField(values)}
${passwordField("password", "New password", { autofocus: username !== undefined, hint: true, errorMessage })}
${passwordField("again", "New password again", { autofocus: false, hint: false, errorMessage })}
<button type="submit">Save password</button>
${choices.length > 0 ? html`<p class="or"><span>or</span></p>${choices}` : undefined}
</form>`;
  return layout({ appName, title: errorMessage ? `${title}: try again` : title, body });
}

function tryAgainWithin(minutes: number | undefined): Html | undefined {
  if (minutes === undefined) return undefined;
  const time = minutes === 1 ? "1 minute" : `${minutes} minutes`;
  return html`<p>Try again within ${time}, in this browser. The link no longer works anywhere else.</p>`;
}

function titleOf({ isReset, username }: InvitationValues): string {
  if (isReset) return "Choose a new password";
  return username === undefined ? "Choose a username and password" : "Choose your password";
}

/** After it: the person can sign in, wherever they were asked to. */
export function passwordSetPage({
  appName,
  username,
  isReset,
  hasPasskey = false,
  accountUrl,
}: {
  readonly appName: string;
  readonly username: string;
  readonly isReset: boolean;
  /** Whether it is a passkey, and no password. */
  readonly hasPasskey?: boolean;
  readonly accountUrl: string;
}): string {
  const title = hasPasskey ? "Your passkey is saved" : "Your password is saved";
  const body = html`<div class="centred">
<span class="mark good">${CHECK_ICON}</span>
<h1>${title}</h1>
<p>Your username is <strong>${nameOf(username)}</strong>.${isReset ? " You are signed out in every browser." : ""}</p>
<p class="soft hint">Go back to your app and sign in. You can close this window.</p>
<p class="small"><a href="${accountUrl}">Open your account</a></p>
</div>`;
  return layout({ appName, title, body });
}

function usernameField({ username, typedUsername = "", errorMessage }: InvitationValues): Html {
  // Read-only rather than left out: password managers keep the password under it.
  const state =
    username === undefined
      ? html`value="${typedUsername}" required autofocus${tied(errorMessage)}`
      : html`value="${username}" readonly`;
  return html`<div>
<label for="username">Username</label>
<input type="text" id="username" name="username" autocomplete="username" autocapitalize="none" autocorrect="off" spellcheck="false" ${state}>
</div>`;
}

function passwordField(
  name: string,
  label: string,
  {
    autofocus,
    hint,
    errorMessage,
  }: { readonly autofocus: boolean; readonly hint: boolean; readonly errorMessage: string | undefined },
): Html {
  const attributes = html`${autofocus ? html` autofocus` : undefined}${tied(errorMessage)}`;
  return html`<div>
<label for="${name}">${label}</label>
<input type="password" id="${name}" name="${name}" autocomplete="new-password" minlength="8" maxlength="1024" required${attributes}>
${hint ? html`<p class="soft small hint">At least 8 characters. Several words are easier to remember.</p>` : undefined}
</div>`;
}

function tied(errorMessage: string | undefined): Html | undefined {
  return errorMessage ? html` aria-invalid="true" aria-describedby="problem"` : undefined;
}
