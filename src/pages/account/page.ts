import { html, nameOf } from "../html.ts";
import { layout } from "../layout.ts";
import { appsSection } from "./apps.ts";
import { noticeBox, signInAgain } from "./boxes.ts";
import { identitiesSection } from "./identities.ts";
import { personSection } from "./person.ts";
import { linkQuestion } from "./question.ts";
import { sessionsSection } from "./sessions.ts";
import { signInsSection } from "./sign-ins.ts";
import type { AccountValues } from "./values.ts";

/** What a person sees of themselves. Every form posts `action` and `page_token` to one address. */
export function accountPage(values: AccountValues): string {
  const { look, notice, question, canChange, services, sections } = values;
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
${appsSection(values)}
${services}
${identitiesSection(values)}
${sections}
${sessionsSection(values)}
${signInsSection(values)}
</div>`;
  return layout({ look, title: titleOf(values), body, wide: true });
}

function titleOf({ look: { texts }, question, hasProblem }: AccountValues): string {
  if (question) return texts.account.titleOfQuestion(question.method);
  return hasProblem ? texts.account.titleOfProblem : texts.account.title;
}
