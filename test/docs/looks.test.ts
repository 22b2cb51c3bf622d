import { describe, expect, it } from "vitest";
import { parseOptions } from "../../src/config/options.ts";
import { COLOR_NAMES } from "../../src/pages/palette.ts";
import { VARIABLES } from "../../src/pages/stylesheet.ts";
import { readDocument } from "../support/markdown.ts";

const document = readDocument("docs/looks.md");

/** What the first column of the table with this heading names. */
function namesIn(heading: string): readonly string[] {
  const [, table = ""] = document.split(`\n| ${heading} | what it is |\n`);
  const [rows = ""] = table.split("\n\n");
  return [...rows.matchAll(/^\| (`.+?`) \|/gm)].flatMap(([, cell = ""]) =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name),
  );
}

describe("docs/looks.md", () => {
  it("has a row for every color and every CSS variable", () => {
    expect(namesIn("color")).toEqual(COLOR_NAMES.filter((name) => name !== "accent"));
    expect(namesIn("variable")).toEqual(Object.keys(VARIABLES));
  });

  it("shows the sentence that the start says", () => {
    const [, sentence = ""] = /```text\n(look\.accent.*)\n```/.exec(document) ?? [];
    expect(sentence).toMatch(/^look\.accent is/);
    expect(() => parseOptions("x", { look: { accent: "#ffdd00" } })).toThrow(sentence);
  });
});
