import { type Html, html } from "../html.ts";
import type { AccountActionName, AccountValues, PartName } from "./values.ts";

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
