import { type Html, html, nameOf, verbatim } from "./html.ts";
import { ALARM_ICON } from "./icons.ts";
import type { Look } from "./look.ts";
import { moment } from "./moment.ts";
import { PASSKEY_SCRIPT } from "./passkey-script.ts";

/** `PublicKeyCredentialRequestOptions` as JSON (WebAuthn Level 3 §5.5). */
export type PasskeyRequest = {
  readonly challenge: string;
  readonly rpId: string;
  readonly userVerification: "required";
};

/** `PublicKeyCredentialCreationOptions` as JSON (WebAuthn Level 3 §5.4). */
export type PasskeyCreation = {
  readonly challenge: string;
  readonly rp: { readonly id: string; readonly name: string };
  readonly user: { readonly id: string; readonly name: string; readonly displayName: string };
  readonly pubKeyCredParams: readonly { readonly type: "public-key"; readonly alg: number }[];
  readonly excludeCredentials: readonly { readonly type: "public-key"; readonly id: string }[];
  readonly authenticatorSelection: {
    readonly residentKey: "required";
    readonly userVerification: "required";
  };
  readonly attestation: "none";
};

/** The form of the sign-in page. */
export function passkeySignIn(values: {
  readonly look: Look;
  readonly action: string;
  /** The sealed request, carried through the form. */
  readonly state: string;
  readonly options: PasskeyRequest;
}): Html {
  const { look } = values;
  const { signIn, notUsed } = look.texts.passkeys;
  const button = html`<button type="submit" class="plain" data-needs-script hidden>${signIn}</button>`;
  const says = {
    unsupported: notUsed.unsupported,
    notallowederror: notUsed.cancelled,
    securityerror: notUsed.wrongAddress,
    failed: notUsed.failed,
  };
  return html`<form method="post" action="${values.action}">
<input type="hidden" name="state" value="${values.state}">
${place("get", values.options, button, { look, says })}
</form>
${script()}`;
}

/** What makes a passkey, inside a form. @param button its text */
export function passkeyCreation(options: PasskeyCreation, button: string, look: Look): Html {
  const { notMade } = look.texts.passkeys;
  const says = {
    unsupported: notMade.unsupported,
    notallowederror: notMade.cancelled,
    invalidstateerror: notMade.existsAlready,
    securityerror: notMade.wrongAddress,
    failed: notMade.failed,
  };
  const submit = html`<button type="submit" class="plain" formnovalidate data-needs-script hidden>${button}</button>`;
  return html`${place("create", options, submit, { look, says })}
${script()}`;
}

/** The name of the field with what the browser said of the passkey. */
export const PASSKEY_FIELD = "passkey";

/** What is said of each error, by its name in lower case as the script asks for it; `failed` of every other one. */
type Says = Readonly<Record<string, string>>;

function place(
  kind: "get" | "create",
  options: object,
  button: Html,
  { look, says }: { readonly look: Look; readonly says: Says },
): Html {
  const sentences = Object.entries(says).map(([name, text]) => html` data-${verbatim(name)}="${text}"`);
  return html`<div class="passkey" data-passkey="${kind}" data-options="${JSON.stringify(options)}">
<input type="hidden" name="${PASSKEY_FIELD}" data-answer>
${button}
<p class="soft small" role="status" data-says${sentences}>${look.texts.passkeys.needJavaScript}</p>
</div>`;
}

function script(): Html {
  return html`<script>${verbatim(PASSKEY_SCRIPT)}</script>`;
}

export type AccountPasskeysValues = {
  readonly look: Look;
  readonly passkeys: readonly AccountPasskey[];
  /** Undefined where the person has to sign in again first. */
  readonly options: PasskeyCreation | undefined;
  /** Why the last change was not made. */
  readonly problem: string | undefined;
  readonly form: (action: "add" | "remove", fields: Html) => Html;
};

/** Times are epoch milliseconds. */
export type AccountPasskey = {
  readonly id: string;
  readonly label: string;
  readonly isSynced: boolean;
  readonly createdAt: number;
  readonly usedAt: number | null;
  /** The host that it works for, where that is not this server's any more. */
  readonly otherHost: string | undefined;
  readonly isLastWayIn: boolean;
};

/** The section of the account page. */
export function accountPasskeysSection(values: AccountPasskeysValues): Html {
  const { look, passkeys, options, problem, form } = values;
  const texts = look.texts.account.passkeys;
  const add = html`<div>
<label for="passkey-name">${texts.name}</label>
<input type="text" id="passkey-name" name="name" maxlength="60" autocomplete="off" aria-describedby="passkey-hint${problem ? " passkey-problem" : ""}">
<p class="soft small hint" id="passkey-hint">${texts.nameHint}</p>
</div>
${options ? passkeyCreation(options, texts.add, look) : html`<button type="submit" class="plain">${texts.add}</button>`}`;
  return html`<section aria-labelledby="passkeys">
<h2 id="passkeys">${texts.heading}</h2>
<p class="soft small">${texts.whatItIs}</p>
${problem ? html`<div class="notice alarm" role="alert" id="passkey-problem">${ALARM_ICON}<div><p>${problem}</p></div></div>` : undefined}
${passkeys.length > 0 ? html`<ul class="rows">${passkeys.map((passkey, index) => passkeyRow(passkey, index, values))}</ul>` : undefined}
${form("add", add)}
</section>`;
}

function passkeyRow(passkey: AccountPasskey, index: number, { look, form }: AccountPasskeysValues): Html {
  const { id, label, isSynced, createdAt, usedAt, otherHost, isLastWayIn } = passkey;
  const { account, common } = look.texts;
  const texts = account.passkeys;
  const [title, button] = [`passkey-${index}`, `remove-passkey-${index}`];
  const remove = html`<input type="hidden" name="credential" value="${id}">
<button type="submit" class="plain" id="${button}" aria-labelledby="${button} ${title}">${common.remove}</button>`;
  return html`<li class="row"><div>
<p id="${title}"><strong>${nameOf(label)}</strong>${isSynced ? html` <span class="tag">${texts.synced}</span>` : undefined}</p>
<p class="soft small">${common.since(moment(createdAt, look))} ${usedAt === null ? common.notUsedYet : common.lastUsed(moment(usedAt, look))}</p>
${otherHost === undefined ? undefined : html`<p class="soft small">${texts.otherHost(html`<bdi>${otherHost}</bdi>`)}</p>`}
</div>
${isLastWayIn ? html`<p class="soft small">${texts.onlyWayIn}</p>` : form("remove", remove)}
</li>
`;
}
