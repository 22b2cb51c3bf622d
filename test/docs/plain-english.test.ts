import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Node, SourceFile } from "typescript/unstable/ast";
import {
  isExportDeclaration,
  isImportDeclaration,
  isStringLiteral,
  isTemplateLiteralToken,
} from "typescript/unstable/ast";
import { API } from "typescript/unstable/sync";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CHECKOUT } from "../support/checkout.ts";
import { markdownFiles, readDocument } from "../support/markdown.ts";
import { WORD_LIST } from "./word-list.ts";

/** Decisions are records of their day: their wording changes when someone touches them. */
const RECORDS = "docs/decisions/";

/** Text that a person reads, and the line of the file that it begins in. */
type Passage = { readonly line: number; readonly text: string };

let typescript: API;
let parse: (file: string) => SourceFile | undefined;

beforeAll(() => {
  typescript = new API({ cwd: CHECKOUT });
  const project = join(CHECKOUT, "tsconfig.json");
  const { program } = typescript.updateSnapshot({ openProject: project }).getProject(project) ?? {};
  parse = (file) => program?.getSourceFile(join(CHECKOUT, file));
});

afterAll(() => typescript?.close());

describe("the word list", () => {
  it.each(WORD_LIST)("finds $phrase", ({ phrase, seen }) => {
    expect(seen).toMatch(phrase);
  });

  it("says where, what and what to write instead", () => {
    expect(findings("a.md", [{ line: 7, text: "Good.\nAsk\nwhoever runs it." }])).toEqual([
      'a.md:9: "whoever"; write: anyone who',
    ]);
  });
});

describe("what users read is in plain English", () => {
  it("in documents", () => {
    const files = markdownFiles().filter((file) => !file.startsWith(RECORDS));
    expect(files).toContain("README.md");
    expect(files.flatMap((file) => findings(file, [prose(readDocument(file))]))).toEqual([]);
  });

  it("in examples, and in the files to deploy with", () => {
    // Running one there leaves a database and a key file behind.
    const files = ["examples", "deploy"]
      .flatMap((folder) => filesIn(folder))
      .filter((file) => !/\.(db|key)\b/.test(file));
    expect(files).toContain("examples/simple-server.ts");
    expect(files.flatMap((file) => findings(file, [{ line: 1, text: readDocument(file) }]))).toEqual([]);
  });

  it("in the texts of the sources: pages, errors, help, log messages", () => {
    const files = filesIn("src").filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"));
    const texts = files.map((file) => ({ file, passages: literals(file) }));
    expect(texts.flatMap(({ passages }) => passages).length).toBeGreaterThan(300);
    expect(texts.flatMap(({ file, passages }) => findings(file, passages))).toEqual([]);
  });
});

it("the README stays short enough to read", () => {
  expect(linesBefore(readDocument("README.md"), Number.POSITIVE_INFINITY)).toBeLessThanOrEqual(180);
});

function findings(file: string, passages: readonly Passage[]): readonly string[] {
  return passages.flatMap(({ line, text }) =>
    WORD_LIST.flatMap(({ phrase, instead }) =>
      [...text.matchAll(phrase)].map(
        (match) => `${file}:${line + linesBefore(text, match.index)}: "${match[0]}"; write: ${instead}`,
      ),
    ),
  );
}

/** A document without its inline code, which names things that are spelled that way. */
function prose(text: string): Passage {
  return { line: 1, text: text.replace(/`[^`\n]+`/g, "code") };
}

/** The string and template literals of a source file that are sentences or parts of one. */
function literals(file: string): readonly Passage[] {
  const source = parse(file);
  if (source === undefined) throw new Error(`tsconfig.json does not include ${file}`);
  const found: Passage[] = [];
  const visit = (node: Node): void => {
    if (isImportDeclaration(node) || isExportDeclaration(node)) return;
    if (isStringLiteral(node) || isTemplateLiteralToken(node)) {
      const start = node.end - node.getText(source).length;
      // A single word is a value of the program, as in "nobody" | "anybody".
      if (node.text.includes(" ")) found.push({ line: 1 + linesBefore(source.text, start), text: node.text });
    }
    node.forEachChild((child) => visit(child));
  };
  visit(source);
  return found;
}

function filesIn(folder: string): readonly string[] {
  return readdirSync(join(CHECKOUT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes("node_modules"))
    .map((entry) => join(entry.parentPath, entry.name).slice(CHECKOUT.length + 1))
    .sort();
}

function linesBefore(text: string, index: number): number {
  return text.slice(0, index).split("\n").length - 1;
}
