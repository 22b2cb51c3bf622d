import { type Html, html, nameOf } from "./html.ts";
import { ALARM_ICON } from "./icons.ts";
import { layout, ownMark } from "./layout.ts";
import type { Look } from "./look.ts";

export type MailFormValues = {
  readonly look: Look;
  /** Where the form posts to. */
  readonly action: string;
  /** Why the person is here, sealed, carried through the form. */
  readonly state: string;
  /** What was typed last time, or is expected. */
  readonly typed?: string | undefined;
  readonly problem?: string | undefined;
};

/** The form that asks for an email with a link: a way to sign in on the sign-in page. */
export function mailForm(values: MailFormValues, kind: "one_of_several" | "only" = "one_of_several"): Html {
  const { look, action, state, typed = "", problem } = values;
  const texts = look.texts.mail;
  return html`<form method="post" action="${action}">
<input type="hidden" name="state" value="${state}">
${emailField(texts.address, typed, problem, { hasFocus: kind === "only" })}
<button type="submit"${kind === "only" ? undefined : html` class="plain"`}>${texts.sendLink}</button>
</form>`;
}

/** A field for one address. The server reads it: what a browser takes for an address differs. */
export function emailField(
  label: string,
  typed: string,
  problem: string | undefined,
  { name = "email", hasFocus = false }: { readonly name?: string; readonly hasFocus?: boolean } = {},
): Html {
  const tied = problem === undefined ? undefined : html` aria-invalid="true" aria-describedby="problem"`;
  return html`<div>
<label for="${name}">${label}</label>
<input type="text" id="${name}" name="${name}" value="${typed}" inputmode="email" autocomplete="email" autocapitalize="none" autocorrect="off" spellcheck="false" maxlength="320" required${hasFocus ? html` autofocus` : undefined}${tied}>
</div>`;
}

export function problemNotice(problem: string | undefined): Html | undefined {
  return problem === undefined
    ? undefined
    : html`<div class="notice alarm" role="alert" id="problem">${ALARM_ICON}<div><p>${problem}</p></div></div>`;
}

/** The same form alone, where the last try did not end well. */
export function mailAskPage(values: MailFormValues & { readonly signInUrl: string }): string {
  const { look, problem, signInUrl } = values;
  const { common, mail: texts } = look.texts;
  const body = html`<div class="centred">
<div class="marks">${ownMark(look)}</div>
<h1>${texts.heading(nameOf(look.name))}</h1>
<p class="soft">${texts.linkAndCode}</p>
</div>
${problemNotice(problem)}
${mailForm(values, "only")}
<p class="centred small"><a href="${signInUrl}">${common.backToSignIn}</a></p>`;
  return layout({ look, title: problem === undefined ? texts.title : texts.titleOfProblem, body });
}

/** The mail server does not take mail now. */
export function mailDownPage({
  look,
  action,
  state,
  email,
  backUrl,
  correlationId,
}: {
  readonly look: Look;
  /** Where the same form is posted to again. */
  readonly action: string;
  readonly state: string;
  readonly email: string;
  readonly backUrl: string;
  readonly correlationId: string;
}): string {
  const { common, mail: texts } = look.texts;
  const reference = common.referenceId(html`<code class="whole">${correlationId}</code>`);
  const body = html`<div class="centred">
<span class="mark alarm">${ALARM_ICON}</span>
<h1>${texts.notSent}</h1>
<p>${texts.notSentTo(html`<strong>${nameOf(email)}</strong>`)}</p>
</div>
<form method="post" action="${action}">
<input type="hidden" name="state" value="${state}">
<input type="hidden" name="email" value="${email}">
<button type="submit">${common.tryAgain}</button>
</form>
<p class="centred small"><a href="${backUrl}">${common.backToSignIn}</a></p>
<p class="soft small centred">${common.errorStatus(503)} ${reference}</p>`;
  return layout({ look, title: texts.notSent, body });
}
