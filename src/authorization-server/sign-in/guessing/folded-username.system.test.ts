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
    ["letters with a stroke", "doodlehug", ["đøøđłeħug", "ðǿoÐŁEĦUG", "doodŀehug", "dooᷘlehug"]],
    ["letters that were two", "caesar coeur", ["cæsar cœur", "CǢSAR CŒUR"]],
    ["digits of all scripts", "ada10", ["ada١٠", "ada१०", "ada⓵⓿", "ada❿"]],
    ["kana of both kinds and sizes", "つばさ", ["ツバサ", "っばさ", "ﾂﾊﾞｻ"]],
    ["an iota below", "ωδη", ["ᾠδή", "ῼδη", "ωιδη"]],
  ])("forgives %s", (_what, name, spellings) => {
    for (const spelling of spellings) expect(foldedUsername(spelling), spelling).toBe(foldedUsername(name));
  });

  it("forgives case for every character there is, and changes nothing that it has folded", () => {
    const unequal: string[] = [];
    // An accent, whose upper case is a letter.
    const IOTA_BELOW = "\u0345";
    for (const character of ASSIGNED) {
      if (character === IOTA_BELOW) continue;
      const folded = foldedUsername(character);
      const spellings = [character.toUpperCase(), character.toLowerCase(), folded];
      if (spellings.some((spelling) => foldedUsername(spelling) !== folded)) unequal.push(character);
    }
    expect(unequal).toEqual([]);
  });

  it("folds alike what a comparison without accents and case takes for one character", () => {
    const { compare } = new Intl.Collator("en", { sensitivity: "base" });
    const characters = ASSIGNED.toSorted(compare);
    const apart: string[] = [];
    let [first = ""] = characters;
    for (const character of ["", ...characters]) {
      if (compare(first, character) !== 0) first = character;
      if (foldedUsername(first) !== foldedUsername(character)) apart.push(`${first} and ${character}`);
    }
    expect(apart).toEqual([]);
  });

  it("folds alike what such a comparison takes for two or three letters or digits", () => {
    const { compare } = new Intl.Collator("en", { sensitivity: "base" });
    const one = [..."abcdefghijklmnopqrstuvwxyz0123456789"];
    const two = one.flatMap((left) => one.map((right) => left + right));
    const three = one.flatMap((left) => two.map((right) => left + right));
    const sequences = [...two, ...three].sort(compare);
    const found: string[] = [];
    const apart: string[] = [];
    for (const character of ASSIGNED) {
      const sequence = equalIn(sequences, character, compare);
      if (sequence === undefined) continue;
      found.push(character);
      if (foldedUsername(character) !== foldedUsername(sequence)) apart.push(`${sequence} and ${character}`);
    }
    expect(found).toEqual(expect.arrayContaining(["æ", "Œ", "ǆ", "ﬃ", "⓴"]));
    expect(apart).toEqual([]);
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
      "8",
      "adæ",
      "ødd",
      "þing",
      "thing",
      "王",
      "ア",
    ];
    expect(new Set(names.map(foldedUsername)).size).toBe(names.length);
  });
});

/** Every character that Unicode has given a meaning. */
const ASSIGNED: readonly string[] = Array.from({ length: 0x110000 }, (_, point) =>
  String.fromCodePoint(point),
).filter((character) => !/[\p{Cn}\p{Co}\p{Cs}]/u.test(character));

/** By halves, in what is sorted by this comparison. */
function equalIn(
  sorted: readonly string[],
  wanted: string,
  compare: (left: string, right: string) => number,
): string | undefined {
  let [from, to] = [0, sorted.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    const order = compare(sorted[middle]!, wanted);
    if (order === 0) return sorted[middle];
    if (order < 0) from = middle + 1;
    else to = middle;
  }
  return undefined;
}
