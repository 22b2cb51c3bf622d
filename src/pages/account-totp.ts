import { type Html, html } from "./html.ts";
import { ALARM_ICON } from "./icons.ts";
import { moment } from "./moment.ts";
import { recoveryCodeList, type TotpSetup, totpSetupFields } from "./totp.ts";

export type AccountTotpValues = {
  /** When the app was set up, epoch milliseconds; undefined where there is none. */
  readonly since: number | undefined;
  /** How many are left. */
  readonly recoveryCodes: number;
  /** Whether this person must have an app. */
  readonly isRequired: boolean;
  /** Whether the sign-in is new enough for a change. */
  readonly canChange: boolean;
  /** Why the last try changed nothing. */
  readonly problem: string | undefined;
  /** What is shown this once. */
  readonly shown: AccountTotpShown | undefined;
  /** The form that posts an action, around its fields. */
  readonly form: (action: string, fields: Html) => Html;
};

export type AccountTotpShown =
  | { readonly kind: "setup"; readonly setup: TotpSetup; readonly problem: string | undefined }
  | { readonly kind: "codes"; readonly codes: readonly string[]; readonly isNewApp: boolean };

/** The section about a person's authenticator app. */
export function accountTotpSection(values: AccountTotpValues): Html {
  const { problem, shown, form } = values;
  return html`<section aria-labelledby="totp">
<h2 id="totp">Authenticator app</h2>
${problem === undefined ? undefined : html`<div class="notice alarm" role="alert" tabindex="-1" autofocus>${ALARM_ICON}<div><p>${problem}</p></div></div>`}
${shown?.kind === "setup" ? html`${form("confirm", totpSetupFields(shown.setup, shown.problem))}<div class="side-by-side">${form("cancel", html`<button type="submit" class="plain">Cancel</button>`)}</div>` : undefined}
${shown?.kind === "codes" ? codesShown(shown) : undefined}
${shown?.kind === "setup" ? undefined : state(values)}
</section>`;
}

function codesShown({ codes, isNewApp }: Extract<AccountTotpShown, { readonly kind: "codes" }>): Html {
  const said = isNewApp
    ? "Your authenticator app is set up, and you are signed out everywhere else. If you lose it, you sign in with one of these codes."
    : "These are your new recovery codes. The old ones no longer work.";
  // The page is long: it begins where there is something to read.
  return html`<p role="status" tabindex="-1" autofocus>${said}</p>
${recoveryCodeList(codes)}`;
}

function state({ since, recoveryCodes, isRequired, canChange, form }: AccountTotpValues): Html {
  if (since === undefined) {
    return html`<p class="soft small">Not set up. With an app, you are also asked for a code that it shows when you sign in with a password or by email. Then a password that someone else knows is not enough.</p>
${canChange ? html`<div class="side-by-side">${form("set_up", html`<button type="submit" class="plain">Set up an app</button>`)}</div>` : html`<p class="soft small">To set it up, sign in again first.</p>`}`;
  }
  const left = recoveryCodes === 1 ? "1 recovery code is left" : `${recoveryCodes} recovery codes are left`;
  return html`<p class="soft small">Set up on ${moment(since)}. ${left}.${isRequired ? " This server requires it." : undefined}</p>
${
  canChange
    ? html`<div class="side-by-side">
${form("new_codes", html`<button type="submit" class="plain">Make new recovery codes</button>`)}
${form("set_up", html`<button type="submit" class="plain">Use another app</button>`)}
${isRequired ? undefined : form("turn_off", html`<button type="submit" class="plain">Turn off</button>`)}
</div>`
    : html`<p class="soft small">To change it, sign in again first.</p>`
}`;
}
