import { type Html, html, nameOf, shownName, verbatim } from "./html.ts";
import { GATE_ICON } from "./icons.ts";
import type { Look } from "./look.ts";

export type Shell = {
  readonly look: Look;
  readonly title: string;
  readonly body: Html;
  /** For pages that are read rather than filled in. */
  readonly wide?: boolean;
  /** More elements of `<head>`. */
  readonly head?: Html;
};

/** The frame of every page, as a whole document. It has no script of its own. */
export function layout({ look, title, body, wide, head }: Shell): string {
  const { name, texts, stylesheet } = look;
  return html`<!doctype html>
<html lang="${texts.tag}"${texts.isRightToLeft ? html` dir="rtl"` : undefined}>
<head>
<meta charset="utf-8">
<title>${shownName(title)} · ${shownName(name)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
${head}
<style>${verbatim(stylesheet)}</style>
</head>
<body class="${wide ? "wide" : "narrow"}">
<header>${logoOf(look)}${nameOf(name)}</header>
<main>
${body}
</main>
${footer(look)}
</body>
</html>
`.toString();
}

/** Decoration: the name stands beside it. */
function logoOf({ logo, darkLogo }: Look): Html {
  if (logo === undefined) return GATE_ICON;
  const image = html`<img class="logo" src="${logo}" alt="">`;
  if (darkLogo === undefined) return image;
  return html`<picture><source srcset="${darkLogo}" media="(prefers-color-scheme: dark)">${image}</picture>`;
}

function footer({ footer: parts }: Look): Html | undefined {
  if (parts.length === 0) return undefined;
  return html`<footer>${parts.map(({ text, url }) =>
    url === undefined ? html`<span>${text}</span>` : html`<a href="${url}">${text}</a>`,
  )}</footer>`;
}

/** The application's own tile. */
export function ownMark({ name }: Look): Html {
  return tile(name, "ours");
}

/** The initial of a client's name in a tile. Never a picture: a client could send in somebody else's. */
export function theirMark(name: string | null | undefined): Html {
  return tile(name, "theirs");
}

function tile(name: string | null | undefined, kind: "ours" | "theirs"): Html {
  const [initial] = shownName(name ?? "").match(/[\p{L}\p{N}]/u) ?? ["?"];
  return html`<span class="mark ${kind}" aria-hidden="true">${initial.toUpperCase()}</span>`;
}
