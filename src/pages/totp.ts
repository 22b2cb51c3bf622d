import type { ClientIdentity } from "../core/client.ts";
import { waitingClient } from "./client.ts";
import { type Html, html, nameOf } from "./html.ts";
import { ALARM_ICON, CHECK_ICON } from "./icons.ts";
import { layout, ownMark } from "./layout.ts";
import type { Look } from "./look.ts";
import { type QrCode, qrCode } from "./qr-code.ts";

type Common = {
  readonly look: Look;
  /** Where the form posts to. */
  readonly action: string;
  /** The sealed sign-in, carried through the form. */
  readonly state: string;
  /** Who signs in: a username or an address. */
  readonly label: string;
  /** The client that wants to connect; undefined at the account page. */
  readonly client: ClientIdentity | undefined;
  /** Back to where the sign-in begins. */
  readonly signInUrl: string;
};

export type TotpValues = Common & {
  /** What was wrong, and in which field. */
  readonly problem: { readonly field: "code" | "recovery_code"; readonly message: string } | undefined;
};

/** The page that asks for a code of the authenticator app, or a recovery code. */
export function totpPage(values: TotpValues): string {
  const { look, client, problem } = values;
  const texts = look.texts.totp;
  const [code, recovery] = (["code", "recovery_code"] as const).map((field) =>
    problem?.field === field ? problem.message : undefined,
  );
  const body = html`<div class="centred">
<div class="marks">${ownMark(look)}</div>
<h1>${texts.title}</h1>
<p class="soft">${texts.openYourApp(nameOf(look.name))}</p>
${waiting(client, look)}
</div>
${formOf(values, html`${alarm(code)}${codeField(code, recovery === undefined, look)}<button type="submit">${texts.continue}</button>`)}
<details${recovery === undefined ? undefined : html` open`}><summary>${texts.useRecoveryCode}</summary><div>
${formOf(
  values,
  html`${alarm(recovery)}<div>
<label for="recovery_code">${texts.recoveryCode}</label>
<input type="text" id="recovery_code" name="recovery_code" autocomplete="off" autocapitalize="none" autocorrect="off" spellcheck="false" maxlength="100" required${recovery === undefined ? undefined : html` autofocus`}${tied(recovery)}>
<p class="soft small hint">${texts.recoveryCodeHint}</p>
</div>
<button type="submit" class="plain">${texts.continueWithRecoveryCode}</button>`,
)}
</div></details>
${notYou(values)}`;
  return layout({ look, title: problem ? texts.titleOfProblem : texts.title, body });
}

/** A new secret, as the page shows it. */
export type TotpSetup = {
  /** What the form carries. */
  readonly sealed: string;
  /** For apps that read no QR code. */
  readonly key: string;
  readonly qr: QrCode;
};

export type TotpSetupValues = Common & {
  readonly setup: TotpSetup;
  readonly problem: string | undefined;
};

/** The page on which a person who must have an authenticator app sets it up. */
export function totpSetupPage(values: TotpSetupValues): string {
  const { look, client, setup, problem } = values;
  const texts = look.texts.totp.setup;
  const body = html`<div class="centred">
<div class="marks">${ownMark(look)}</div>
<h1>${texts.heading}</h1>
<p class="soft">${texts.why(nameOf(look.name))}</p>
${waiting(client, look)}
</div>
${formOf(values, totpSetupFields(setup, problem, look))}
${notYou(values)}`;
  return layout({ look, title: problem ? texts.titleOfProblem : texts.title, body });
}

/** The QR code, the key, and the field for the first code. */
export function totpSetupFields(setup: TotpSetup, problem: string | undefined, look: Look): Html {
  const texts = look.texts.totp.setup;
  return html`${alarm(problem)}<input type="hidden" name="setup" value="${setup.sealed}">
<ol class="steps">
<li><p>${texts.scan}</p>
${qrCode(setup.qr, texts.qrCode)}
<p class="soft small">${texts.orType}</p>
<p class="key"><code class="whole">${setup.key}</code></p></li>
<li>${codeField(problem, true, look)}<button type="submit">${texts.turnOn}</button></li>
</ol>`;
}

/** After the setup: the recovery codes, which are never shown again. */
export function recoveryCodesPage({
  look,
  codes,
  continueUrl,
}: {
  readonly look: Look;
  readonly codes: readonly string[];
  readonly continueUrl: string;
}): string {
  const texts = look.texts.totp.recoveryCodes;
  const body = html`<div class="centred">
<span class="mark good">${CHECK_ICON}</span>
<h1>${texts.title}</h1>
<p class="soft">${texts.whatFor}</p>
</div>
${recoveryCodeList(codes, look)}
<p><a class="button" href="${continueUrl}">${texts.saved}</a></p>`;
  return layout({ look, title: texts.title, body });
}

/** Ten codes, to be copied or printed. */
export function recoveryCodeList(codes: readonly string[], { texts }: Look): Html {
  return html`<pre class="recovery-codes">${codes.join("\n")}</pre>
<p class="soft small">${texts.totp.recoveryCodes.keepThem}</p>`;
}

function waiting(client: ClientIdentity | undefined, look: Look): Html | undefined {
  return client ? html`<p class="soft small hint">${waitingClient(client, look)}</p>` : undefined;
}

function formOf({ action, state }: Pick<Common, "action" | "state">, fields: Html): Html {
  return html`<form method="post" action="${action}">
<input type="hidden" name="state" value="${state}">
${fields}
</form>`;
}

function codeField(problem: string | undefined, hasFocus: boolean, { texts }: Look): Html {
  return html`<div>
<label for="code">${texts.totp.code}</label>
<input type="text" id="code" name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="20" required${hasFocus ? html` autofocus` : undefined}${tied(problem)}>
</div>
`;
}

function alarm(problem: string | undefined): Html | undefined {
  if (problem === undefined) return undefined;
  return html`<div class="notice alarm" role="alert" id="problem">${ALARM_ICON}<div><p>${problem}</p></div></div>
`;
}

function tied(problem: string | undefined): Html | undefined {
  return problem === undefined ? undefined : html` aria-invalid="true" aria-describedby="problem"`;
}

function notYou({ look, label, signInUrl }: Common): Html {
  const texts = look.texts.totp;
  return html`<p class="centred small soft">${texts.signInAs(nameOf(label))} <a href="${signInUrl}">${texts.startAgain}</a></p>`;
}
