/** The most characters of a person's id, from any source. */
export const LONGEST_PERSON_ID = 255;

/** What a log, a page or a terminal would show as something else: control and format characters, and half characters. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

/** Why a text cannot be the id of a person, as the end of a sentence that begins with it; undefined where it can. */
export function personIdProblem(id: string): string | undefined {
  if (id.trim() === "") return "is empty or blank";
  if (id.length > LONGEST_PERSON_ID) return `has ${id.length} characters; the limit is ${LONGEST_PERSON_ID}`;
  return UNSEEN.test(id) ? "has a character that can't be seen" : undefined;
}

/** Whether a text has such a character. */
export function hasUnseen(text: string): boolean {
  return UNSEEN.test(text);
}

/**
 * Whether every database gives a text back as it was: without NUL, and without half a character (a lone surrogate), in whose place
 * another one is kept. Two such texts would be one.
 */
export function isKeepable(text: string): boolean {
  return text.isWellFormed() && !text.includes("\0");
}

/** The text with what cannot be kept left out or replaced, for what is only shown. */
export function keepable(text: string): string {
  return text.toWellFormed().replaceAll("\0", "");
}
