import { createHash } from "node:crypto";
import { STYLESHEET } from "./stylesheet.ts";
import { english, type Texts } from "./texts/en.ts";

/** How all pages look and what they say, made once at the start. Every page takes it. */
export type Look = {
  /** The application's name: at the top of every page and in its title. */
  readonly name: string;
  /** All words of pages and mails, in one language. */
  readonly texts: Texts;
  readonly stylesheet: string;
  /** What a page may load, as its Content-Security-Policy says it: exactly this stylesheet (CSP Level 3 §2.3.1). */
  readonly styles: string;
};

/** What an operator can choose. */
export type LookChoices = {
  readonly name: string;
  /** English unless given. */
  readonly texts?: Texts | undefined;
};

export function createLook({ name, texts = english }: LookChoices): Look {
  const stylesheet = STYLESHEET;
  const hash = createHash("sha256").update(stylesheet).digest("base64");
  return { name, texts, stylesheet, styles: `style-src 'sha256-${hash}'` };
}
