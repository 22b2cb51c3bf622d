import { readFileSync } from "node:fs";
import { extname } from "node:path";
import { createLook, type Look } from "../pages/look.ts";
import { type Chosen, palettesOf, type Scheme, type Unreadable, unreadableIn } from "../pages/palette.ts";
import type { Texts } from "../pages/texts/en.ts";
import type { LookOption } from "./look-options.ts";
import { type Label, wrongValue } from "./problems.ts";

/**
 * The look of the options.
 * @throws ConfigurationError for colours that can't be told apart, and for a logo that is no image
 */
export function lookOf(
  name: string,
  { look = {}, texts }: { readonly look: LookOption | undefined; readonly texts: Texts | undefined },
  label: Label,
): Look {
  const { logo, darkLogo, accent, darkAccent, footer, variables } = look;
  if (darkLogo !== undefined && logo === undefined) {
    throw wrongValue(
      label(["look", "logo"]),
      logo,
      "given with darkLogo, which replaces it where the system is dark",
    );
  }
  const colors = { ...look.colors, ...(accent && { accent }) };
  const darkColors = { ...look.darkColors, ...(darkAccent && { accent: darkAccent }) };
  checkColors({ light: colors, dark: darkColors }, label);
  return createLook({
    name,
    texts,
    logo: logo && logoOf(logo, label(["look", "logo"])),
    darkLogo: darkLogo && logoOf(darkLogo, label(["look", "darkLogo"])),
    footer,
    colors,
    darkColors,
    variables,
  });
}

function checkColors(chosen: Readonly<Record<Scheme, Chosen>>, label: Label): void {
  const palettes = palettesOf(chosen.light, chosen.dark);
  for (const scheme of ["light", "dark"] as const) {
    const problem = unreadableIn(palettes[scheme]);
    if (!problem) continue;
    const { color, on, contrast, needed, instead } = problem;
    // The text is blamed where it was chosen, or else what it stands on.
    const blamed = chosen[scheme][color] === undefined ? on : color;
    const ratio = `the contrast is ${Math.floor(contrast * 10) / 10}:1, and must be ${needed}:1`;
    const must =
      blamed === color
        ? `a color that can be read on "${on}" (${palettes[scheme][on]}), such as "${instead}": ${ratio}`
        : `a color on which "${color}" (${palettes[scheme][color]}) can be read: ${ratio}`;
    throw wrongValue(label(pathOf(blamed, scheme)), palettes[scheme][blamed], must);
  }
}

/** Where a colour was given. */
function pathOf(name: Unreadable["color"], scheme: Scheme): readonly string[] {
  if (name === "accent") return ["look", scheme === "light" ? "accent" : "darkAccent"];
  return ["look", scheme === "light" ? "colors" : "darkColors", name];
}

const LARGEST_BYTES = 64 * 1024;
const IMAGE_TYPES: Readonly<Record<string, string>> = {
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".jpg": "image/jpeg",
  ".jpeg": "image/jpeg",
  ".webp": "image/webp",
  ".avif": "image/avif",
  ".gif": "image/gif",
};
const DATA_URL = /^data:image\/(?:svg\+xml|png|jpeg|webp|avif|gif)[;,][^\s"'<>]+$/;
const SIZE = `of at most ${LARGEST_BYTES / 1024} KiB, since it is in every page; for a larger one, give an https:// URL`;

/** A URL as it is, and a file as a `data:` URL: it is read once, and pages load nothing more. */
function logoOf(given: string, label: string): string {
  if (given.startsWith("data:")) {
    if (!DATA_URL.test(given))
      throw wrongValue(label, given, 'a data: URL of an image, such as "data:image/png;base64,…"');
    if (given.length > LARGEST_BYTES * 1.4) throw wrongValue(label, given, `a data: URL ${SIZE}`);
    return given;
  }
  const url = URL.parse(given);
  if (url?.protocol === "https:") {
    if (!/^[a-z0-9.-]+$/.test(url.hostname))
      throw wrongValue(label, given, "an https:// URL with the name of a host");
    if (url.username === "" && url.password === "") return url.href;
    throw wrongValue(label, given, "an https:// URL without a username and a password");
  }
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(given)) {
    throw wrongValue(label, given, "an https:// URL, a data: URL of an image, or the file of an image");
  }
  return imageFile(given, label);
}

function imageFile(file: string, label: string): string {
  const type = IMAGE_TYPES[extname(file).toLowerCase()];
  if (type === undefined) {
    throw wrongValue(label, file, `an image file with an ending of ${Object.keys(IMAGE_TYPES).join(", ")}`);
  }
  let image: Buffer;
  try {
    image = readFileSync(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === "ENOENT" ? "there is no such file" : `it cannot be read: ${code}`;
    throw wrongValue(label, file, `an image file that is there (${why})`);
  }
  if (image.length === 0) throw wrongValue(label, file, "an image file that is not empty");
  if (image.length > LARGEST_BYTES) throw wrongValue(label, file, `a file ${SIZE}`);
  return `data:${type};base64,${image.toString("base64")}`;
}
