/** What is wrong with a document. The message is for the log, and has nothing of the document in it. */
export class XmlProblem extends Error {
  override readonly name = "XmlProblem";
}

/** How much of it there may be. */
export type Limits = {
  readonly depth: number;
  readonly elements: number;
  readonly attributes: number;
  /** In scope at one place. */
  readonly prefixes: number;
};

/** Where the reader is in the text. */
export type Cursor = {
  /** What stands here, which is passed then; undefined where something else does. */
  match(pattern: RegExp): RegExpExecArray | undefined;
  /** Whether a tag begins here that opens an element. It is passed up to its name. */
  opensElement(): boolean;
  /** The text up to the next tag. */
  characters(): string;
  isAtEnd(): boolean;
  problem(what: string): XmlProblem;
  /** For what can't stand here. */
  refused(): XmlProblem;
  /** Counts what may not be there more often. */
  count(what: "elements" | "attributes"): void;
  /** @throws XmlProblem where a document may not be so deep, or have so many prefixes in one place */
  limit(what: "depth" | "prefixes", size: number): void;
};

export function cursorOver(text: string, limits: Limits): Cursor {
  const forbidden = FORBIDDEN_CHARACTER.exec(text);
  if (forbidden) throw new XmlProblem(`it has a character that XML does not allow, at ${forbidden.index}`);
  let at = 0;
  const counted = { elements: 0, attributes: 0 };
  const problem = (what: string) => new XmlProblem(`${what}, at ${at}`);
  return {
    problem,
    match(pattern) {
      pattern.lastIndex = at;
      const found = pattern.exec(text) ?? undefined;
      if (found) at = pattern.lastIndex;
      return found;
    },
    opensElement() {
      const opens = /^<[A-Za-z_]/.test(text.slice(at, at + 2));
      if (opens) at += 1;
      return opens;
    },
    characters() {
      const next = text.indexOf("<", at);
      const raw = text.slice(at, next < 0 ? text.length : next);
      if (raw.includes("]]>")) throw problem('a text has "]]>"');
      const read = decoded(raw, problem);
      at += raw.length;
      return read;
    },
    isAtEnd: () => at >= text.length,
    refused() {
      const kind = MARKUP.find(([, beginning]) => text.startsWith(beginning, at))?.[0];
      return problem(
        at >= text.length ? "it ends too early" : `it has ${kind ?? "something other than an element"}`,
      );
    },
    count(what) {
      counted[what] += 1;
      if (counted[what] > limits[what]) throw problem(`it has more than ${limits[what]} ${what}`);
    },
    limit(what, size) {
      if (size > limits[what]) throw problem(`it has ${size} as its ${what}; the limit is ${limits[what]}`);
    },
  };
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what XML 1.0 §2.2 leaves out.
const FORBIDDEN_CHARACTER = /[\0-\x08\x0B\x0C\x0E-\x1F\uFFFE\uFFFF]|\p{Cs}/u;

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ["lt", "<"],
  ["gt", ">"],
  ["amp", "&"],
  ["quot", '"'],
  ["apos", "'"],
]);

/** The five entities of XML and character references; any other entity would have to come of a document type. */
export function decoded(text: string, problem: (what: string) => XmlProblem): string {
  if (!text.includes("&")) return text;
  return text.replace(/&(?:#(\d{1,7})|#x([0-9A-Fa-f]{1,6})|(\w{1,10}));|&/g, (_, decimal, hex, name) => {
    const known = ENTITIES.get(name);
    if (known !== undefined) return known;
    const code = Number.parseInt(decimal ?? hex, decimal === undefined ? 16 : 10);
    const character = code <= 0x10ffff ? String.fromCodePoint(code) : "\0";
    if (Number.isNaN(code) || FORBIDDEN_CHARACTER.test(character)) {
      throw problem("it has an entity other than XML's own");
    }
    return character;
  });
}

const MARKUP = [
  ["a comment", "<!--"],
  ["a CDATA section", "<![CDATA["],
  ["a document type", "<!"],
  ["a processing instruction", "<?"],
] as const;
