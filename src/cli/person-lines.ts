import { open } from "node:fs/promises";
import { parsePasswordHash } from "../authorization-server/sign-in/users/password-hash.ts";
import { passwordProblem } from "../authorization-server/sign-in/users/password-rules.ts";
import { readUsername } from "../authorization-server/sign-in/users/usernames.ts";
import { ConfigurationError } from "../core/errors.ts";

/** A line of a file of people, with its number from 1. */
export type NumberedLine = { readonly number: number; readonly text: string };

/** A person of such a line: with a password still to be hashed, or the hash of another system. */
export type LinePerson = {
  /** As it is written: what the person is called. */
  readonly displayName: string;
  /** As it is looked up. */
  readonly username: string;
  readonly secret: { readonly kind: "password" | "hash"; readonly text: string };
};

export type ReadLine =
  | { readonly kind: "person"; readonly person: LinePerson }
  /** Blank, or a comment. */
  | { readonly kind: "nothing" }
  /** A sentence, without what the line says: that may be a password. */
  | { readonly kind: "problem"; readonly problem: string };

const LONGEST_LINE = 4096;

/**
 * What other systems write for a hash that is not among those we check. Taken for a password, it would let in everyone who has read
 * the file, and shut out the person.
 */
const FOREIGN_HASH =
  /^(\{[\w.+-]+\}|[a-z0-9_]+\$+[^\s$]+\$|(pbkdf2|scrypt|bcrypt|sha\d+|md5)[:_]|\*?[0-9a-f]{32,}$)/i;

/** Reads `name:password` or `name:hash`. */
export async function readPersonLine(line: string): Promise<ReadLine> {
  if (line.trim() === "" || line.startsWith("#")) return { kind: "nothing" };
  if (line.length > LONGEST_LINE) return problem("The line is too long.");
  if (line.includes("\ufffd")) return problem("The line is not UTF-8.");
  const colon = line.indexOf(":");
  if (colon < 0) return problem("There is no colon between the username and the password.");
  const displayName = line.slice(0, colon).trim();
  const text = line.slice(colon + 1);
  const username = readUsername(displayName);
  if ("problem" in username) return problem(username.problem);
  const refusal = await problemOf(text, username.name);
  if (refusal !== undefined) return problem(refusal);
  const kind = text.startsWith("$") ? "hash" : "password";
  return { kind: "person", person: { displayName, username: username.name, secret: { kind, text } } };
}

async function problemOf(text: string, username: string): Promise<string | undefined> {
  if (text === "") return "The password is empty.";
  if (text !== text.trim()) return "There is a space before or after the password. Remove it.";
  if (text.startsWith("$")) {
    const hash = parsePasswordHash(text);
    return "problem" in hash ? `The hash ${hash.problem}.` : undefined;
  }
  if (FOREIGN_HASH.test(text)) {
    return "This looks like a hash that can't be checked. Use bcrypt, argon2 or scrypt hashes, or invite the person.";
  }
  return passwordProblem(text, [username]);
}

function problem(text: string): ReadLine {
  return { kind: "problem", problem: text };
}

/**
 * The lines of a file, one after the other: a large one is never whole in memory. They end with a line feed, with or without a carriage
 * return before it; what else Unicode calls the end of a line may be in a password. Of a line that is too long, only the beginning is kept.
 * @throws ConfigurationError where it cannot be read, or cannot be read twice
 */
export async function* linesOf(file: string): AsyncGenerator<NumberedLine> {
  await using handle = await openFile(file);
  let [number, text] = [0, ""];
  const next = (): NumberedLine => {
    number += 1;
    return { number, text: (number === 1 ? text.replace(/^\ufeff/, "") : text).replace(/\r$/, "") };
  };
  for await (const chunk of handle.createReadStream({ encoding: "utf8", autoClose: false })) {
    const [first = "", ...more] = String(chunk).split("\n");
    text = begun(text, first);
    for (const piece of more) {
      yield next();
      text = begun("", piece);
    }
  }
  if (text !== "") yield next();
}

/** Long enough to be refused, whatever follows. */
function begun(line: string, more: string): string {
  return (line + more).slice(0, 2 * LONGEST_LINE);
}

async function openFile(file: string) {
  try {
    const handle = await open(file);
    if ((await handle.stat()).isFile()) return handle;
    await handle.close();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === "ENOENT" ? "There is no such file." : `It cannot be read: ${code}.`;
    throw new ConfigurationError(`${file} cannot be imported. ${why}`);
  }
  throw new ConfigurationError(`${file} cannot be imported. It is not a regular file.`);
}
