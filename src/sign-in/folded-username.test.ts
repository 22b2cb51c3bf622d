import { describe, expect, it } from "vitest";
import { foldedUsername } from "./folded-username.ts";

describe("the name that guesses are counted under", () => {
  it.each([
    ["case", "ada", ["ADA", "Ada", "aDa"]],
    ["width", "ada", ["ａｄａ", "ＡＤＡ"]],
    ["spaces", "ada", [" ada ", "ada\u00a0", "ada\t", "a d a", "ada\u3000"]],
    ["accents", "ada", ["áda", "a\u0301da", "âdä", "a\u05b0da", "a\u20ddda"]],
    ["what is invisible", "ada", ["a\u200bda", "a\u00adda", "\ufeffada", "ad\u2060a", "ada\ufe0f"]],
    ["control characters", "ada", ["ada\u0000", "a\u0001da", "ada\u007f", "\u0085ada"]],
    ["both ways of case", "strasse", ["Straße", "STRASSE", "straße", "STRAẞE", "ſtrasse"]],
    ["two lower-case sigmas", "οδυσσευς", ["ΟΔΥΣΣΕΥΣ", "οδυσσευσ", "Οδυσσεύς"]],
    ["dotted and dotless i", "irem", ["İREM", "ırem", "IREM"]],
    ["ligatures and the Kelvin sign", "fikn", ["ﬁkn", "fi\u212an"]],
  ])("forgives %s", (_what, name, spellings) => {
    for (const spelling of spellings) expect(foldedUsername(spelling), spelling).toBe(foldedUsername(name));
  });

  it("forgives case for every character there is, and changes nothing that it has folded", () => {
    const unequal: string[] = [];
    for (let point = 0; point <= 0x10ffff; point += 1) {
      const character = String.fromCodePoint(point);
      const folded = foldedUsername(character);
      const spellings = [character.toUpperCase(), character.toLowerCase(), folded];
      if (spellings.some((spelling) => foldedUsername(spelling) !== folded)) unequal.push(character);
    }
    expect(unequal).toEqual([]);
  });

  it("keeps different names apart", () => {
    const names = [
      "ada",
      "adam",
      "ad",
      "ada.l",
      "ada-l",
      "ada_l",
      "ada@x.org",
      "adа" /* Cyrillic а */,
      "7",
      "王",
      "ア",
    ];
    expect(new Set(names.map(foldedUsername)).size).toBe(names.length);
  });
});
