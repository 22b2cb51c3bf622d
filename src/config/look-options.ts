import { z } from "zod";
import { COLOR_NAMES, type ColorName } from "../pages/palette.ts";
import { VARIABLES, type VariableName } from "../pages/stylesheet.ts";
import { english, type Texts } from "../pages/texts/en.ts";
import { declared } from "./declared.ts";
import { text as asText } from "./variables.ts";

const COLOR = 'a color as "#rrggbb", such as "#2a4fc9"';
const color = () =>
  z
    .string(COLOR)
    .regex(/^#[0-9a-f]{6}$/i, COLOR)
    .toLowerCase();
/** The accent has options of its own. */
type OtherColor = Exclude<ColorName, "accent">;
const isOther = (name: ColorName): name is OtherColor => name !== "accent";
const colors = () =>
  z.partialRecord(
    nameAmong(COLOR_NAMES.filter(isOther)),
    color(),
    'colors by name, such as { sheet: "#fffdf8" }',
  );

/** An enumeration would make a name that is not in it an option that is not there. */
function nameAmong<Name extends string>(names: readonly Name[]) {
  const isOne = (given: unknown) => names.some((name) => name === given);
  return z.custom<Name>(isOne, `one of ${names.join(", ")}`);
}

const LOGO = "an https:// URL, a data: URL of an image, or the file of an image";
const VALUE =
  "a CSS value of at most 200 characters, without ; { } < > or url(), and with each quote and bracket closed";
const variableNames = Object.keys(VARIABLES) as readonly VariableName[];

const FOOTER =
  'a text, or a list of texts and of { text, url }, such as { text: "Imprint", url: "https://…" }';
const FOOTER_URL = "an https:// URL, or a mailto: address";
const line = z
  .string(FOOTER)
  .trim()
  .min(1, "a text that is not empty")
  .max(200, "a text of at most 200 characters");
const footerPart = z.union(
  [
    line.transform((said) => ({ text: said })),
    z.strictObject({ text: line, url: z.string(FOOTER_URL).refine(isLink, FOOTER_URL) }, FOOTER),
  ],
  FOOTER,
);

const logo = () => z.string(LOGO).trim().min(1, LOGO);
const look = z.strictObject(
  {
    logo: logo()
      .optional()
      .register(declared, {
        says: "The picture beside the name on every page: an image file, an `https://` URL or a `data:` URL.",
        variables: { GATEHOUSE_LOOK_LOGO: asText },
      }),
    darkLogo: logo()
      .optional()
      .register(declared, {
        says: "Another one for people whose system is dark.",
        variables: { GATEHOUSE_LOOK_DARK_LOGO: asText },
        otherwise: "the same",
      }),
    accent: color()
      .optional()
      .register(declared, {
        says: "The color of buttons and links, as `#rrggbb`.",
        variables: { GATEHOUSE_LOOK_ACCENT: asText },
        otherwise: "a blue",
      }),
    darkAccent: color()
      .optional()
      .register(declared, {
        says: "The same for people whose system is dark.",
        variables: { GATEHOUSE_LOOK_DARK_ACCENT: asText },
        otherwise: "made of `accent`",
      }),
    footer: z
      .union([line.transform((said) => [{ text: said }]), z.array(footerPart, FOOTER)], FOOTER)
      .refine((parts) => parts.length <= 10, "a list of at most 10 texts and links")
      .optional()
      .register(declared, {
        says: 'What stands below every page: a text, or a list of texts and links (`{ text: "Imprint", url: "https://…" }`).',
        variables: { GATEHOUSE_LOOK_FOOTER: asText },
      }),
    colors: colors().optional().register(declared, {
      says: "Other colors by name, as `#rrggbb`.",
      otherwise: "the built-in ones",
    }),
    darkColors: colors().optional().register(declared, {
      says: "The same for people whose system is dark.",
      otherwise: "the built-in ones",
    }),
    variables: z
      .partialRecord(
        nameAmong(variableNames),
        z.string(VALUE).refine(isCssValue, VALUE),
        'CSS variables by name, such as { "--font": "Georgia, serif" }',
      )
      .optional()
      .register(declared, {
        says: "CSS variables for the rest: fonts, widths and corners.",
        otherwise: "the built-in ones",
      }),
  },
  "an object, such as { logo, accent }",
);

const TEXTS = "all texts of a language, such as { ...englishTexts, … }";
const texts = z
  .custom<Texts>((given) => typeof given === "object" && given !== null, TEXTS)
  .superRefine((given, context) => {
    const problem = missingIn(given, english);
    if (problem) context.addIssue({ code: "custom", path: [...problem.path], message: problem.must });
  });

/** How the pages look, and what they say. */
export const lookOptions = {
  look: look.optional().register(declared, {
    says: "How the pages look: `{ logo, darkLogo, accent, darkAccent, footer, colors, darkColors, variables }`.",
    more: "A color in which text could not be read is refused. See [looks](looks.md).",
    otherwise: "the built-in look",
  }),
  texts: texts.optional().register(declared, {
    says: "All texts of pages and mails, in one language.",
    more: "Start from `englishTexts`. See [looks](looks.md#another-language).",
    otherwise: "English",
  }),
};

export type LookOption = z.output<typeof look>;

/** What would break out of its declaration or load something. The policy of the pages lets them load nothing, too. */
function isCssValue(value: string): boolean {
  if (value.trim() === "" || value.length > 200) return false;
  if (!/^[\w\s#%.,()+*/"'-]+$/.test(value) || /url\s*\(|\/\*|\n/i.test(value)) return false;
  const outside = value.replace(/"[^"]*"|'[^']*'/g, "");
  if (/["']/.test(outside)) return false;
  let depth = 0;
  for (const bracket of outside.replace(/[^()]/g, "")) {
    depth += bracket === "(" ? 1 : -1;
    if (depth < 0) return false;
  }
  return depth === 0;
}

function isLink(url: string): boolean {
  const protocol = URL.parse(url)?.protocol;
  return (protocol === "https:" && !/\s/.test(url)) || /^mailto:[^\s"<>]+@[^\s"<>]+$/.test(url);
}

/** The first text that another language lacks, or has as something else. */
function missingIn(
  given: unknown,
  as: unknown,
  path: readonly string[] = [],
): { readonly path: readonly string[]; readonly must: string } | undefined {
  if (typeof as === "string") return typeof given === "string" ? undefined : { path, must: "a text" };
  if (typeof as === "boolean")
    return typeof given === "boolean" ? undefined : { path, must: "true or false" };
  if (typeof as === "function") {
    return typeof given === "function" ? undefined : { path, must: "a function, as in englishTexts" };
  }
  if (Array.isArray(as)) {
    const isList = Array.isArray(given) && given.every((one) => typeof one === "string");
    return isList ? undefined : { path, must: "a list of texts" };
  }
  if (typeof given !== "object" || given === null) return { path, must: "an object with texts" };
  for (const [name, inside] of Object.entries(as as object)) {
    const problem = missingIn((given as Readonly<Record<string, unknown>>)[name], inside, [...path, name]);
    if (problem) return problem;
  }
  return undefined;
}
