import { html, nameOf } from "./html.ts";
import { layout, ownMark } from "./layout.ts";
import type { Look } from "./look.ts";
import { emailField, problemNotice } from "./mail-ask.ts";

export type ForgottenPasswordValues = {
  readonly look: Look;
  readonly action: string;
  readonly state: string;
  readonly typed: string;
  readonly problem: string | undefined;
  readonly signInUrl: string;
};

/** Asks for the address to which a link for a new password goes. */
export function forgottenPasswordPage(values: ForgottenPasswordValues): string {
  const { look, action, state, typed, problem, signInUrl } = values;
  const body = html`<div class="centred">
<div class="marks">${ownMark(look)}</div>
<h1>Forgot your password?</h1>
<p class="soft">Type the address that belongs to your account. You get an email with a link to choose a new password.</p>
</div>
${problemNotice(problem)}
<form method="post" action="${action}">
<input type="hidden" name="state" value="${state}">
${emailField("Email address", typed, problem)}
<button type="submit">Email me a link</button>
</form>
<p class="centred small"><a href="${signInUrl}">Back to the sign-in page</a></p>`;
  const title = problem === undefined ? "Forgot your password?" : "Forgot your password: try again";
  return layout({ look, title, body });
}

/** After it. It says the same for every address. */
export function passwordMailSentPage({
  look,
  isPrinted,
  signInUrl,
}: {
  readonly look: Look;
  readonly isPrinted: boolean;
  readonly signInUrl: string;
}): string {
  const body = html`<div class="centred">
<div class="marks">${ownMark(look)}</div>
<h1>Check your email</h1>
<p>${
    isPrinted
      ? "This server does not send email: it printed the email on the terminal where it was started."
      : "An email is on its way to the address that you typed. If an account has this address, the email has a link to choose a new password."
  }</p>
${isPrinted ? undefined : html`<p class="soft hint">Nothing there? Look in your spam folder, or contact the operator of ${nameOf(look.name)}.</p>`}
</div>
<p><a class="button" href="${signInUrl}">Back to the sign-in page</a></p>`;
  return layout({ look, title: "Check your email", body });
}
