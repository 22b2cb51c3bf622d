import { createHash } from "node:crypto";
import { type Chosen, palettesOf } from "./palette.ts";
import { stylesheetOf, type VariableName } from "./stylesheet.ts";
import { english, type Texts } from "./texts/en.ts";

/** How all pages look and what they say, made once at the start. Every page takes it. */
export type Look = {
  /** The application's name: at the top of every page and in its title. */
  readonly name: string;
  /** All words of pages and mails, in one language. */
  readonly texts: Texts;
  /** The picture beside the name: a `data:` or `https:` URL of the operator's. */
  readonly logo: string | undefined;
  /** The one for people whose system is dark, where that is another. */
  readonly darkLogo: string | undefined;
  /** What stands below every page. */
  readonly footer: readonly FooterPart[];
  readonly stylesheet: string;
  /**
   * What a page may load, as its Content-Security-Policy says it: exactly this stylesheet (CSP Level 3 §2.3.1), and the logo where
   * there is one.
   */
  readonly styles: string;
};

export type FooterPart = { readonly text: string; readonly url?: string | undefined };

/** What an operator can choose. */
export type LookChoices = {
  readonly name: string;
  /** English unless given. */
  readonly texts?: Texts | undefined;
  readonly logo?: string | undefined;
  readonly darkLogo?: string | undefined;
  readonly footer?: readonly FooterPart[] | undefined;
  readonly colors?: Chosen | undefined;
  readonly darkColors?: Chosen | undefined;
  readonly variables?: Readonly<Partial<Record<VariableName, string | undefined>>> | undefined;
};

export function createLook(choices: LookChoices): Look {
  const { name, texts = english, logo, darkLogo, footer = [], colors, darkColors, variables } = choices;
  const stylesheet = stylesheetOf(palettesOf(colors, darkColors), variables);
  const hash = createHash("sha256").update(stylesheet).digest("base64");
  const logos = [logo, darkLogo].flatMap((one) => (one === undefined ? [] : [imageSource(one)]));
  const images = logos.length === 0 ? "" : `; img-src ${[...new Set(logos)].join(" ")}`;
  return {
    name,
    texts,
    logo,
    darkLogo,
    footer,
    stylesheet,
    styles: `style-src 'sha256-${hash}'${images}`,
  };
}

/** Nothing but this picture, as far as a policy can say it: "," and ";" would end the source (CSP Level 3 §2.3.1). */
function imageSource(logo: string): string {
  if (logo.startsWith("data:")) return "data:";
  const { origin, pathname } = new URL(logo);
  return `${origin}${pathname.replaceAll(",", "%2C").replaceAll(";", "%3B")}`;
}
