import { type Html, html, nameOf, undeceiving } from "../html.ts";
import type { Look } from "../look.ts";
import { moment } from "../moment.ts";
import type { AccountSignIn, AccountValues } from "./values.ts";

export function signInsSection({ look, signIns }: AccountValues): Html {
  const texts = look.texts.account.signIns;
  const rows = html`<ul class="rows">
${signIns.map((signIn) => signInRow(signIn, look))}
</ul>`;
  return html`<section aria-labelledby="sign-ins">
<h2 id="sign-ins">${texts.heading}</h2>
${signIns.length === 0 ? html`<p class="soft small">${texts.none}</p>` : rows}
</section>`;
}

function signInRow({ outcome, at, method, address }: AccountSignIn, look: Look): Html {
  const texts = look.texts.account.signIns;
  const said = html`<strong>${texts.outcomes[outcome]}</strong>`;
  const when = moment(at, look);
  return html`<li class="row"><div>
<p>${method === undefined ? said : texts.outcomeWith(said, nameOf(method))}</p>
<p class="soft small">${address === undefined ? when : texts.timeAndPlace(when, html`<bdi>${undeceiving(address)}</bdi>`)}</p>
</div></li>
`;
}
