import { type Html, html } from "../../src/pages/html.ts";
import { english, type Texts } from "../../src/pages/texts/en.ts";

/** English, with each text between ⟦ and ⟧: what a page says outside of them is not in the texts. */
export const markedTexts = marked(english) as Texts;

function marked(texts: unknown): unknown {
  if (typeof texts === "string") return `⟦${texts}⟧`;
  if (typeof texts === "function") return (...given: readonly unknown[]) => around(texts(...given));
  if (Array.isArray(texts)) return texts.map(marked);
  if (typeof texts !== "object" || texts === null) return texts;
  return Object.fromEntries(Object.entries(texts).map(([name, inside]) => [name, marked(inside)]));
}

function around(said: string | Html): string | Html {
  return typeof said === "string" ? `⟦${said}⟧` : html`⟦${said}⟧`;
}

/** What a page shows or says to screen readers beside its texts: the values that it was given, and what is in no language file. */
export function unmarked(page: string): readonly string[] {
  const shown = page
    .replace(/<(style|script|pre|code)\b[^>]*>[\s\S]*?<\/\1>/g, "")
    .replace(/<!doctype html>/, "");
  const spoken = [
    ...shown.matchAll(/\s(?:aria-label|alt|title|placeholder|data-(?!options|passkey)[a-z]+)="([^"]*)"/g),
  ];
  return [...outside(shown).split(/<[^>]*>/), ...spoken.flatMap(([, text = ""]) => outside(text).split("\n"))]
    .map((text) => plain(text))
    .filter((text) => /\p{L}/u.test(text));
}

/** Marks may hold marks: a text that is put into another one. */
export function outside(text: string): string {
  let [rest, before] = [text, ""];
  while (rest !== before) [before, rest] = [rest, rest.replace(/⟦[^⟦⟧]*⟧/g, "\n")];
  return rest;
}

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" };

function plain(text: string): string {
  return text
    .replace(/&(amp|lt|gt|quot|#39);/g, (_, name) => ENTITIES[name] ?? "")
    .replace(/\s+/g, " ")
    .trim();
}
