import type { Identity } from "../../../core/identity.ts";
import { english, type Texts } from "../../../pages/texts/en.ts";

/** The kind of method that knows people by their username. */
export const USERS = "users";

/** How the directory knows a person. @param name as {@link readUsername} or {@link foldedName} hands it back */
export function usersIdentity(name: string): Identity {
  return { method: USERS, issuer: "", subject: name };
}

/** A username as it is stored and looked up, or why it cannot be one, as a sentence for the person. */
export type ReadUsername = { readonly name: string } | { readonly problem: string };

const MAXIMUM_CHARACTERS = 64;
/**
 * Control characters, what is invisible or reorders the text around it, and what this version of Unicode does not know: a later one may
 * fold it. U+0345 is an accent that becomes a letter in upper case, so guesses at such a name would be counted under two names.
 */
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}]|\u0345/u;

/** Reads a username for someone new. @param texts what says why it cannot be one; English unless given */
export function readUsername(text: string, { username }: Pick<Texts, "username"> = english): ReadUsername {
  const name = foldedName(text);
  const { length } = [...name];
  if (length === 0) return { problem: username.empty };
  if (length > MAXIMUM_CHARACTERS) {
    return { problem: username.tooLong(MAXIMUM_CHARACTERS) };
  }
  if (UNSEEN.test(name)) return { problem: username.unseen };
  return { name };
}

/**
 * The one spelling of a username: without spaces around it, in lower case, and with the usual form of each character (full-width
 * letters, ligatures). It is the subject of the identity, so it must not change from one release to the next.
 */
export function foldedName(text: string): string {
  // Twice: lower case may leave a form that is not the usual one.
  return fold(fold(text));
}

function fold(text: string): string {
  // Which of its two small letters a sigma becomes depends on what is around it: the one at the end of words is written as the other.
  return text.normalize("NFKC").trim().toLowerCase().replaceAll("ς", "σ");
}
