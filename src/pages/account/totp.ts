import { type Html, html } from "../html.ts";
import { ALARM_ICON } from "../icons.ts";
import type { Look } from "../look.ts";
import { moment } from "../moment.ts";
import { recoveryCodeList, type TotpSetup, totpSetupFields } from "../totp.ts";

export type AccountTotpValues = {
  readonly look: Look;
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
  const { look, problem, shown } = values;
  return html`<section aria-labelledby="totp">
<h2 id="totp">${look.texts.account.totp.heading}</h2>
${problem === undefined ? undefined : html`<div class="notice alarm" role="alert" tabindex="-1" autofocus>${ALARM_ICON}<div><p>${problem}</p></div></div>`}
${shown?.kind === "setup" ? setupShown(shown, values) : undefined}
${shown?.kind === "codes" ? codesShown(shown, values) : undefined}
${shown?.kind === "setup" ? undefined : state(values)}
</section>`;
}

type ShownAs<Kind> = Extract<AccountTotpShown, { readonly kind: Kind }>;

function setupShown({ setup, problem }: ShownAs<"setup">, { look, form }: AccountTotpValues): Html {
  const cancel = html`<button type="submit" class="plain">${look.texts.common.cancel}</button>`;
  return html`${form("confirm", totpSetupFields(setup, problem, look))}<div class="side-by-side">${form("cancel", cancel)}</div>`;
}

function codesShown({ codes, isNewApp }: ShownAs<"codes">, { look }: AccountTotpValues): Html {
  const { newApp, newCodes } = look.texts.account.totp;
  // The page is long: it begins where there is something to read.
  return html`<p role="status" tabindex="-1" autofocus>${isNewApp ? newApp : newCodes}</p>
${recoveryCodeList(codes, look)}`;
}

function state({ look, since, recoveryCodes, isRequired, canChange, form }: AccountTotpValues): Html {
  const texts = look.texts.account.totp;
  const button = (action: string, text: string) =>
    form(action, html`<button type="submit" class="plain">${text}</button>`);
  if (since === undefined) {
    return html`<p class="soft small">${texts.notSetUp}</p>
${canChange ? html`<div class="side-by-side">${button("set_up", texts.setUp)}</div>` : html`<p class="soft small">${texts.signInAgainToSetUp}</p>`}`;
  }
  return html`<p class="soft small">${texts.setUpOn(moment(since, look))} ${texts.codesLeft(recoveryCodes)}${isRequired ? html` ${texts.required}` : undefined}</p>
${
  canChange
    ? html`<div class="side-by-side">
${button("new_codes", texts.makeNewCodes)}
${button("set_up", texts.useAnotherApp)}
${isRequired ? undefined : button("turn_off", texts.turnOff)}
</div>`
    : html`<p class="soft small">${texts.signInAgainToChange}</p>`
}`;
}
