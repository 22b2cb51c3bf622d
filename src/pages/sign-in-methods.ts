import { type Html, html, nameOf } from "./html.ts";

/** A way to sign in beside username and password: a link to where it is, or a form of its own. */
export type MethodPanel =
  | { readonly name: string; readonly label: string; readonly url: string }
  | { readonly name: string; readonly html: Html };

/** The ways to sign in, one below the other. */
export function methodsOf(panels: readonly MethodPanel[]): Html {
  return html`<div class="methods">
${panels.map((panel) =>
  "url" in panel
    ? html`<a class="button plain" href="${panel.url}">Continue with ${nameOf(panel.label)}</a>
`
    : html`<div>${panel.html}</div>
`,
)}</div>`;
}
