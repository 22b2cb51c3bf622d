import type { Notice } from "./account-notices.ts";
import { linkQuestion } from "./account-question.ts";
import {
  actionForm,
  identitiesSection,
  personSection,
  sessionsSection,
  signInsSection,
} from "./account-sections.ts";
import type { AccountValues } from "./account-values.ts";
import { type Html, html, nameOf } from "./html.ts";
import { CAUTION_ICON, CHECK_ICON } from "./icons.ts";
import { layout } from "./layout.ts";

/** What a person sees of themselves. Every form posts `action` and `page_token` to one address. */
export function accountPage(values: AccountValues): string {
  const { appName, notice, question, canChange, sections } = values;
  const body = html`<div>
<h1>Your account</h1>
<p class="soft">What ${nameOf(appName)} knows about you, and where you are signed in.</p>
</div>
${notice ? noticeBox(notice) : undefined}
<div class="settled parts">
${question ? linkQuestion(values, question) : undefined}
${canChange ? undefined : signInAgain(values)}
${personSection(values)}
${sessionsSection(values)}
${identitiesSection(values)}
${sections}
${signInsSection(values)}
</div>`;
  const title = titleOf(values);
  return layout({ appName, title, body, wide: true });
}

function titleOf({ question, hasProblem }: AccountValues): string {
  if (question) return `Link ${question.method}?`;
  return hasProblem ? "Your account: try again" : "Your account";
}

function noticeBox({ text, changed }: Notice): Html {
  const [kind, icon] = changed ? ["good", CHECK_ICON] : ["caution", CAUTION_ICON];
  return html`<div class="notice ${kind}" role="status">${icon}<div><p>${text}</p></div></div>`;
}

function signInAgain(values: AccountValues): Html {
  return html`<div class="notice row"><div>
<p>To change anything here, sign in again first.</p>
</div>
${actionForm(values, "sign_in_again", html`<button type="submit" class="plain">Sign in again</button>`)}
</div>`;
}
