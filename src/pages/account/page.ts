import { type Html, html, nameOf } from "../html.ts";
import { CAUTION_ICON, CHECK_ICON } from "../icons.ts";
import { layout } from "../layout.ts";
import { actionForm } from "./form.ts";
import { identitiesSection } from "./identities.ts";
import type { Notice } from "./notices.ts";
import { personSection } from "./person.ts";
import { linkQuestion } from "./question.ts";
import { sessionsSection } from "./sessions.ts";
import { signInsSection } from "./sign-ins.ts";
import type { AccountValues } from "./values.ts";

/** What a person sees of themselves. Every form posts `action` and `page_token` to one address. */
export function accountPage(values: AccountValues): string {
  const { look, notice, question, canChange, sections } = values;
  const texts = look.texts.account;
  const body = html`<div>
<h1>${texts.title}</h1>
<p class="soft">${texts.intro(nameOf(look.name))}</p>
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
  return layout({ look, title: titleOf(values), body, wide: true });
}

function titleOf({ look: { texts }, question, hasProblem }: AccountValues): string {
  if (question) return texts.account.titleOfQuestion(question.method);
  return hasProblem ? texts.account.titleOfProblem : texts.account.title;
}

function noticeBox({ text, changed }: Notice): Html {
  const [kind, icon] = changed ? ["good", CHECK_ICON] : ["caution", CAUTION_ICON];
  return html`<div class="notice ${kind}" role="status">${icon}<div><p>${text}</p></div></div>`;
}

function signInAgain(values: AccountValues): Html {
  const { texts } = values.look;
  return html`<div class="notice row"><div>
<p>${texts.account.signInAgainFirst}</p>
</div>
${actionForm(values, "sign_in_again", html`<button type="submit" class="plain">${texts.common.signInAgain}</button>`)}
</div>`;
}
