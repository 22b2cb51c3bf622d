import { type Html, html, nameOf } from "./html.ts";
import { layout, mark } from "./layout.ts";
import { problemNotice } from "./mail-ask.ts";

export type MailCodeValues = {
  readonly appName: string;
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
};

/** After a mail was asked for: says where to look, and takes the code. It says the same for every address. */
export function mailCodePage(values: MailCodeValues): string {
  const { appName, email, isPrinted, action, state, mail, problem, askAction } = values;
  const body = html`<div class="centred">
<div class="marks">${mark(appName, "ours")}</div>
<h1>Check your email</h1>
<p class="soft">${
    isPrinted
      ? html`This server does not send email: it printed the one for <strong>${nameOf(email)}</strong> on the terminal where it was started.`
      : html`An email is on its way to <strong>${nameOf(email)}</strong>. Open its link in this browser, or type its code here.`
  }</p>
</div>
${problemNotice(problem)}
<form method="post" action="${action}">
<input type="hidden" name="state" value="${state}">
<input type="hidden" name="mail" value="${mail}">
${codeField("code", "Six-digit code", problem, true)}
<button type="submit">Sign in</button>
</form>
<form method="post" action="${askAction}">
<p class="soft small centred">${isPrinted ? "An email works for ten minutes." : "Nothing there? Look in your spam folder, and check the address. An email works for ten minutes."}</p>
<input type="hidden" name="state" value="${state}">
<input type="hidden" name="email" value="${email}">
<button type="submit" class="plain">${isPrinted ? "Print another email" : "Send another email"}</button>
</form>
<form method="post" action="${action}">
<input type="hidden" name="state" value="${state}">
<input type="hidden" name="mail" value="${mail}">
<button type="submit" name="cancel" value="1" class="plain">Use another address or way to sign in</button>
</form>`;
  return layout({ appName, title: problem === undefined ? "Check your email" : "Code: try again", body });
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
