import { type Html, html } from "../html.ts";
import { ALARM_ICON } from "../icons.ts";
import type { Look } from "../look.ts";

export type AccountPasswordValues = {
  readonly look: Look;
  /** For the password manager. */
  readonly username: string;
  /** Whether the sign-in is new enough for a change. */
  readonly canChange: boolean;
  /** Why the last try changed nothing. */
  readonly problem: string | undefined;
  /** The form that changes it, around its fields. */
  readonly form: (fields: Html) => Html;
};

/** The section in which a person changes their password. */
export function accountPasswordSection(values: AccountPasswordValues): Html {
  const texts = values.look.texts.account.password;
  return html`<section aria-labelledby="password">
<h2 id="password">${texts.heading}</h2>
<p class="soft small">${values.canChange ? texts.whatItMeans : texts.signInAgainFirst}</p>
${values.canChange ? passwordForm(values) : undefined}
</section>`;
}

function passwordForm({ look, username, problem, form }: AccountPasswordValues): Html {
  const { account, common } = look.texts;
  const texts = account.password;
  const tied = problem === undefined ? undefined : html` aria-describedby="problem"`;
  const hint = html`<p class="soft small hint">${common.passwordHint}</p>`;
  return form(
    html`${problem === undefined ? undefined : html`<div class="notice alarm" role="alert" id="problem">${ALARM_ICON}<div><p>${problem}</p></div></div>`}
<input type="text" name="username" value="${username}" autocomplete="username" aria-label="${common.username}" hidden readonly>
${passwordField("current_password", texts.current, "current-password", html`${tied}${problem === undefined ? undefined : html` autofocus`}`)}
${passwordField("new_password", texts.next, "new-password", html`${tied} minlength="8" maxlength="1024"`, hint)}
${passwordField("repeated_password", texts.again, "new-password", tied)}
<button type="submit">${texts.change}</button>`,
  );
}

function passwordField(
  name: string,
  label: string,
  autocomplete: string,
  attributes: Html | undefined,
  hint?: Html,
): Html {
  return html`<div>
<label for="${name}">${label}</label>
<input type="password" id="${name}" name="${name}" autocomplete="${autocomplete}" required${attributes}>
${hint}
</div>`;
}
