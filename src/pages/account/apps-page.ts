import { html } from "../html.ts";
import { layout } from "../layout.ts";
import type { AppsValues } from "./app-values.ts";
import { appList, disconnectAll } from "./apps.ts";
import { noticeBox, signInAgain } from "./boxes.ts";
import { type PageLinks, pageLinks } from "./pages.ts";
import type { AccountValues } from "./values.ts";

export type AppsPageValues = Pick<AccountValues, "look" | "action" | "pageToken" | "notice" | "canChange"> &
  AppsValues & { readonly links: PageLinks };

/** All apps that a person connected, page by page. Its forms post to the account page. */
export function appsPage(values: AppsPageValues): string {
  const { look, notice, canChange, apps, links } = values;
  const texts = look.texts.account.apps;
  const body = html`<h1>${texts.title}</h1>
${notice ? noticeBox(notice) : undefined}
<div class="settled parts">
${canChange ? undefined : signInAgain(values)}
<section aria-label="${texts.title}">
${appList(values, "apps")}
${apps.length > 0 ? html`<div class="side-by-side">${disconnectAll(values, "apps")}</div>` : undefined}
</section>
${pageLinks(links, look)}
</div>`;
  return layout({ look, title: texts.title, body, wide: true });
}
