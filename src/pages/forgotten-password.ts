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
  const { common, mail, forgottenPassword: texts } = look.texts;
  const body = html`<div class="centred">
<div class="marks">${ownMark(look)}</div>
<h1>${texts.title}</h1>
<p class="soft">${texts.whatToDo}</p>
</div>
${problemNotice(problem)}
<form method="post" action="${action}">
<input type="hidden" name="state" value="${state}">
${emailField(mail.address, typed, problem)}
<button type="submit">${mail.sendLink}</button>
</form>
<p class="centred small"><a href="${signInUrl}">${common.backToSignIn}</a></p>`;
  const title = problem === undefined ? texts.title : texts.titleOfProblem;
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
  const { common, mail, forgottenPassword: texts } = look.texts;
  const body = html`<div class="centred">
<div class="marks">${ownMark(look)}</div>
<h1>${mail.checkYourEmail}</h1>
<p>${isPrinted ? texts.printed : texts.sent}</p>
${isPrinted ? undefined : html`<p class="soft hint">${texts.nothingThere(nameOf(look.name))}</p>`}
</div>
<p><a class="button" href="${signInUrl}">${common.backToSignIn}</a></p>`;
  return layout({ look, title: mail.checkYourEmail, body });
}
