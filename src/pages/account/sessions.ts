import { type Html, html, nameOf, undeceiving } from "../html.ts";
import { moment } from "../moment.ts";
import { actionForm } from "./form.ts";
import type { AccountSession, AccountValues } from "./values.ts";

export function sessionsSection(values: AccountValues): Html {
  const { look, sessions, moreSessions } = values;
  const texts = look.texts.account.sessions;
  const hasOthers = sessions.length + moreSessions > 1;
  return html`<section aria-labelledby="sessions">
<h2 id="sessions">${texts.heading}</h2>
<ul class="rows">
${sessions.map((session, index) => sessionRow(session, index, values))}
</ul>
${moreSessions > 0 ? html`<p class="soft small">${texts.andMore(moreSessions)}</p>` : undefined}
<div class="side-by-side">
${hasOthers ? actionForm(values, "sign_out_elsewhere", html`<button type="submit" class="plain">${texts.signOutElsewhere}</button>`) : undefined}
${actionForm(values, "sign_out_everywhere", html`<button type="submit" class="plain">${texts.signOutEverywhere}</button>`)}
</div>
</section>`;
}

function sessionRow(session: AccountSession, index: number, values: AccountValues): Html {
  const { look } = values;
  const { id, isThis, browser, method, address, createdAt, usedAt } = session;
  const texts = look.texts.account.sessions;
  const { since, lastUsed } = look.texts.common;
  const [title, button] = [`session-${index}`, `end-${index}`];
  const end = isThis
    ? actionForm(values, "sign_out", html`<button type="submit" class="plain">${texts.signOutHere}</button>`)
    : actionForm(
        values,
        "end_session",
        html`<input type="hidden" name="session" value="${id}">
<button type="submit" class="plain" id="${button}" aria-labelledby="${button} ${title}">${texts.end}</button>`,
      );
  const from = address === undefined ? undefined : html`<bdi>${undeceiving(address)}</bdi>`;
  return html`<li class="row"><div>
<p id="${title}"><strong>${browser}</strong>${isThis ? html` <span class="tag">${texts.thisBrowser}</span>` : undefined}</p>
<p class="soft small">${texts.signedInWith(nameOf(method), from)}</p>
<p class="soft small">${since(moment(createdAt, look))} ${lastUsed(moment(usedAt, look))}</p>
</div>
${end}
</li>
`;
}
