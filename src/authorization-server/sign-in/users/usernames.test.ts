import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { foldedName, readUsername } from "./usernames.ts";

describe("a username", () => {
  it.each([
    ["ada", "ada"],
    ["  Ada ", "ada"],
    ["ADA@Example.COM", "ada@example.com"],
    ["ａｄａ", "ada"],
    ["Ada Lovelace", "ada lovelace"],
    ["É", "é"],
    ["e\u0301", "é"],
    ["İ", "i̇"],
    ["日本", "日本"],
    ["x".repeat(64), "x".repeat(64)],
    ["🙂".repeat(64), "🙂".repeat(64)],
  ])("%j is stored as %j", (text, name) => {
    expect(readUsername(text)).toEqual({ name });
  });

  it.each([
    "",
    "   ",
    "x".repeat(65),
    // One character that its usual form has eighteen for.
    "ﷺ".repeat(4),
    "ad\u0000a",
    "a\nda",
    "ad\u200ba",
    "\u202eada",
    "a\ud800b",
    "ad\u2028a",
  ])("%j cannot be one", (text) => {
    expect(readUsername(text)).toHaveProperty("problem");
  });

  it("is folded once and for all", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const once = foldedName(text);
        expect(foldedName(once)).toBe(once);
        expect(foldedName(` ${text.toUpperCase().toLowerCase()} `)).toBe(foldedName(text.toUpperCase()));
      }),
      { numRuns: 5000 },
    );
  });
});
