/** An element of a document, with its namespace resolved. */
export type XmlElement = {
  /** Without its prefix. */
  readonly name: string;
  /** "" where it is in none. */
  readonly namespace: string;
  /** Those without a prefix: all that SAML reads. */
  readonly attributes: ReadonlyMap<string, string>;
  /** The local names of the others, without those that declare prefixes. */
  readonly prefixedAttributes: readonly string[];
  readonly children: readonly XmlElement[];
  /** The text directly in it, without that of its children. */
  readonly text: string;
};

/** What is wrong with a document. The message is for the log, and has nothing of the document in it. */
export class XmlProblem extends Error {
  override readonly name = "XmlProblem";
}

const DEEPEST = 32;
const MOST_ELEMENTS = 5000;
const XML_NAMESPACE = "http://www.w3.org/XML/1998/namespace";

/**
 * Reads a document of the plain kind that identity providers write: elements, attributes and text. What could make two readers
 * see two documents, or a small document a large one, is refused: document types, entities, processing instructions, CDATA.
 * @param comments in a signed document they are refused: a text that one reader joins around a comment, another one cuts there
 * @throws XmlProblem
 */
export function readXml(
  text: string,
  { comments }: { readonly comments: "refused" | "skipped" },
): XmlElement {
  const forbidden = FORBIDDEN_CHARACTER.exec(text);
  if (forbidden) throw new XmlProblem(`it has a character that XML does not allow, at ${forbidden.index}`);
  return readDocument(cursorOver(text), comments === "skipped");
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what XML 1.0 §2.2 leaves out.
const FORBIDDEN_CHARACTER = /[\0-\x08\x0B\x0C\x0E-\x1F\uFFFE\uFFFF]|\p{Cs}/u;

const DECLARATION =
  /\uFEFF?(?:<\?xml version=["']1\.0["'](?:\s+encoding=["']utf-8["'])?(?:\s+standalone=["'](?:yes|no)["'])?\s*\?>)?/iy;
const SPACE = /[ \t\r\n]+/y;
const CLOSING = /<\//y;
const NAME = /([A-Za-z_][\w.-]*)(?::([A-Za-z_][\w.-]*))?/y;
const ATTRIBUTE = /\s+([A-Za-z_][\w.-]*)(?::([A-Za-z_][\w.-]*))?\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/y;
const TAG_END = /\s*(\/?)>/y;
const CLOSING_END = /\s*>/y;
const COMMENT = /<!--(?:(?!--)[\s\S])*-->/y;

/** An element while it is read. */
type Open = {
  readonly qualified: string;
  readonly name: string;
  readonly namespace: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly prefixedAttributes: readonly string[];
  readonly children: XmlElement[];
  readonly prefixes: ReadonlyMap<string, string>;
  text: string;
};

/** Where the reader is in the text. */
type Cursor = {
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
  /** Counts an element. */
  count(): void;
};

function cursorOver(text: string): Cursor {
  let at = 0;
  let elements = 0;
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
    count() {
      elements += 1;
      if (elements > MOST_ELEMENTS) throw problem(`it has more than ${MOST_ELEMENTS} elements`);
    },
  };
}

function readDocument(cursor: Cursor, skipsComments: boolean): XmlElement {
  cursor.match(DECLARATION);
  skipBetween(cursor, skipsComments);
  if (!cursor.opensElement()) throw cursor.refused();
  const { open, isEmpty } = readOpeningTag(cursor, OUTERMOST);
  const root = isEmpty ? open : readContent(cursor, open, skipsComments);
  skipBetween(cursor, skipsComments);
  if (!cursor.isAtEnd()) throw cursor.problem("something follows the root element");
  return root;
}

/** White space and, where they may be, comments. */
function skipBetween(cursor: Cursor, skipsComments: boolean): void {
  while (cursor.match(SPACE) || (skipsComments && cursor.match(COMMENT)));
}

function readContent(cursor: Cursor, root: Open, skipsComments: boolean): XmlElement {
  const stack: Open[] = [root];
  for (;;) {
    const current = stack.at(-1) as Open;
    current.text += cursor.characters();
    if (cursor.match(CLOSING)) {
      if (cursor.match(NAME)?.[0] !== current.qualified || !cursor.match(CLOSING_END)) {
        throw cursor.problem("a tag is closed wrongly");
      }
      stack.pop();
      const outer = stack.at(-1);
      if (!outer) return current;
      outer.children.push(current);
    } else if (cursor.opensElement()) {
      const { open, isEmpty } = readOpeningTag(cursor, current.prefixes);
      if (isEmpty) current.children.push(open);
      else stack.push(open);
      if (stack.length > DEEPEST) throw cursor.problem(`it is nested more than ${DEEPEST} deep`);
    } else if (!skipsComments || !cursor.match(COMMENT)) throw cursor.refused();
  }
}

/** From the name on. */
function readOpeningTag(
  cursor: Cursor,
  outer: ReadonlyMap<string, string>,
): { readonly open: Open; readonly isEmpty: boolean } {
  const { problem } = cursor;
  cursor.count();
  const named = cursor.match(NAME);
  if (!named) throw problem("a tag has no usable name");
  const given = readAttributes(cursor);
  const end = cursor.match(TAG_END);
  if (!end) throw problem("a tag does not end");
  const prefixes = prefixesIn(given, outer, problem);
  const { prefix, local } = splitName(named);
  const namespace = prefixes.get(prefix);
  if (namespace === undefined) throw problem("a prefix has no namespace");
  const open: Open = {
    qualified: named[0],
    name: local,
    namespace,
    attributes: plainAttributes(given),
    prefixedAttributes: prefixedNames(given, prefixes, problem),
    children: [],
    prefixes,
    text: "",
  };
  return { open, isEmpty: end[1] === "/" };
}

function readAttributes({ match, problem }: Cursor): readonly Attribute[] {
  const attributes: Attribute[] = [];
  const seen = new Set<string>();
  for (let found = match(ATTRIBUTE); found; found = match(ATTRIBUTE)) {
    const { prefix, local } = splitName(found);
    const key = `${prefix}:${local}`;
    if (seen.has(key)) throw problem("an attribute is repeated");
    seen.add(key);
    // XML 1.0 §3.3.3: white space in a value is a space.
    const value = decoded((found[3] ?? found[4] ?? "").replace(/[\t\n\r]/g, " "), problem);
    attributes.push({ prefix, local, value });
  }
  return attributes;
}

type Attribute = { readonly prefix: string; readonly local: string; readonly value: string };

const OUTERMOST: ReadonlyMap<string, string> = new Map([
  ["", ""],
  ["xml", XML_NAMESPACE],
]);

function splitName([, first = "", second]: RegExpExecArray): {
  readonly prefix: string;
  readonly local: string;
} {
  return second === undefined ? { prefix: "", local: first } : { prefix: first, local: second };
}

function prefixesIn(
  attributes: readonly Attribute[],
  outer: ReadonlyMap<string, string>,
  problem: (what: string) => XmlProblem,
): ReadonlyMap<string, string> {
  const declared = attributes.flatMap(({ prefix, local, value }): [string, string][] => {
    if (prefix === "" && local === "xmlns") return [["", value]];
    if (prefix !== "xmlns") return [];
    if (value === "" || /^xml/i.test(local)) throw problem("a prefix is declared wrongly");
    return [[local, value]];
  });
  return declared.length === 0 ? outer : new Map([...outer, ...declared]);
}

function plainAttributes(attributes: readonly Attribute[]): ReadonlyMap<string, string> {
  return new Map(
    attributes
      .filter(({ prefix, local }) => prefix === "" && local !== "xmlns")
      .map(({ local, value }) => [local, value]),
  );
}

function prefixedNames(
  attributes: readonly Attribute[],
  prefixes: ReadonlyMap<string, string>,
  problem: (what: string) => XmlProblem,
): readonly string[] {
  const prefixed = attributes.filter(({ prefix }) => prefix !== "" && prefix !== "xmlns");
  if (prefixed.some(({ prefix }) => !prefixes.has(prefix))) throw problem("a prefix has no namespace");
  return prefixed.map(({ local }) => local);
}

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ["lt", "<"],
  ["gt", ">"],
  ["amp", "&"],
  ["quot", '"'],
  ["apos", "'"],
]);

/** The five entities of XML and character references; any other entity would have to come of a document type. */
function decoded(text: string, problem: (what: string) => XmlProblem): string {
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

// — reading what was read —

/** The children with this name. */
export function childrenOf(
  element: XmlElement | undefined,
  namespace: string,
  name: string,
): readonly XmlElement[] {
  return element?.children.filter((child) => child.namespace === namespace && child.name === name) ?? [];
}

/** The element and all below it. */
export function withDescendants(element: XmlElement): readonly XmlElement[] {
  return [element, ...element.children.flatMap(withDescendants)];
}
