import type {
  AccountActionName,
  AccountIdentity,
  AccountSession,
  AccountSignIn,
  AccountValues,
  PartName,
} from "./account-values.ts";
import { type Html, html, nameOf, undeceiving } from "./html.ts";
import { moment } from "./moment.ts";

const MOST_LISTED = 30;

/** A form of the page. @param fields its inputs and its button */
export function actionForm(
  { action, pageToken }: Pick<AccountValues, "action" | "pageToken">,
  name: AccountActionName | PartName,
  fields: Html,
): Html {
  return html`<form method="post" action="${action}">
<input type="hidden" name="page_token" value="${pageToken}">
<input type="hidden" name="action" value="${name}">
${fields}
</form>`;
}

export function personSection({ person: { id, name, emails, groups } }: AccountValues): Html {
  return html`<section aria-labelledby="who">
<h2 id="who">Who you are</h2>
<dl class="facts">
${name === undefined ? undefined : html`<div><dt>Name</dt><dd><strong>${nameOf(name)}</strong></dd></div>`}
<div><dt>ID</dt><dd><bdi>${undeceiving(id)}</bdi></dd></div>
${facts(emails, "Verified address", "Verified addresses")}
${facts(groups, "Group", "Groups")}
</dl>
</section>`;
}

function facts(texts: readonly string[], one: string, several: string): Html | undefined {
  if (texts.length === 0) return undefined;
  const more = texts.length - MOST_LISTED;
  return html`<div><dt>${texts.length === 1 ? one : several}</dt>${texts
    .slice(0, MOST_LISTED)
    .map(
      (text) => html`<dd>${nameOf(text)}</dd>`,
    )}${more > 0 ? html`<dd>and ${more} more</dd>` : undefined}</div>`;
}

export function sessionsSection(values: AccountValues): Html {
  const { sessions, moreSessions } = values;
  const hasOthers = sessions.length + moreSessions > 1;
  return html`<section aria-labelledby="sessions">
<h2 id="sessions">Where you are signed in</h2>
<ul class="rows">
${sessions.map((session, index) => sessionRow(session, index, values))}
</ul>
${moreSessions > 0 ? html`<p class="soft small">And ${moreSessions} more.</p>` : undefined}
<div class="side-by-side">
${hasOthers ? actionForm(values, "sign_out_elsewhere", html`<button type="submit" class="plain">Sign out everywhere else</button>`) : undefined}
${actionForm(values, "sign_out_everywhere", html`<button type="submit" class="plain">Sign out everywhere and disconnect all apps</button>`)}
</div>
</section>`;
}

function sessionRow(session: AccountSession, index: number, values: AccountValues): Html {
  const { id, isThis, browser, method, address, createdAt, usedAt } = session;
  const [title, button] = [`session-${index}`, `end-${index}`];
  const end = isThis
    ? actionForm(values, "sign_out", html`<button type="submit" class="plain">Sign out here</button>`)
    : actionForm(
        values,
        "end_session",
        html`<input type="hidden" name="session" value="${id}">
<button type="submit" class="plain" id="${button}" aria-labelledby="${button} ${title}">End</button>`,
      );
  return html`<li class="row"><div>
<p id="${title}"><strong>${browser}</strong>${isThis ? html` <span class="tag">This browser</span>` : undefined}</p>
<p class="soft small">Signed in with ${nameOf(method)}${address === undefined ? undefined : html` from <bdi>${undeceiving(address)}</bdi>`}</p>
<p class="soft small">Since ${moment(createdAt)}. Last used ${moment(usedAt)}.</p>
</div>
${end}
</li>
`;
}

export function identitiesSection(values: AccountValues): Html {
  const { identities, links } = values;
  const buttons = links.map(({ name, label }) =>
    actionForm(
      values,
      "link",
      html`<input type="hidden" name="method" value="${name}">
<button type="submit" class="plain">Link ${nameOf(label)}</button>`,
    ),
  );
  return html`<section aria-labelledby="identities">
<h2 id="identities">Ways to sign in</h2>
<ul class="rows">
${identities.map((identity, index) => identityRow(identity, index, values))}
</ul>
${buttons.length > 0 ? html`<div class="side-by-side">${buttons}</div>` : undefined}
</section>`;
}

function identityRow(identity: AccountIdentity, index: number, values: AccountValues): Html {
  const { id, label, method, createdAt, usedAt, removal } = identity;
  const [title, button] = [`identity-${index}`, `remove-${index}`];
  const remove = actionForm(
    values,
    "unlink",
    html`<input type="hidden" name="identity" value="${id}">
<button type="submit" class="plain" id="${button}" aria-labelledby="${button} ${title}">Remove</button>`,
  );
  return html`<li class="row"><div>
<p id="${title}"><strong>${nameOf(method)}</strong> ${nameOf(label)}</p>
<p class="soft small">Since ${moment(createdAt)}.${usedAt === null ? " Not used yet." : html` Last used ${moment(usedAt)}.`}</p>
</div>
${removal === "possible" ? remove : html`<p class="soft small">${NOT_REMOVED[removal]}</p>`}
</li>
`;
}

const NOT_REMOVED: Readonly<Record<Exclude<AccountIdentity["removal"], "possible">, string>> = {
  last_way_in: "Your only way in",
  by_operator: "Can’t be removed here",
  not_set_up: "Not set up",
};

export function signInsSection({ signIns }: AccountValues): Html {
  return html`<section aria-labelledby="sign-ins">
<h2 id="sign-ins">Recent sign-ins</h2>
${
  signIns.length === 0
    ? html`<p class="soft small">None are on record.</p>`
    : html`<ul class="rows">
${signIns.map(signInRow)}
</ul>`
}
</section>`;
}

const OUTCOMES: Readonly<Record<AccountSignIn["outcome"], string>> = {
  ok: "Signed in",
  refused: "Refused",
};

function signInRow({ outcome, at, method, address }: AccountSignIn): Html {
  return html`<li class="row"><div>
<p><strong>${OUTCOMES[outcome]}</strong>${method === undefined ? undefined : html` with ${nameOf(method)}`}</p>
<p class="soft small">${moment(at)}${address === undefined ? undefined : html` from <bdi>${undeceiving(address)}</bdi>`}</p>
</div></li>
`;
}
