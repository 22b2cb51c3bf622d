import { type Html, html, nameOf } from "./html.ts";
import type { Look } from "./look.ts";

/** A link to where a sign-in is. */
export type MethodLink = { readonly name: string; readonly label: string; readonly url: string };

/** A way to sign in beside username and password: a link, or a form of its own. */
export type MethodPanel = MethodLink | { readonly name: string; readonly html: Html };

/** The ways to sign in, one below the other. */
export function methodsOf(panels: readonly MethodPanel[], { texts }: Look): Html {
  return html`<div class="methods">
${panels.map((panel) =>
  "url" in panel
    ? html`<a class="button plain" href="${panel.url}">${texts.login.continueWith(nameOf(panel.label))}</a>
`
    : html`<div>${panel.html}</div>
`,
)}</div>`;
}
