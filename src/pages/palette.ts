import { contrastOf, madeReadable, mixed } from "./contrast.ts";

/** The colours of the pages, each a CSS variable: `accentTint` is `--accent-tint`. All are `#rrggbb`. */
export type Palette = Readonly<Record<ColorName, string>>;
export type ColorName = keyof typeof LIGHT;
export type Scheme = "light" | "dark";

const LIGHT = {
  /** Behind the sheet. */
  ground: "#f5f6f8",
  /** What a page stands on, and the text on a button. */
  sheet: "#ffffff",
  ink: "#16191f",
  /** Text of less weight. */
  soft: "#555d6b",
  /** Between parts. */
  line: "#d9dde4",
  /** Around what can be filled in or pressed. */
  edge: "#7d8796",
  /** Buttons, links and the mark of the app. */
  accent: "#2a4fc9",
  accentTint: "#e9eefc",
  hover: "#eef1f6",
  code: "#eff1f5",
  caution: "#6a4300",
  cautionTint: "#fff6e0",
  cautionLine: "#e2b655",
  alarm: "#9a1b1b",
  alarmTint: "#fdeeee",
  alarmLine: "#e3a0a0",
  good: "#17663a",
  goodTint: "#e7f6ed",
} as const;

const DARK: Palette = {
  ground: "#0e1116",
  sheet: "#171b22",
  ink: "#e9ecf1",
  soft: "#a5aebc",
  line: "#2d343f",
  edge: "#768194",
  accent: "#9db4ff",
  accentTint: "#1f2a4a",
  hover: "#222833",
  code: "#222833",
  caution: "#f5d491",
  cautionTint: "#2c2412",
  cautionLine: "#71591f",
  alarm: "#ffb3b0",
  alarmTint: "#331a1c",
  alarmLine: "#7c3a3c",
  good: "#8ddbab",
  goodTint: "#162c20",
};

export const COLOR_NAMES = Object.keys(LIGHT) as readonly ColorName[];

export type Chosen = Readonly<Partial<Record<ColorName, string | undefined>>>;

/** The built-in colours, under those that an operator chose for either scheme. What goes with an accent is made of it. */
export function palettesOf(light: Chosen = {}, dark: Chosen = {}): Readonly<Record<Scheme, Palette>> {
  const darkSheet = dark.sheet ?? DARK.sheet;
  // One accent rarely reads on white and on black: unless both are given, the one for the dark is made of the other.
  const darkAccent = dark.accent ?? (light.accent && madeReadable(light.accent, darkSheet, COMFORTABLE));
  return {
    light: paletteOf(LIGHT, light, light.accent),
    dark: paletteOf(DARK, dark, darkAccent),
  };
}

function paletteOf(usual: Palette, chosen: Chosen, accent: string | undefined): Palette {
  const sheet = chosen.sheet ?? usual.sheet;
  const made = accent === undefined ? {} : { accent, accentTint: tintOf(accent, sheet) };
  const given = Object.entries(chosen).filter(([, color]) => color !== undefined);
  return { ...usual, ...made, ...Object.fromEntries(given) };
}

const READABLE = 4.5;
const COMFORTABLE = 6;
/** For what is no text: the edge of a field (WCAG 2.2 §1.4.11). */
const VISIBLE = 3;

/** As strong as text in the accent can still be read on it. */
function tintOf(accent: string, sheet: string): string {
  const shares = [0.12, 0.09, 0.06, 0.03];
  const tints = shares.map((share) => mixed(accent, sheet, share));
  return tints.find((tint) => contrastOf(accent, tint) >= READABLE) ?? sheet;
}

/** What stands on what, and the contrast that it needs. */
const PAIRS: readonly (readonly [ColorName, ColorName, number])[] = [
  ["ink", "sheet", READABLE],
  ["ink", "ground", READABLE],
  ["ink", "hover", READABLE],
  ["ink", "code", READABLE],
  ["soft", "sheet", READABLE],
  ["soft", "ground", READABLE],
  ["accent", "sheet", READABLE],
  ["accent", "accentTint", READABLE],
  ["caution", "cautionTint", READABLE],
  ["alarm", "alarmTint", READABLE],
  ["good", "goodTint", READABLE],
  ["edge", "sheet", VISIBLE],
];

export type Unreadable = {
  readonly color: ColorName;
  readonly on: ColorName;
  readonly contrast: number;
  readonly needed: number;
  /** A colour near it that would do. */
  readonly instead: string;
};

/** The first pair of colours that is hard to tell apart; undefined where every text can be read. */
export function unreadableIn(palette: Palette): Unreadable | undefined {
  for (const [color, on, needed] of PAIRS) {
    const contrast = contrastOf(palette[color], palette[on]);
    if (contrast < needed) {
      return { color, on, contrast, needed, instead: madeReadable(palette[color], palette[on], needed) };
    }
  }
  return undefined;
}

/** As a stylesheet declares it. */
export function cssOf(palette: Palette): string {
  const kebab = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return COLOR_NAMES.map((name) => `--${kebab(name)}: ${palette[name]};`).join(" ");
}
