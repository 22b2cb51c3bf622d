import { DOMParser, type Element } from "@xmldom/xmldom";
import { describe, expect, it } from "vitest";
import { readXml, type XmlElement } from "./xml.ts";
import { XmlProblem } from "./xml-cursor.ts";

const read = (text: string) => readXml(text, "response");

describe("readXml", () => {
  it("reads elements, attributes, namespaces and text", () => {
    const root = read(
      `<?xml version="1.0" encoding="UTF-8"?>\n<a:x xmlns:a="urn:a" xmlns="urn:b" Id='1 &lt; "2"' xml:lang="en">one<y/> two &amp;&#x20AC;<a:z xmlns:a="urn:c"> </a:z ></a:x>\n`,
    );
    expect([root.name, root.namespace, root.text]).toEqual(["x", "urn:a", "one two &€"]);
    expect([...root.attributes]).toEqual([["Id", '1 < "2"']]);
    expect(root.prefixedAttributes).toEqual(["lang"]);
    expect(root.children.map(({ name, namespace, text }) => [name, namespace, text])).toEqual([
      ["y", "urn:b", ""],
      ["z", "urn:c", " "],
    ]);
  });

  it("joins the text around a comment where comments may be", () => {
    const text = "<!-- a --><x>one<!-- <y> - -->two</x><!-- b -->";
    expect(readXml(text, "metadata").text).toBe("onetwo");
    expect(() => read(text)).toThrow(XmlProblem);
  });

  it.each([
    "",
    "x",
    "<x>",
    "</x>",
    "<x></y>",
    "<x></a:x>",
    "<x><y></x></y>",
    "<x/><y/>",
    "<x/>text",
    "<x a='1' a='2'/>",
    "<x a=1/>",
    "<x a/>",
    "<x a='<'/>",
    "<x a='1'b='2'/>",
    "<x\u00A0a='1'/>",
    "<x\u2028/>",
    "\u00A0<x/>",
    "<a:x/>",
    "<x a:b='1'/>",
    "<x xmlns:a=''/>",
    "<x xmlns:xml='urn:x'/>",
    "<x xmlns:xmlns='urn:x'/>",
    "<x>&e;</x>",
    "<x>&</x>",
    "<x>&#0;</x>",
    "<x>&#xD800;</x>",
    "<x>&#x110000;</x>",
    "<x>&#99999999;</x>",
    "<x a='&e;'/>",
    "<x>]]></x>",
    "<x>\0</x>",
    "<x>\u{D800}</x>",
    "<x><![CDATA[y]]></x>",
    "<x><?y z?></x>",
    "<?y z?><x/>",
    "<!DOCTYPE x><x/>",
    "<x><!ELEMENT y></x>",
    "<!-- -- --><x/>",
    "<x><!-- y --></x>",
    " <?xml version='1.0'?><x/>",
    '<?xml version="1.1"?><x/>',
    '<?xml version="1.0" encoding="ISO-8859-1"?><x/>',
    `${"<x>".repeat(11)}${"</x>".repeat(11)}`,
    `<x>${"<y/>".repeat(1000)}</x>`,
    `<x>${"<y a='1' b='2' c='3' d='4' e='5'/>".repeat(900)}</x>`,
    `<x ${Array.from({ length: 19 }, (_, i) => `xmlns:n${i}="urn:${i}"`).join(" ")}/>`,
    "<ä/>",
  ])("refuses %j", (text) => {
    expect(() => read(text)).toThrow(XmlProblem);
  });

  it("reads what another parser reads", () => {
    const document = `<s:Response xmlns:s="urn:s" ID="_1">${`<a xmlns="urn:${"n".repeat(9)}" b="&quot;&#9;c">t&gt;<d/>u</a>`.repeat(40)}</s:Response>`;
    const theirs = new DOMParser().parseFromString(document, "text/xml").documentElement;
    expect(shape(read(document))).toEqual(shapeOfDom(theirs as Element));
  });

  it.each([
    "<".repeat(200_000),
    `<x a="${"&lt;".repeat(50_000)}`,
    `<x ${"a ".repeat(100_000)}`,
    `<x>${"&".repeat(200_000)}`,
    `<!--${"-".repeat(200_000)}`,
  ])("comes to an end soon with much of nothing: %#", (text) => {
    expect(() => readXml(text, "metadata")).toThrow(XmlProblem);
  });
});

type Shape = readonly [string, string, readonly (readonly [string, string])[], readonly Shape[]];

function shape({ name, namespace, attributes, children }: XmlElement): Shape {
  return [name, namespace, [...attributes], children.map(shape)];
}

function shapeOfDom(element: Element): Shape {
  const attributes = Array.from(element.attributes)
    .filter(({ name }) => !name.startsWith("xmlns"))
    .map(({ name, value }) => [name, value] as const);
  const children = Array.from(element.childNodes).filter(({ nodeType }) => nodeType === 1) as Element[];
  return [element.localName ?? "", element.namespaceURI ?? "", attributes, children.map(shapeOfDom)];
}
