import { english, type Texts } from "../../../pages/texts/en.ts";
import { foldedName } from "./usernames.ts";

const MINIMUM_CHARACTERS = 8;
/** Of the form's field too. In UTF-16 units, as browsers count. */
export const MAXIMUM_PASSWORD_LENGTH = 1024;
/** What a password must have beside the names that it contains. */
const BESIDE_NAMES = 6;

/**
 * A password as it is hashed: composed characters, and plain spaces for every other kind of space (the OpaqueString profile of RFC 8265
 * §4.2). So the same keys give the same password on every system. Letters keep their case and their width.
 */
export function preparedPassword(password: string): string {
  return password.replace(/\p{Zs}/gu, " ").normalize("NFC");
}

/**
 * What to try for a password that was typed. A hash that was imported may be of the text as another system got it, without
 * {@link preparedPassword}.
 */
export function spellingsOf(password: string): readonly string[] {
  return [...new Set([preparedPassword(password), password])];
}

/**
 * Why a new password is refused, as a sentence for the person; undefined where it is not. There are no rules about kinds of characters
 * (NIST SP 800-63B-4 §3.1.1.2): they make passwords harder to remember, and not harder to guess.
 * @param names the username, and the name of the app where it is known
 * @param texts what says why; English unless given
 */
export async function passwordProblem(
  password: string,
  names: readonly string[],
  { password: texts }: Pick<Texts, "password"> = english,
): Promise<string | undefined> {
  const prepared = preparedPassword(password);
  if ([...prepared].length < MINIMUM_CHARACTERS) {
    return texts.tooShort(MINIMUM_CHARACTERS);
  }
  if (Math.max(password.length, prepared.length) > MAXIMUM_PASSWORD_LENGTH) {
    return texts.tooLong(MAXIMUM_PASSWORD_LENGTH);
  }
  if (/\p{Cc}/u.test(prepared) || !prepared.isWellFormed()) {
    return texts.unseen;
  }
  const folded = foldedName(prepared);
  // Loaded here: a server that only checks passwords has no need of the list.
  const { WELL_KNOWN_PASSWORDS } = await import("./well-known-passwords.ts");
  if (WELL_KNOWN_PASSWORDS.has(folded)) {
    return texts.wellKnown;
  }
  if (isLittleMoreThan(names.map(foldedName), folded)) {
    return texts.littleMore;
  }
  return undefined;
}

function isLittleMoreThan(names: readonly string[], password: string): boolean {
  // The longer one first: it may contain the other.
  const longestFirst = names
    .filter((name) => name !== "")
    .toSorted((one, other) => other.length - one.length);
  const rest = longestFirst.reduce((left, name) => left.replaceAll(name, " "), password);
  return rest !== password && [...rest.replaceAll(/\s/g, "")].length < BESIDE_NAMES;
}
