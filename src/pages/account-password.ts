import { type Html, html } from "./html.ts";
import { ALARM_ICON } from "./icons.ts";

export type AccountPasswordValues = {
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
  return html`<section aria-labelledby="password">
<h2 id="password">Password</h2>
${values.canChange ? html`<p class="soft small">When you change it, you are signed out everywhere else. Apps that you connected stay connected.</p>${passwordForm(values)}` : html`<p class="soft small">To change your password, sign in again first.</p>`}
</section>`;
}

function passwordForm({ username, problem, form }: AccountPasswordValues): Html {
  const tied = problem === undefined ? undefined : html` aria-describedby="problem"`;
  return form(
    html`${problem === undefined ? undefined : html`<div class="notice alarm" role="alert" id="problem">${ALARM_ICON}<div><p>${problem}</p></div></div>`}
<input type="text" name="username" value="${username}" autocomplete="username" aria-label="Username" hidden readonly>
${passwordField("current_password", "Current password", "current-password", html`${tied}${problem === undefined ? undefined : html` autofocus`}`)}
${passwordField("new_password", "New password", "new-password", html`${tied} minlength="8" maxlength="1024"`, html`<p class="soft small hint">At least 8 characters. Several words are easier to remember.</p>`)}
${passwordField("repeated_password", "New password again", "new-password", tied)}
<button type="submit">Change password</button>`,
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
