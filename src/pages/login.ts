import type { ClientIdentity } from "../core/client.ts";
import { waitingClient } from "./client.ts";
import { type Html, html, nameOf } from "./html.ts";
import { ALARM_ICON, BOTH_WAYS_ICON } from "./icons.ts";
import { layout, ownMark, theirMark } from "./layout.ts";
import type { Look } from "./look.ts";
import { type MethodPanel, methodsOf } from "./sign-in-methods.ts";

export type LoginValues = {
  readonly look: Look;
  /** Where username and password are posted to; undefined where no one signs in that way. */
  readonly action: string | undefined;
  /** Where a person asks for a new password; undefined where they cannot. */
  readonly forgottenPasswordUrl?: string | undefined;
  /** What the username field says in `autocomplete` besides `username`: `webauthn`, where a passkey can be chosen there. */
  readonly autocomplete?: readonly string[];
  /** The ways to sign in before username and password, in the order of the operator. */
  readonly above?: readonly MethodPanel[];
  /** Those after them. */
  readonly panels?: readonly MethodPanel[];
  /** The sealed request, carried through the form. */
  readonly state: string;
  /** What was typed last time, or the `login_hint`; empty where nothing is known. */
  readonly username?: string | undefined;
  /** What was wrong with the username or the password. */
  readonly errorMessage?: string | undefined;
  /** Why another way to sign in did not end well. */
  readonly methodProblem?: string | undefined;
  /** The client that wants to connect; undefined at the account page. */
  readonly client: ClientIdentity | undefined;
  /** Why a person who is signed in at the account page signs in again. */
  readonly purpose?: SignInPurpose | undefined;
};

export type SignInPurpose =
  | {
      readonly kind: "confirm" | "link";
      readonly personName: string;
      /** Back, with nothing changed. */
      readonly accountUrl: string;
    }
  | {
      /** Someone opened a link to connect a service, which people call so. */
      readonly kind: "connect";
      readonly label: string;
    };

/** The page with every way to sign in. */
export function loginPage(values: LoginValues): string {
  const { look, above = [], panels = [], errorMessage, methodProblem, client, purpose, ...form } = values;
  const { action } = form;
  const texts = look.texts.login;
  const or = html`<p class="or"><span>${look.texts.common.or}</span></p>`;
  const problem = errorMessage || methodProblem;
  const marks = client ? html`${theirMark(client.name)}${BOTH_WAYS_ICON}` : undefined;
  const body = html`<div class="centred">
<div class="marks">${marks}${ownMark(look)}</div>
<h1>${purpose ? headingOf(purpose, look) : texts.heading(nameOf(look.name))}</h1>
${client ? html`<p class="soft">${waitingClient(client, look)}</p>` : undefined}
${purpose ? html`<p class="soft">${reasonOf(purpose, look)}</p>` : undefined}
</div>
${
  problem
    ? html`<div class="notice alarm" role="alert" id="problem">${ALARM_ICON}<div><p>${problem}</p></div></div>`
    : undefined
}
${above.length > 0 ? html`${methodsOf(above, look)}${or}` : undefined}
${action === undefined ? undefined : passwordForm({ ...form, look, action }, errorMessage)}
${action !== undefined && panels.length > 0 ? or : undefined}
${panels.length > 0 ? methodsOf(panels, look) : undefined}
${purpose && purpose.kind !== "connect" ? html`<p class="centred small"><a href="${purpose.accountUrl}">${look.texts.common.backToAccount}</a></p>` : undefined}`;
  return layout({ look, title: problem ? texts.titleOfProblem : texts.title, body });
}

function headingOf(purpose: SignInPurpose, { texts }: Look): Html | string {
  if (purpose.kind === "connect") return texts.connect.signInTitle(nameOf(purpose.label));
  return purpose.kind === "confirm" ? texts.login.headingAgain : texts.login.headingToLink;
}

function reasonOf(purpose: SignInPurpose, { texts }: Look): Html | string {
  if (purpose.kind === "connect") return texts.connect.signInReason;
  const { kind, personName } = purpose;
  const name = html`<strong>${nameOf(personName)}</strong>`;
  return kind === "confirm" ? texts.login.reasonToConfirm(name) : texts.login.reasonToLink(name);
}

function passwordForm(
  values: Pick<LoginValues, "look" | "state" | "username" | "autocomplete" | "forgottenPasswordUrl"> & {
    readonly action: string;
  },
  errorMessage: string | undefined,
): Html {
  const { look, action, state, username = "", autocomplete = [], forgottenPasswordUrl } = values;
  const { common, login } = look.texts;
  const tied = errorMessage ? html` aria-invalid="true" aria-describedby="problem"` : undefined;
  const autofocus = html` autofocus`;
  return html`<form method="post" action="${action}">
<input type="hidden" name="state" value="${state}">
<div>
<label for="username">${common.username}</label>
<input type="text" id="username" name="username" value="${username}" autocomplete="${["username", ...autocomplete].join(" ")}" autocapitalize="none" autocorrect="off" spellcheck="false" required${username ? undefined : autofocus}${tied}>
</div>
<div>
<label for="password">${login.password}</label>
<input type="password" id="password" name="password" autocomplete="current-password" required${username ? autofocus : undefined}${tied}>
</div>
<button type="submit">${common.signIn}</button>
${forgottenPasswordUrl === undefined ? undefined : html`<p class="centred small"><a href="${forgottenPasswordUrl}">${login.forgottenPassword}</a></p>`}
</form>`;
}
