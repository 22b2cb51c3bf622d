import { type Html, html, nameOf } from "./html.ts";
import { ALARM_ICON, CHECK_ICON } from "./icons.ts";
import { layout } from "./layout.ts";
import type { Look } from "./look.ts";

export type InvitationValues = {
  readonly look: Look;
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
};

/** The page behind a one-time link: asks for a new password, twice, and for a username where there is none yet. */
export function invitationPage(values: InvitationValues): string {
  const { look, action, token, username, isReset, choices = [], errorMessage } = values;
  const { common, invitation: texts } = look.texts;
  const heading = headingOf(values);
  const title = errorMessage ? texts.titleOfProblem(heading) : heading;
  const body = html`<div class="centred">
<h1>${texts.for(heading, nameOf(look.name))}</h1>
<p class="soft">${isReset ? texts.signsOut : username === undefined ? texts.whatBothFor : texts.whatFor}</p>
</div>
<form method="post" action="${action}">
${
  errorMessage
    ? html`<div class="notice alarm" role="alert" id="problem">${ALARM_ICON}<div><p>${errorMessage}</p></div></div>`
    : undefined
}
<input type="hidden" name="token" value="${token}">
${usernameField(values)}
${passwordField("password", texts.password, {
  autofocus: username !== undefined,
  hint: common.passwordHint,
  errorMessage,
})}
${passwordField("again", texts.again, { autofocus: false, hint: undefined, errorMessage })}
<button type="submit">${texts.save}</button>
${choices.length > 0 ? html`<p class="or"><span>${common.or}</span></p>${choices}` : undefined}
</form>`;
  return layout({ look, title, body });
}

function headingOf({ look, isReset, username }: InvitationValues): string {
  const { reset, both, password } = look.texts.invitation.headings;
  if (isReset) return reset;
  return username === undefined ? both : password;
}

/** After it: the person can sign in, wherever they were asked to. */
export function passwordSetPage({
  look,
  username,
  isReset,
  hasPasskey = false,
  accountUrl,
}: {
  readonly look: Look;
  readonly username: string;
  readonly isReset: boolean;
  /** Whether it is a passkey, and no password. */
  readonly hasPasskey?: boolean;
  readonly accountUrl: string;
}): string {
  const texts = look.texts.invitation;
  const title = hasPasskey ? texts.passkeySaved : texts.passwordSaved;
  const body = html`<div class="centred">
<span class="mark good">${CHECK_ICON}</span>
<h1>${title}</h1>
<p>${texts.yourUsername(html`<strong>${nameOf(username)}</strong>`)}${isReset ? html` ${texts.signedOut}` : undefined}</p>
<p class="soft hint">${texts.goBack}</p>
<p class="small"><a href="${accountUrl}">${texts.openAccount}</a></p>
</div>`;
  return layout({ look, title, body });
}

function usernameField({ look, username, typedUsername = "", errorMessage }: InvitationValues): Html {
  // Read-only rather than left out: password managers keep the password under it.
  const state =
    username === undefined
      ? html`value="${typedUsername}" required autofocus${tied(errorMessage)}`
      : html`value="${username}" readonly`;
  return html`<div>
<label for="username">${look.texts.common.username}</label>
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
  }: {
    readonly autofocus: boolean;
    readonly hint: string | undefined;
    readonly errorMessage: string | undefined;
  },
): Html {
  const attributes = html`${autofocus ? html` autofocus` : undefined}${tied(errorMessage)}`;
  return html`<div>
<label for="${name}">${label}</label>
<input type="password" id="${name}" name="${name}" autocomplete="new-password" minlength="8" maxlength="1024" required${attributes}>
${hint === undefined ? undefined : html`<p class="soft small hint">${hint}</p>`}
</div>`;
}

function tied(errorMessage: string | undefined): Html | undefined {
  return errorMessage ? html` aria-invalid="true" aria-describedby="problem"` : undefined;
}
