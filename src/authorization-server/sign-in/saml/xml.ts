import { type Cursor, cursorOver, decoded, type XmlProblem } from "./xml-cursor.ts";

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

/** Kinds of documents. */
const KINDS = {
  /**
   * Sent by anyone, and the time to check its signature grows faster than the document. In what is signed there are no comments: one reader
   * joins the text around one, another one cuts it there.
   */
  response: { hasComments: false, limits: { depth: 10, elements: 500, attributes: 1000, prefixes: 12 } },
  /** From where the operator says. */
  metadata: { hasComments: true, limits: { depth: 32, elements: 5000, attributes: 20_000, prefixes: 100 } },
} as const;

const XML_NAMESPACE = "http://www.w3.org/XML/1998/namespace";

/**
 * Reads a document of the plain kind that identity providers write: elements, attributes and text. What could make two readers
 * see two documents, or a small document a large one, is refused: document types, entities, processing instructions, CDATA.
 * @throws XmlProblem
 */
export function readXml(text: string, kind: keyof typeof KINDS): XmlElement {
  const { hasComments, limits } = KINDS[kind];
  return readDocument(cursorOver(text, limits), hasComments);
}

const DECLARATION =
  /\uFEFF?(?:<\?xml version=["']1\.0["'](?:[ \t\r\n]+encoding=["']utf-8["'])?(?:[ \t\r\n]+standalone=["'](?:yes|no)["'])?[ \t\r\n]*\?>)?/iy;
const SPACE = /[ \t\r\n]+/y;
const CLOSING = /<\//y;
const NAME = /([A-Za-z_][\w.-]*)(?::([A-Za-z_][\w.-]*))?/y;
const ATTRIBUTE =
  /[ \t\r\n]+([A-Za-z_][\w.-]*)(?::([A-Za-z_][\w.-]*))?[ \t\r\n]*=[ \t\r\n]*(?:"([^"<]*)"|'([^'<]*)')/y;
const TAG_END = /[ \t\r\n]*(\/?)>/y;
const CLOSING_END = /[ \t\r\n]*>/y;
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
      cursor.limit("depth", stack.length);
    } else if (!skipsComments || !cursor.match(COMMENT)) throw cursor.refused();
  }
}

/** From the name on. */
function readOpeningTag(
  cursor: Cursor,
  outer: ReadonlyMap<string, string>,
): { readonly open: Open; readonly isEmpty: boolean } {
  const { problem } = cursor;
  cursor.count("elements");
  const named = cursor.match(NAME);
  if (!named) throw problem("a tag has no usable name");
  const given = readAttributes(cursor);
  const end = cursor.match(TAG_END);
  if (!end) throw problem("a tag does not end");
  const prefixes = prefixesIn(given, outer, problem);
  cursor.limit("prefixes", prefixes.size);
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

function readAttributes({ match, count, problem }: Cursor): readonly Attribute[] {
  const attributes: Attribute[] = [];
  const seen = new Set<string>();
  for (let found = match(ATTRIBUTE); found; found = match(ATTRIBUTE)) {
    count("attributes");
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
