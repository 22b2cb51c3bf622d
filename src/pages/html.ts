import { html as honoHtml, raw } from "hono/html";

/** Markup whose values have been escaped. Only {@link html} and {@link verbatim} make it. */
export type Html = ReturnType<typeof raw>;

/** What may stand in a template: text is escaped, markup is not, and nothing else gets in. */
type Value = string | number | Html | undefined | readonly Value[];

/** A template whose text values are HTML-escaped, quotes too: safe between tags and in quoted attributes. */
export function html(strings: TemplateStringsArray, ...values: readonly Value[]): Html {
  // Hono answers a promise only where a value is one, and `Value` holds none.
  return honoHtml(strings, ...values) as Html;
}

/** Text of our own that is markup already. Never for a value that came from outside. */
export function verbatim(markup: string): Html {
  return raw(markup);
}

const LONGEST_NAME = 80;
/** Control characters, and what is invisible or turns the direction of the text around it. */
const DECEIVING =
  /[\p{Cc}\u00AD\u061C\u115F\u1160\u180E\u200B\u200E\u200F\u2028-\u202E\u2060-\u2064\u2066-\u206F\u2800\u3164\uFEFF\uFFA0\u{E0000}-\u{E007F}]/gu;
/** More marks on one letter than any script needs: they would be painted over the lines above and below. */
const PILED_MARKS = /(\p{M}{4})\p{M}+/gu;

/** Text that somebody else wrote, without the characters that make it look like what it is not. */
export function undeceiving(text: string): string {
  return text.replace(DECEIVING, " ").replace(PILED_MARKS, "$1").replace(/\s+/g, " ").trim();
}

/** A name that somebody else chose, as a page shows it: {@link undeceiving}, and at a bearable length. */
export function shownName(name: string): string {
  const characters = [...undeceiving(name)];
  if (characters.length <= LONGEST_NAME) return characters.join("");
  return `${characters.slice(0, LONGEST_NAME).join("").trimEnd()}…`;
}

/**
 * {@link shownName}, set apart so that right-to-left text in it leaves the sentence around it alone.
 * @param otherwise stands where nothing is left to show.
 */
export function nameOf(name: string | null | undefined, otherwise = "?"): Html {
  return html`<bdi>${shownName(name ?? "") || otherwise}</bdi>`;
}
