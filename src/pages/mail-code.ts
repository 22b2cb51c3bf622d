import { type Html, html, nameOf } from "./html.ts";
import { layout, ownMark } from "./layout.ts";
import type { Look } from "./look.ts";
import { problemNotice } from "./mail-ask.ts";

export type MailCodeValues = {
  readonly look: Look;
  /** Where the mail was sent, as the person typed it. */
  readonly email: string;
  /** Whether it is on the terminal of the person who started the server. */
  readonly isPrinted: boolean;
  /** Where the code is posted to. */
  readonly action: string;
  readonly state: string;
  /** The id of the mail. */
  readonly mail: string;
  readonly problem: string | undefined;
  /** Where another mail is asked for. */
  readonly askAction: string;
  readonly signInUrl: string;
};

/** After a mail was asked for: says where to look, and takes the code. It says the same for every address. */
export function mailCodePage(values: MailCodeValues): string {
  const { look, email, isPrinted, action, state, mail, problem, askAction, signInUrl } = values;
  const { common, mail: texts } = look.texts;
  const address = html`<strong>${nameOf(email)}</strong>`;
  const body = html`<div class="centred">
<div class="marks">${ownMark(look)}</div>
<h1>${texts.checkYourEmail}</h1>
<p class="soft">${isPrinted ? texts.printed(address) : texts.sent(address)}</p>
</div>
${problemNotice(problem)}
<form method="post" action="${action}">
<input type="hidden" name="state" value="${state}">
<input type="hidden" name="mail" value="${mail}">
${codeField("code", texts.code, problem, true)}
<button type="submit">${common.signIn}</button>
</form>
<form method="post" action="${askAction}">
<p class="soft small centred">${isPrinted ? undefined : html`${texts.nothingThere} `}${texts.worksTenMinutes}</p>
<input type="hidden" name="state" value="${state}">
<input type="hidden" name="email" value="${email}">
<button type="submit" class="plain">${isPrinted ? texts.printAnother : texts.sendAnother}</button>
</form>
<p class="centred small"><a href="${signInUrl}">${texts.useAnother}</a></p>`;
  return layout({ look, title: problem === undefined ? texts.checkYourEmail : texts.titleOfWrongCode, body });
}

export function codeField(
  name: string,
  label: string,
  problem: string | undefined,
  autofocus: boolean,
): Html {
  const tied = problem === undefined ? undefined : html` aria-invalid="true" aria-describedby="problem"`;
  return html`<div>
<label for="${name}">${label}</label>
<input type="text" id="${name}" name="${name}" inputmode="numeric" autocomplete="one-time-code" autocorrect="off" spellcheck="false" maxlength="20" required${tied}${autofocus ? html` autofocus` : undefined}>
</div>`;
}
