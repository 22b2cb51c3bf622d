import { describe, expect, it } from "vitest";
import { createLook } from "../../src/pages/look.ts";
import { english } from "../../src/pages/texts/en.ts";
import { samplesIn } from "../browser/samples.ts";
import { readDocument } from "../support/markdown.ts";
import { markedTexts, unmarked } from "../support/marked-texts.ts";

const SAMPLES = samplesIn(({ name }) => createLook({ name, texts: markedTexts }));

/** What the samples themselves say: names, addresses, and what an operator or a client wrote. */
const SOURCE = ["samples", "mail-samples", "upstream-samples"]
  .map((name) => `test/browser/${name}.ts`)
  .map(readDocument)
  .join("\n");
const GIVEN = [
  ...[...SOURCE.matchAll(/"([^"\n]+)"/g)].map(([, text = ""]) => text),
  ...[...SOURCE.matchAll(/`([^`\n]+)`/g)].flatMap(([, text = ""]) => text.split(/\$\{[^}]*\}/)),
].filter((text) => !stringsIn(english).includes(text));

function stringsIn(texts: object): readonly string[] {
  return Object.values(texts).flatMap((text) => {
    if (typeof text === "string") return [text];
    return typeof text === "object" && text !== null ? stringsIn(text) : [];
  });
}

/** The names of clients, which are the same in every language. */
const CLIENTS = [
  "Claude",
  "Claude Code",
  "ChatGPT",
  "VS Code",
  "Cursor",
  "Codex",
  "Gemini CLI",
  "MCP Inspector",
];

/** A host that a page takes from an address of the samples, and an initial in its tile. */
const SHORTENED = /^(?:[\w-]+\.)*(?:example|example\.com)$|^\p{L}$/u;

/** Whether it is made of what the samples say, perhaps repeated. What is cut ("…") is a name: texts are whole. */
function isGiven(text: string): boolean {
  const shown = text.replace(/^· /, "");
  if (shown.endsWith("…") || SHORTENED.test(shown)) return true;
  if (CLIENTS.includes(shown) || GIVEN.includes(shown)) return true;
  const long = GIVEN.filter((given) => given.length >= 6).sort((a, b) => b.length - a.length);
  const rest = long.reduce((left, given) => left.replaceAll(given.trim(), ""), shown);
  return !/\p{L}/u.test(rest);
}

// Those with absurd values show the same texts as the others.
const usual = Object.entries(SAMPLES).filter(([name]) => !name.includes("absurd"));

describe.each(usual)("the page %s", (_, page) => {
  it("says nothing that is not in the texts", () => {
    expect(unmarked(page).filter((text) => !isGiven(text))).toEqual([]);
    expect(page).toContain("⟦");
  });
});

describe("what finds words outside the texts", () => {
  it("finds them between tags, in attributes, and beside marked ones", () => {
    expect(
      unmarked('<p>⟦Deny ⟦this⟧⟧ <b>Approve</b></p><img alt="A cat"><i aria-label="⟦x⟧">⟦y⟧</i>'),
    ).toEqual(["Approve", "A cat"]);
    expect(isGiven("Ada Lovelace")).toBe(true);
    expect(isGiven("Use another account")).toBe(false);
  });
});
