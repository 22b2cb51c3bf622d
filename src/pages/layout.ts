import { type Html, html, nameOf, shownName, verbatim } from "./html.ts";
import { GATE_ICON } from "./icons.ts";
import { STYLESHEET } from "./stylesheet.ts";

/** For the `style-src` of the Content-Security-Policy that every page is sent with. */
export { STYLE_HASH } from "./stylesheet.ts";

export type Shell = {
  /** The application's name; at the top of every page and in its title. */
  readonly appName: string;
  readonly title: string;
  readonly body: Html;
  /** For pages that are read rather than filled in. */
  readonly wide?: boolean;
  /** More elements of `<head>`. */
  readonly head?: Html;
};

/** The frame of every page, as a whole document. It has no script of its own, and loads nothing. */
export function layout(shell: Shell): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>${shownName(shell.title)} · ${shownName(shell.appName)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
${shell.head}
<style>${verbatim(STYLESHEET)}</style>
</head>
<body class="${shell.wide ? "wide" : "narrow"}">
<header>${GATE_ICON}${nameOf(shell.appName)}</header>
<main>
${shell.body}
</main>
</body>
</html>
`.toString();
}

/** The initial of a name in a tile. Never a picture: a client could send in somebody else's. */
export function mark(name: string | null | undefined, kind: "ours" | "theirs"): Html {
  const [initial] = shownName(name ?? "").match(/[\p{L}\p{N}]/u) ?? ["?"];
  return html`<span class="mark ${kind}" aria-hidden="true">${initial.toUpperCase()}</span>`;
}
