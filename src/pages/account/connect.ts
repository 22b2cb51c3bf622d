import { type Html, html, nameOf, undeceiving } from "../html.ts";
import { BOTH_WAYS_ICON } from "../icons.ts";
import { layout, ownMark, theirMark } from "../layout.ts";
import type { Look } from "../look.ts";
import { type AccountUpstream, keyField } from "./upstreams.ts";

export type ConnectValues = {
  readonly look: Look;
  readonly upstream: Pick<AccountUpstream, "name" | "label" | "help" | "keysUrl"> & {
    readonly kind: "oauth" | "key";
  };
  /** Whose account it is: what only this server gives, beside the name that they chose. */
  readonly person: {
    readonly id: string;
    readonly name: string | undefined;
    readonly email: string | undefined;
  };
  /** Whether the service has answered already, and a click connects it. */
  readonly isAnswered: boolean;
  /** The form, around its fields. */
  readonly form: (fields: Html) => Html;
  /** The account page, with nothing changed. */
  readonly noUrl: string;
};

/** Asks a person whether to connect a service to their account, or for a key. Nothing happens before the click. */
export function connectPage(values: ConnectValues): string {
  const { look, upstream, person, isAnswered, form, noUrl } = values;
  const texts = look.texts.connect;
  const { label, kind } = upstream;
  const isKey = kind === "key";
  const service = nameOf(label);
  const body = html`<div class="centred">
<div class="marks">${ownMark(look)}${BOTH_WAYS_ICON}${theirMark(label)}</div>
<h1>${headingOf(values)}</h1>
${isAnswered ? html`<p>${texts.answered(service)}</p>` : undefined}
<p class="soft">${isKey ? texts.whatAKeyMeans(service) : texts.whatItMeans(service)}</p>
</div>
<dl class="facts">
<div><dt>${texts.account}</dt>
${person.name === undefined ? undefined : html`<dd><strong>${nameOf(person.name)}</strong></dd>`}
${person.email === undefined ? undefined : html`<dd>${nameOf(person.email)}</dd>`}
<dd>${look.texts.account.question.id(html`<bdi>${undeceiving(person.id)}</bdi>`)}</dd></div>
</dl>
<p class="soft small">${texts.onlyIfAsked}${isKey || isAnswered ? undefined : html` ${texts.next(service)}`}</p>
<div class="settled">
${form(html`${isKey ? keyOf(values) : undefined}
<button type="submit">${buttonOf(values)}</button>`)}
</div>
<p class="centred small"><a href="${noUrl}">${texts.no}</a></p>`;
  return layout({ look, title: texts.title(label), body });
}

/** Another one each time, so that the second page does not look like the first again. */
function headingOf({ look, upstream, isAnswered }: ConnectValues): Html {
  const texts = look.texts.connect;
  const [service, app] = [nameOf(upstream.label), nameOf(look.name)];
  if (upstream.kind === "key") return texts.keyHeading(service, app);
  return isAnswered ? texts.oneMoreStep(service, app) : texts.heading(service, app);
}

function keyOf({ look, upstream }: ConnectValues): Html {
  return keyField(upstream, {
    id: "key",
    label: look.texts.account.upstreams.keyOf(nameOf(upstream.label)),
    problemId: undefined,
    look,
  });
}

function buttonOf({ look, upstream: { label, kind }, isAnswered }: ConnectValues): Html | string {
  const { connect, account } = look.texts;
  if (kind === "key") return account.upstreams.storeKey;
  return isAnswered ? connect.finish(nameOf(label)) : connect.connect(nameOf(label));
}
