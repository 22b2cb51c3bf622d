import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { english, type Texts } from "../pages/texts/en.ts";
import { environmentOptions } from "./environment.ts";
import { parseOptions } from "./options.ts";
import type { OAuthServerOptions } from "./options-schema.ts";

type LookOption = OAuthServerOptions["look"];

function lookOf(look: LookOption, environment: Record<string, string> = {}) {
  return parseOptions("x", { look }, environmentOptions(environment)).look;
}

const SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9v9z"/></svg>';
let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "gatehouse-look-"));
  writeFileSync(join(folder, "logo.svg"), SVG);
  writeFileSync(join(folder, "empty.png"), "");
  writeFileSync(join(folder, "large.png"), "x".repeat(65 * 1024));
  writeFileSync(join(folder, "logo.txt"), SVG);
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("the option look", () => {
  it("is the built-in look where nothing is given", () => {
    const look = parseOptions("my-app").look;
    expect(look).toMatchObject({ name: "my-app", logo: undefined, footer: [], texts: english });
    expect(look.styles).toMatch(/^style-src 'sha256-[\w+/]+=*'$/);
  });

  it("takes colors, fonts and corners as CSS variables, and another style hash follows", () => {
    const look = lookOf({
      accent: "#0B6B50",
      colors: { sheet: "#fffdf8", accentTint: "#e2f4ee" },
      darkColors: { ground: "#000000" },
      variables: { "--font": '"Iowan Old Style", Georgia, serif', "--sheet-radius": "calc(2px + .1rem)" },
    });
    expect(look.stylesheet).toContain("--sheet: #fffdf8;");
    expect(look.stylesheet).toContain("--accent: #0b6b50; --accent-tint: #e2f4ee;");
    expect(look.stylesheet).toContain("--ground: #000000;");
    expect(look.stylesheet).toContain('--font: "Iowan Old Style", Georgia, serif;');
    expect(look.stylesheet).toContain("--sheet-radius: calc(2px + .1rem);");
    expect(look.styles).not.toBe(lookOf(undefined).styles);
  });

  it("comes from the environment as far as text can say it", () => {
    const look = lookOf(undefined, {
      GATEHOUSE_LOOK_LOGO: "https://example.com/logo.svg",
      GATEHOUSE_LOOK_ACCENT: "#0b6b50",
      GATEHOUSE_LOOK_DARK_ACCENT: "#7ad9b8",
      GATEHOUSE_LOOK_FOOTER: "© Example Ltd",
    });
    expect(look).toMatchObject({
      logo: "https://example.com/logo.svg",
      footer: [{ text: "© Example Ltd" }],
    });
    expect(look.stylesheet).toContain("--accent: #0b6b50;");
    expect(look.stylesheet).toContain("--accent: #7ad9b8;");
  });

  it("takes a footer of texts and links", () => {
    const footer = ["© Example", { text: "Imprint", url: "https://example.com/imprint" }];
    expect(lookOf({ footer }).footer).toEqual([{ text: "© Example" }, footer[1]]);
    const mail = { text: "Help", url: "mailto:help@example.com" };
    expect(lookOf({ footer: [mail] }).footer).toEqual([mail]);
  });
});

describe("a logo", () => {
  it("of a file is in the pages themselves, which load nothing", () => {
    const { logo, styles } = lookOf({ logo: join(folder, "logo.svg") });
    expect(logo).toBe(`data:image/svg+xml;base64,${Buffer.from(SVG).toString("base64")}`);
    expect(styles).toMatch(/; img-src data:$/);
  });

  it("of another host is the one picture that the policy lets in", () => {
    const styles = (logo: string) => lookOf({ logo }).styles.replace(/^.*'; /, "");
    expect(styles("https://cdn.example/a/logo.png")).toBe("img-src https://cdn.example/a/logo.png");
    expect(styles("https://cdn.example/a.png?size=2")).toBe("img-src https://cdn.example/a.png");
    // Neither ends the directive.
    expect(styles("https://cdn.example/a;b,script-src *.png")).toBe(
      "img-src https://cdn.example/a%3Bb%2Cscript-src%20*.png",
    );
  });

  it("may be another one where the system is dark", () => {
    const look = lookOf({ logo: join(folder, "logo.svg"), darkLogo: "https://cdn.example/dark.svg" });
    expect(look.darkLogo).toBe("https://cdn.example/dark.svg");
    expect(look.styles).toMatch(/; img-src data: https:\/\/cdn\.example\/dark\.svg$/);
    expect(() => lookOf({ darkLogo: "https://cdn.example/dark.svg" })).toThrow(
      /^look\.logo is missing; it must be given with darkLogo/,
    );
  });

  it.each<[string, RegExp]>([
    ["http://cdn.example/logo.png", /^look\.logo is "http:.*it must be an https:\/\/ URL, a data: URL/],
    ["javascript://x", /it must be an https:\/\/ URL/],
    ["https://me:pass@cdn.example/logo.png", /without a username and a password/],
    ["data:text/html,<script>", /a data: URL of an image/],
    ['data:image/png,"onerror=alert(1)', /a data: URL of an image/],
    [`data:image/png;base64,${"A".repeat(99_000)}`, /of at most 64 KiB/],
    ["no-such-file.png", /an image file that is there \(there is no such file\)/],
    ["empty.png", /an image file that is not empty/],
    ["large.png", /a file of at most 64 KiB, .* https:\/\/ URL/],
    ["logo.txt", /an image file with an ending of \.svg, \.png/],
    [" ", /an https:\/\/ URL, a data: URL of an image, or the file of an image/],
  ])("that is %s is refused with a sentence", (logo, sentence) => {
    const given = /^\w+\.(png|txt)$/.test(logo) ? join(folder, logo) : logo;
    expect(() => lookOf({ logo: given })).toThrow(sentence);
    if (given.trim()) {
      expect(() => lookOf(undefined, { GATEHOUSE_LOOK_LOGO: given })).toThrow(/^GATEHOUSE_LOOK_LOGO is /);
    }
  });
});

describe("colors in which text can't be read", () => {
  it.each<[LookOption, RegExp]>([
    [
      { accent: "#ffdd00" },
      /^look\.accent is "#ffdd00"; it must be a color that can be read on "sheet" \(#ffffff\), such as "#[0-9a-f]{6}": the contrast is 1\.3:1, and must be 4\.5:1\.$/,
    ],
    [{ darkAccent: "#2a4fc9" }, /^look\.darkAccent is "#2a4fc9"; .* read on "sheet" \(#171b22\)/],
    [
      { colors: { sheet: "#222222" } },
      /^look\.colors\.sheet is .* a color on which "ink" \(#16191f\) can be read/,
    ],
    [{ darkColors: { soft: "#555555" } }, /^look\.darkColors\.soft is "#555555"; .* can be read on "sheet"/],
    [{ colors: { edge: "#eeeeee" } }, /^look\.colors\.edge is .* and must be 3:1\.$/],
    [{ accent: "#767676", colors: { sheet: "#f8f8f8" } }, /^look\.accent is "#767676"/],
  ])("are refused: %j", (look, sentence) => {
    expect(() => lookOf(look)).toThrow(sentence);
  });

  it("name the variable that they come from", () => {
    expect(() => lookOf(undefined, { GATEHOUSE_LOOK_ACCENT: "#ffdd00" })).toThrow(
      /^GATEHOUSE_LOOK_ACCENT is "#ffdd00"; it must be a color that can be read/,
    );
  });

  it("come with one that would do", () => {
    let instead = "";
    try {
      lookOf({ accent: "#ffdd00" });
    } catch (error) {
      [, instead = ""] = /such as "(#[0-9a-f]{6})"/.exec((error as Error).message) ?? [];
    }
    expect(lookOf({ accent: instead }).stylesheet).toContain(`--accent: ${instead};`);
  });
});

describe("what is refused with a sentence", () => {
  it.each<[unknown, RegExp]>([
    ["blue", /^look is "blue"; it must be an object, such as \{ logo, accent \}\.$/],
    [{ acent: "#2a4fc9" }, /^look\.acent is not an option\. Did you mean accent\?$/],
    [{ accent: "blue" }, /^look\.accent is "blue"; it must be a color as "#rrggbb", such as/],
    [{ accent: "#2a4fc9;}" }, /^look\.accent is /],
    [{ colors: { accent: "#2a4fc9" } }, /^look\.colors names "accent"; it must be one of ground, sheet, ink/],
    [{ colors: { sheet: "white" } }, /^look\.colors\.sheet is "white"; it must be a color as/],
    [
      { variables: { "--fnt": "serif" } },
      /^look\.variables names "--fnt"; it must be one of --font, --code-font/,
    ],
    [{ footer: "" }, /^look\.footer is empty/],
    [{ footer: "x".repeat(201) }, /^look\.footer is "x+…"; it must be a text of at most 200 characters/],
    [{ footer: ["x".repeat(201)] }, /^look\.footer\[0\] is "x+…"; it must be a text of at most 200/],
    [
      { footer: [{ text: "x", url: "javascript:alert(1)" }] },
      /^look\.footer\[0\].* https:\/\/ URL, or a mailto: address/,
    ],
    [{ footer: [{ text: "x", href: "https://x.example" }] }, /^look\.footer/],
    [
      { footer: Array.from({ length: 11 }, () => "x") },
      /^look\.footer is a list; it must be a list of at most 10/,
    ],
  ])("%j", (look, sentence) => {
    expect(() => lookOf(look as LookOption)).toThrow(sentence);
  });
});

describe("a CSS variable", () => {
  it.each([
    "serif; } body { display: none",
    "serif}</style><script>alert(1)</script>",
    "url(https://evil.example/x)",
    "url (x)",
    "serif /* ",
    'Georgia, "unclosed',
    "calc(1px",
    "1px)",
    ")(",
    "\\75rl(x)",
    "@import",
    "a\nb",
    "",
    "x".repeat(201),
  ])("never leaves its place in the stylesheet: %j", (value) => {
    expect(() => lookOf({ variables: { "--font": value } })).toThrow(
      /^look\.variables\.--font is .*a CSS value/,
    );
  });
});

describe("the option texts", () => {
  const textsWith = (part: object) => ({ ...english, consent: { ...english.consent, ...part } }) as Texts;
  const parse = (texts: Texts) => parseOptions("x", { texts }).look.texts;

  it("is another language, whole or by parts of English", () => {
    expect(parse(textsWith({ approve: "Erlauben" })).consent).toMatchObject({
      approve: "Erlauben",
      deny: "Deny",
    });
  });

  it.each<[unknown, RegExp]>([
    ["de", /^texts is "de"; it must be all texts of a language, such as \{ \.\.\.englishTexts, … \}\.$/],
    [{ tag: "de" }, /^texts\.isRightToLeft is missing; it must be true or false\.$/],
    [textsWith({ approve: undefined }), /^texts\.consent\.approve is missing; it must be a text\.$/],
    [
      textsWith({ heading: "Verbinden" }),
      /^texts\.consent\.heading is "Verbinden"; it must be a function, as in englishTexts\.$/,
    ],
    [textsWith({ scopes: null }), /^texts\.consent\.scopes is null; it must be an object with texts\.$/],
  ])("is refused with a sentence where a text is missing: %#", (texts, sentence) => {
    expect(() => parse(texts as Texts)).toThrow(sentence);
  });
});
