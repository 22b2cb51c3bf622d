import { type Html, html, nameOf, shownName } from "../html.ts";
import { ALARM_ICON } from "../icons.ts";
import type { Look } from "../look.ts";
import { moment } from "../moment.ts";
import { noticeBox } from "./boxes.ts";
import type { Notice } from "./notices.ts";

export type AccountUpstreamsValues = {
  readonly look: Look;
  readonly upstreams: readonly AccountUpstream[];
  /** Whether the sign-in is new enough for a change. */
  readonly canChange: boolean;
  readonly notice: Notice | undefined;
  /** Why the last try changed nothing, and of which service it was. */
  readonly problem: { readonly message: string; readonly upstream: string | undefined } | undefined;
  readonly form: (action: "connect" | "disconnect" | "store_key", fields: Html) => Html;
};

/** Another service. Times are epoch milliseconds. */
export type AccountUpstream = {
  readonly name: string;
  readonly label: string;
  /** `gone`: the operator's options don't have it any more. */
  readonly kind: "oauth" | "key" | "gone";
  /** How a person gets a key; undefined where nothing is said. */
  readonly help?: string | undefined;
  readonly keysUrl?: string | undefined;
  /** What the person has there; undefined where that is nothing. */
  readonly credential: AccountUpstreamCredential | undefined;
};

export type AccountUpstreamCredential = {
  readonly kind: "token" | "key";
  /** How the person is called there; "" where that is not known. */
  readonly account: string;
  readonly scopes: readonly string[];
  readonly createdAt: number;
  readonly usedAt: number | null;
  readonly isDead: boolean;
};

/** The id of the heading. */
export const UPSTREAMS_ANCHOR = "services";

const MOST_SCOPES = 30;

/** The section in which a person connects services, stores keys, and ends both. No token and no key is ever in it. */
export function accountUpstreamsSection(values: AccountUpstreamsValues): Html {
  const { look, upstreams, notice, problem } = values;
  const texts = look.texts.account.upstreams;
  const hasRow = upstreams.some((upstream) => isAbout(upstream, problem));
  return html`<section aria-labelledby="${UPSTREAMS_ANCHOR}">
<h2 id="${UPSTREAMS_ANCHOR}">${texts.heading}</h2>
<p class="soft small">${texts.intro(nameOf(look.name))}</p>
${notice && noticeBox(notice)}
${problem && !hasRow ? problemBox(problem) : undefined}
<ul class="rows">
${upstreams.map((upstream, index) => row(upstream, index, values))}
</ul>
</section>`;
}

/** Whether the problem is with this service, whose row then says it. */
function isAbout({ name, kind }: AccountUpstream, problem: AccountUpstreamsValues["problem"]): boolean {
  return kind !== "gone" && problem?.upstream === name;
}

function problemBox({ message }: NonNullable<AccountUpstreamsValues["problem"]>): Html {
  return html`<div class="notice alarm" role="alert" id="upstream-problem">${ALARM_ICON}<div><p>${message}</p></div></div>`;
}

function row(upstream: AccountUpstream, index: number, values: AccountUpstreamsValues): Html {
  const { label, kind, credential } = upstream;
  const title = `upstream-${index}`;
  const { problem } = values;
  const account = credential?.account ? html` ${nameOf(credential.account)}` : undefined;
  return html`<li class="row"><div>
<p id="${title}"><strong>${nameOf(label)}</strong>${account}</p>
${stateOf(upstream, values.look)}
</div>
${kind === "oauth" || credential ? html`<div class="side-by-side">${buttonsOf(upstream, index, values)}</div>` : undefined}
${problem && isAbout(upstream, problem) ? html`<div class="whole-row">${problemBox(problem)}</div>` : undefined}
${kind === "key" ? keyForm(upstream, index, values) : undefined}
</li>
`;
}

function stateOf({ kind, credential }: AccountUpstream, look: Look): Html {
  const { common, account } = look.texts;
  const texts = account.upstreams;
  if (!credential) {
    return html`<p class="soft small">${kind === "key" ? texts.noKey : texts.notConnected}</p>`;
  }
  const { createdAt, usedAt, isDead, scopes } = credential;
  const ended = credential.kind === "key" ? texts.storeAgain : texts.connectAgain;
  return html`${isDead ? html`<p class="small"><strong>${ended}</strong></p>` : undefined}
${kind === "gone" ? html`<p class="soft small">${texts.noLongerHere}</p>` : undefined}
${credential.kind === "key" ? html`<p class="small">${texts.hasKey}</p>` : undefined}
<p class="soft small">${common.since(moment(createdAt, look))} ${usedAt === null ? common.notUsedYet : common.lastUsed(moment(usedAt, look))}</p>
${scopes.length === 0 ? undefined : html`<p class="soft small">${texts.permissions(listed(scopes))}</p>`}`;
}

function listed(scopes: readonly string[]): Html {
  const shown = scopes.slice(0, MOST_SCOPES).map(shownName);
  const more = scopes.length > MOST_SCOPES ? ["…"] : [];
  return html`<bdi>${[...shown, ...more].join(", ")}</bdi>`;
}

function buttonsOf(upstream: AccountUpstream, index: number, { look, form }: AccountUpstreamsValues): Html {
  const texts = look.texts.account.upstreams;
  const { name, kind, credential } = upstream;
  const button = (action: "connect" | "disconnect", text: string): Html => {
    const id = `${action}-${index}`;
    return form(
      action,
      html`<input type="hidden" name="upstream" value="${name}">
<button type="submit" class="plain" id="${id}" aria-labelledby="${id} upstream-${index}">${text}</button>`,
    );
  };
  const end = credential?.kind === "key" ? texts.removeKey : texts.disconnect;
  return html`${kind === "oauth" ? button("connect", credential ? texts.reconnect : texts.connect) : undefined}
${credential ? button("disconnect", end) : undefined}`;
}

function keyForm(upstream: AccountUpstream, index: number, values: AccountUpstreamsValues): Html {
  const { look, canChange, problem, form } = values;
  const texts = look.texts.account.upstreams;
  const { name, label, credential } = upstream;
  if (!canChange) return html`<p class="soft small">${texts.signInAgainToStore}</p>`;
  const isWrong = isAbout(upstream, problem);
  const fields = keyField(upstream, {
    id: `key-${index}`,
    label: credential ? texts.newKeyOf(nameOf(label)) : texts.keyOf(nameOf(label)),
    problemId: isWrong ? "upstream-problem" : undefined,
    look,
  });
  return html`<div class="whole-row">${form(
    "store_key",
    html`<input type="hidden" name="upstream" value="${name}">
${fields}
<button type="submit" class="plain">${credential ? texts.replaceKey : texts.storeKey}</button>`,
  )}</div>`;
}

/** The field into which a person pastes a key, with how to get one. Nothing that was typed is ever put back into it. */
export function keyField(
  { help, keysUrl }: Pick<AccountUpstream, "help" | "keysUrl">,
  field: {
    readonly id: string;
    readonly label: Html;
    /** The id of the notice that says what was wrong with what was typed. */
    readonly problemId: string | undefined;
    readonly look: Look;
  },
): Html {
  const { id, label, problemId, look } = field;
  const texts = look.texts.account.upstreams;
  const wrong = problemId === undefined ? undefined : html` aria-invalid="true" autofocus`;
  const described = problemId === undefined ? `${id}-hint` : `${problemId} ${id}-hint`;
  const linked = (text: string) =>
    keysUrl === undefined
      ? html`${text}`
      : html`<a href="${keysUrl}" target="_blank" rel="noreferrer">${text}</a>`;
  const hint =
    help === undefined
      ? html`${keysUrl === undefined ? undefined : html`${linked(texts.makeKey)}. `}${texts.keyHint}`
      : html`${linked(help)} ${texts.keyHint}`;
  return html`<div>
<label for="${id}">${label}</label>
<input type="password" id="${id}" name="key" autocomplete="off" autocapitalize="none" autocorrect="off" spellcheck="false" required aria-describedby="${described}"${wrong}>
<p class="soft small hint" id="${id}-hint">${hint}</p>
</div>`;
}
