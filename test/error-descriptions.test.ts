import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { parseAst } from "vitest/node";
import { describable } from "../src/core/errors.ts";

const SRC = resolve(import.meta.dirname, "../src");
/** What only operators read, and what reads other servers' descriptions. */
const FOR_OPERATORS = /^(cli|config|providers|client)\//;
/** What is for the log, for a page alone, or for a header with a grammar of its own. */
const NOT_SENT = new Set(["detail", "title", "challenge"]);

const speaking = readdirSync(SRC, { recursive: true, encoding: "utf8" })
  .filter((file) => /(?<!\.test)\.ts$/.test(file) && !FOR_OPERATORS.test(file))
  .map((file) => ({ file, text: readFileSync(join(SRC, file), "utf8") }))
  .filter(({ text }) =>
    /(OAuth|SafeFetch|Document)Error\(|error_description|function schemeProblem/.test(text),
  );

/** What a source file may say in an `error_description`: its sentences, and the calls whose results stand in them. */
function saidIn(text: string): { readonly sentences: readonly string[]; readonly calls: readonly string[] } {
  const sentences: string[] = [];
  const calls: string[] = [];
  const visit = (node: unknown, inTemplate: boolean): void => {
    if (Array.isArray(node)) for (const one of node) visit(one, inTemplate);
    if (!isNode(node) || isNotSent(node)) return;
    if (typeof node.value === "string") sentences.push(node.value);
    if (node.type === "TemplateElement") sentences.push((node.value as { cooked: string }).cooked);
    if (inTemplate && node.type === "CallExpression") calls.push(text.slice(node.start, node.end));
    for (const child of Object.values(node)) visit(child, inTemplate || node.type === "TemplateLiteral");
  };
  visit(parseAst(text, { lang: "ts" }).body, false);
  // Names, codes and paths are no sentences. What ends a line is a body in plain text.
  return {
    sentences: sentences.filter((one) => /[a-z][ .:]|[ .:][a-z]/.test(one) && !one.endsWith("\n")),
    calls,
  };
}

type Node = Readonly<Record<string, unknown>> & {
  readonly type: string;
  readonly start: number;
  readonly end: number;
};

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value;
}

function isNotSent(node: Node): boolean {
  const name = (node.key ?? node.id) as { readonly name?: string } | undefined;
  const callee = node.callee as { readonly name?: string } | undefined;
  return (
    (name?.name !== undefined && NOT_SENT.has(name.name)) ||
    callee?.name === "ConfigurationError" ||
    node.type === "ImportDeclaration" ||
    node.type === "TaggedTemplateExpression"
  );
}

describe("every sentence that a client is answered", () => {
  it("is found", () => {
    expect(speaking.length).toBeGreaterThan(25);
    expect(speaking.flatMap(({ text }) => saidIn(text).sentences).length).toBeGreaterThan(100);
    const source = `const x: string = \`b § $\{f("c d")} e…\`; refuse("f g", { detail: "“h i”" });`;
    expect(saidIn(source)).toEqual({ sentences: ["b § ", " e…", "c d", "f g"], calls: ['f("c d")'] });
  });

  it.each(speaking.map(({ file, text }) => [file, text] as const))(
    "of %s goes out as it is written (RFC 6749 §5.2)",
    (_file, text) => {
      const { sentences, calls } = saidIn(text);
      expect(sentences.filter((sentence) => describable(sentence) !== sentence)).toEqual([]);
      // JSON has the quotes that the grammar lacks.
      expect(calls.filter((call) => call.startsWith("JSON."))).toEqual([]);
    },
  );
});
