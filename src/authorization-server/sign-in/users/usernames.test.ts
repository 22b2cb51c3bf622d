import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { foldedUsername } from "../guessing/folded-username.ts";
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
    ["ΟΔΥΣΣΕΥΣ", "οδυσσευσ"],
    ["οδυσσευς", "οδυσσευσ"],
    ["Ϲ", "σ"],
    ["ϲ", "σ"],
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
    // An iota below, beside a space once it is folded.
    "ad\u037aa",
    "ada\u037a",
    "a\nda",
    "ad\u200ba",
    "\u202eada",
    "a\ud800b",
    "ad\u2028a",
    "ad\u0378a",
    "ad\ue000a",
    "a\u037a",
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

  it("that is stored is found by what was typed, has no spaces around it, and nothing that cannot be seen", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 80 }), (text) => {
        const read = readUsername(text);
        if ("problem" in read) {
          expect(read.problem).toMatch(/^The username (is|has) .*\.$/);
          return;
        }
        expect(readUsername(read.name)).toEqual(read);
        expect(read.name).toBe(foldedName(text));
        expect(read.name).toBe(read.name.trim());
        expect([...read.name].length).toBeLessThanOrEqual(64);
        expect(read.name).not.toMatch(/\p{C}/u);
      }),
      { numRuns: 5000 },
    );
  });

  it("is one for those who count guesses where it is one for the directory", () => {
    const countedAlike = (text: string) => foldedUsername(text) === foldedUsername(foldedName(text));
    const isName = (text: string) => !("problem" in readUsername(text));
    const apart: string[] = [];
    for (let point = 1; point <= 0x10_ff_ff; point += 1) {
      const text = String.fromCodePoint(point);
      // Tens of thousands that nothing folds.
      if (/[\p{Unified_Ideograph}\p{Script=Hangul}\p{C}]/u.test(text)) continue;
      if (isName(text) && !countedAlike(text)) apart.push(point.toString(16));
    }
    expect(apart).toEqual([]);
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(!isName(text) || countedAlike(text)).toBe(true);
      }),
      { numRuns: 5000 },
    );
  });
});
