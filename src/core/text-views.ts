/** What a text says once escapes in it are read. */
export type View = {
  readonly text: string;
  /** Where each character begins in the text itself, and where the last one ends. Undefined where nothing was read. */
  readonly starts?: readonly number[];
};

/** JSON in an address in a page: more is rare, and each level multiplies the ways. */
const LEVELS = 3;

/** A text, and what it says in each order of reading its escapes. */
export function viewsOf(text: string): readonly View[] {
  const views: View[] = [{ text }];
  let level: readonly View[] = views;
  for (let depth = 0; depth < LEVELS; depth += 1) {
    level = level.flatMap((view) => READERS.flatMap((read) => read(view) ?? []));
    views.push(...level);
  }
  return views;
}

/** What stands for it in a text whose escapes are read: itself, and what it is within base64 or hexadecimal. */
export function encodingsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  const hex = bytes.toString("hex");
  const within = [0, 1, 2].flatMap((before) => {
    const base64 = base64Within(bytes, before);
    return [base64, base64.replaceAll("+", "-").replaceAll("/", "_")];
  });
  return [...new Set([secret, secret.toWellFormed(), hex, hex.toUpperCase(), ...within])];
}

/** The characters that depend on it alone, where so many bytes stand before it (modulo 3). */
function base64Within(bytes: Buffer, before: number): string {
  const text = Buffer.concat([Buffer.alloc(before), bytes]).toString("base64");
  return text.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
}

/** Undefined where there is nothing to read in this way. */
type Reader = (view: View) => View | undefined;

/** @param escapes matches what `read` reads */
function reader(escapes: RegExp, read: (written: string) => string | undefined): Reader {
  return ({ text, starts }) => {
    let said = "";
    const at: number[] = [];
    let end = 0;
    const startOf = (index: number) => starts?.[index] ?? index;
    const copy = (to: number) => {
      for (let index = end; index < to; index += 1) at.push(startOf(index));
      said += text.slice(end, to);
      end = to;
    };
    for (const { 0: written, index } of text.matchAll(escapes)) {
      const characters = read(written);
      if (characters === undefined) continue;
      copy(index);
      // Each half of a pair is of the whole escape.
      for (let unit = 0; unit < characters.length; unit += 1) at.push(startOf(index));
      said += characters;
      end = index + written.length;
    }
    if (end === 0) return undefined;
    copy(text.length);
    return { text: said, starts: [...at, startOf(text.length)] };
  };
}

const CONTROLS: Readonly<Record<string, string>> = {
  n: "\n",
  r: "\r",
  t: "\t",
  b: "\b",
  f: "\f",
  v: "\v",
  0: "\0",
};

const ENTITIES: Readonly<Record<string, string>> = { quot: '"', amp: "&", lt: "<", gt: ">", apos: "'" };

const character = (digits: string, base: number): string | undefined => {
  const code = Number.parseInt(digits, base);
  return code <= 0x10_ff_ff ? String.fromCodePoint(code) : undefined;
};

const READERS: readonly Reader[] = [
  // Strings of JSON and JavaScript.
  reader(/\\(?:u[0-9a-f]{4}|u\{[0-9a-f]{1,6}\}|x[0-9a-f]{2}|[\s\S])/gi, (written) =>
    written.length === 2
      ? (CONTROLS[written[1] ?? ""] ?? written[1])
      : character(written.replace(/[^0-9a-f]/gi, ""), 16),
  ),
  // Addresses, a character at a time (UTF-8). Bytes that are no text stay as they are.
  reader(
    /%[0-7][0-9a-f]|%[cd][0-9a-f]%[89ab][0-9a-f]|%e[0-9a-f](?:%[89ab][0-9a-f]){2}|%f[0-7](?:%[89ab][0-9a-f]){3}/gi,
    (written) => {
      try {
        return decodeURIComponent(written);
      } catch {
        return undefined;
      }
    },
  ),
  // Forms, where a space is a plus.
  reader(/\+/g, () => " "),
  // Pages.
  reader(/&(?:quot|amp|lt|gt|apos|#\d{1,7}|#x[0-9a-f]{1,6});/gi, (written) => {
    const name = written.slice(1, -1).toLowerCase();
    if (name.startsWith("#x")) return character(name.slice(2), 16);
    return name.startsWith("#") ? character(name.slice(1), 10) : ENTITIES[name];
  }),
];
