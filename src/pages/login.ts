import type { ClientIdentity } from "../core/client.ts";
import { waitingClient } from "./client.ts";
import { type Html, html, nameOf } from "./html.ts";
import { ALARM_ICON, BOTH_WAYS_ICON } from "./icons.ts";
import { layout, mark } from "./layout.ts";
import { type MethodPanel, methodsOf } from "./sign-in-methods.ts";

export type LoginValues = {
  readonly appName: string;
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
  /** The page of all ways to sign in; undefined where this is it. */
  readonly allWaysUrl?: string | undefined;
};

export type SignInPurpose = {
  readonly kind: "confirm" | "link";
  readonly personName: string;
  /** Back, with nothing changed. */
  readonly accountUrl: string;
};

/** The page with every way to sign in. */
export function loginPage(values: LoginValues): string {
  const {
    appName,
    above = [],
    panels = [],
    errorMessage,
    methodProblem,
    client,
    purpose,
    allWaysUrl,
    ...form
  } = values;
  const { action } = form;
  const problem = errorMessage || methodProblem;
  const marks = client ? html`${mark(client.name, "theirs")}${BOTH_WAYS_ICON}` : undefined;
  const body = html`<div class="centred">
<div class="marks">${marks}${mark(appName, "ours")}</div>
<h1>${purpose ? HEADINGS[purpose.kind] : html`Sign in to ${nameOf(appName)}`}</h1>
${client ? html`<p class="soft">${waitingClient(client)}</p>` : undefined}
${purpose ? html`<p class="soft">${reason(purpose)}</p>` : undefined}
</div>
${
  problem
    ? html`<div class="notice alarm" role="alert" id="problem">${ALARM_ICON}<div><p>${problem}</p></div></div>`
    : undefined
}
${above.length > 0 ? html`${methodsOf(above)}${OR}` : undefined}
${action === undefined ? undefined : passwordForm({ ...form, action }, errorMessage)}
${action !== undefined && panels.length > 0 ? OR : undefined}
${panels.length > 0 ? methodsOf(panels) : undefined}
${allWaysUrl === undefined ? undefined : html`<p class="centred small"><a href="${allWaysUrl}">Sign in another way</a></p>`}
${purpose ? html`<p class="centred small"><a href="${purpose.accountUrl}">Back to your account</a></p>` : undefined}`;
  return layout({ appName, title: problem ? "Sign in: try again" : "Sign in", body });
}

const OR = html`<p class="or"><span>or</span></p>`;

const HEADINGS = { confirm: "Sign in again", link: "Link another way to sign in" } as const;

function reason({ kind, personName }: SignInPurpose): Html {
  const name = html`<strong>${nameOf(personName)}</strong>`;
  return kind === "confirm"
    ? html`Sign in as ${name} again. To change your account, you must have signed in within the last five minutes.`
    : html`What you sign in with here becomes a way to sign in as ${name}.`;
}

function passwordForm(
  {
    action,
    state,
    username = "",
    autocomplete = [],
    forgottenPasswordUrl,
  }: Pick<LoginValues, "state" | "username" | "autocomplete" | "forgottenPasswordUrl"> & {
    readonly action: string;
  },
  errorMessage: string | undefined,
): Html {
  const tied = errorMessage ? html` aria-invalid="true" aria-describedby="problem"` : undefined;
  const autofocus = html` autofocus`;
  return html`<form method="post" action="${action}">
<input type="hidden" name="state" value="${state}">
<div>
<label for="username">Username</label>
<input type="text" id="username" name="username" value="${username}" autocomplete="${["username", ...autocomplete].join(" ")}" autocapitalize="none" autocorrect="off" spellcheck="false" required${username ? undefined : autofocus}${tied}>
</div>
<div>
<label for="password">Password</label>
<input type="password" id="password" name="password" autocomplete="current-password" required${username ? autofocus : undefined}${tied}>
</div>
<button type="submit">Sign in</button>
${forgottenPasswordUrl === undefined ? undefined : html`<p class="centred small"><a href="${forgottenPasswordUrl}">Forgot your password?</a></p>`}
</form>`;
}
