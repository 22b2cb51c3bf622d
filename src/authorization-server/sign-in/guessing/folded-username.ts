import { ALIKE } from "./alike.ts";

/**
 * The name that guesses are counted under: all spellings that a directory might take for one. Databases forgive case, width,
 * accents, spaces and characters that are invisible (MySQL's default collation all but the spaces). Many also take "ø" for "o", "æ"
 * for "ae" and a digit of one script for that of another. None of these must start a new count. What Intl.Collator takes for one
 * character at the sensitivity "base" is folded alike; the rules of single languages ("ä" for "ae") are not. Two people who share
 * a count lose little, so this folds more than the mark in the logs does.
 */
export function foldedUsername(username: string): string {
  const whole = username.replace(/[\u037aᴈ]/g, (character) => UNLIKE_NFKD[character] ?? "");
  // An iota below a letter is an accent. Once in upper case it would be a letter.
  const lower = foldCase(whole.normalize("NFKD").replaceAll(IOTA_BELOW, ""));
  const characters = Array.from(lower.normalize("NFKD"));
  // Each once: one character of a name may decompose into eighteen, and a thousand are let in.
  const spellings = new Map(
    Array.from(new Set(characters), (character) => [character, oneOfAlike(character)]),
  );
  // Before accents go: the collator takes some of them, such as the small letters of old manuscripts, for letters.
  const alike = characters.map((character) => spellings.get(character)).join("");
  // The dot is part of "ŀ", which is an "l".
  const bare = alike.replace(/[·\p{M}\p{Z}\p{C}\p{Default_Ignorable_Code_Point}]/gu, "");
  // Again: what was decomposed may have a case that the whole had not.
  return foldCase(bare).replace(IOTAS_BESIDE, "");
}

/** Two letters that Unicode's compatibility decomposition takes for others than its collation does. */
const UNLIKE_NFKD: Readonly<Record<string, string>> = { "\u037a": "ι", ᴈ: "ɜ" };
const IOTA_BELOW = "\u0345";
/** In upper case it is written beside its letter. */
const IOTAS_BESIDE = /(?<=[αηω])ι+/g;

/** There and back: "ß" and "ẞ" are "ss", and the two forms of a lower-case sigma are one. */
function foldCase(text: string): string {
  return text.toLowerCase().toUpperCase().toLowerCase();
}

/** As accent-insensitive directories compare: by primary weights alone (UTS #10 §1.1). */
const { compare } = new Intl.Collator("en", { sensitivity: "base" });
const SORTED = ALIKE.toSorted(compare);

/** The spelling that stands for all that compare equal to this character. */
function oneOfAlike(character: string): string {
  if (character <= "\u007f") return character;
  let [from, to] = [0, SORTED.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    const spelling = SORTED[middle] ?? "";
    const order = compare(spelling, character);
    if (order === 0) return spelling;
    if (order < 0) from = middle + 1;
    else to = middle;
  }
  return character;
}
