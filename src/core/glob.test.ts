import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { matchesGlob, readGlob } from "./glob.ts";

const matches = (pattern: string, text: string) => matchesGlob(readGlob(pattern), text);

describe("a glob", () => {
  test.each([
    ["staff", "staff", true],
    ["staff", "Staff", false],
    ["staff", "staff2", false],
    ["staff", "", false],
    ["*", "", true],
    ["*", "anything\nat all", true],
    ["team-*", "team-", true],
    ["team-*", "team-a-b", true],
    ["team-*", "a-team-b", false],
    ["*-admins", "web-admins", true],
    ["*-admins", "web-admins-old", false],
    ["a*a", "a", false],
    ["a*a", "aa", true],
    ["ab*bc", "abc", false],
    ["a*b*c", "aXbXbXc", true],
    ["a*b*c", "aXcXb", false],
    ["**", "x", true],
    ["a**b", "ab", true],
    ["team.?", "team-x", false],
    ["[a-z]", "b", false],
  ])("%j and %j: %j", (pattern, text, expected) => {
    expect(matches(pattern, text)).toBe(expected);
  });

  const piece = fc.string({ unit: fc.constantFrom("a", "b", "*", "."), maxLength: 8 });

  it("matches what a table of all its beginnings and all those of the text says", () => {
    fc.assert(
      fc.property(piece, piece, (pattern, text) => {
        expect(matches(pattern, text)).toBe(byTable(pattern, text));
      }),
      { numRuns: 2000 },
    );
  });

  it("matches everything that is put in for its stars", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary" }), { minLength: 1 }), fc.string(), (parts, put) => {
        const fixed = parts.map((part) => part.replaceAll("*", ""));
        expect(matches(fixed.join("*"), fixed.join(put))).toBe(true);
      }),
    );
  });

  it("comes to an end where a regular expression of the same pattern does not", () => {
    expect(matches(`${"*a".repeat(60)}*b`, "a".repeat(100_000))).toBe(false);
  });
});

/** Whether the first i signs of a pattern match the first j of a text, for each i and j. */
function byTable(pattern: string, text: string): boolean {
  let row = [true, ...Array.from(text, () => false)];
  for (const sign of pattern) {
    const next: boolean[] = [sign === "*" && row[0] === true];
    for (let j = 1; j <= text.length; j += 1) {
      next.push(
        sign === "*" ? row[j] === true || next[j - 1] === true : row[j - 1] === true && text[j - 1] === sign,
      );
    }
    row = next;
  }
  return row.at(-1) === true;
}
