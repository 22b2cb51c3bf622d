import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { type CheckUser, ConfigurationError } from "mcp-gatehouse";

/**
 * The people of a file of `name:password` lines, as the check that `createOAuthServer` asks for. A file that changed is
 * read again at the next sign-in; while it is wrong, no one can sign in.
 * @throws ConfigurationError where the file cannot be read, or a line is wrong. It names the line, never a password.
 */
export function usersOf(file: string): CheckUser {
  const hash = hasher();
  const read = () => ({
    version: versionOf(file),
    hashes: new Map([...readUsers(file)].map(([name, password]) => [name, hash(password)])),
  });
  let known = read();
  // A username that does not exist is compared too, so that the time of an answer does not show which ones exist.
  const noOne = randomBytes(32);
  return (username, password) => {
    if (versionOf(file) !== known.version) known = read();
    const name = username.normalize("NFC");
    const right = known.hashes.get(name);
    const same = timingSafeEqual(hash(password), right ?? noOne);
    return same && right ? name : null;
  };
}

/** Another one for each change: editors write a new file, shells append to the old one. */
function versionOf(file: string): string {
  const { ino, size, mtimeMs } = statSync(file, { throwIfNoEntry: false }) ?? {};
  return `${ino} ${size} ${mtimeMs}`;
}

/** Name → password. */
function readUsers(file: string): ReadonlyMap<string, string> {
  const lines = readText(file).split(/\r\n|\n|\r/);
  const users = new Map<string, string>();
  const lineOf = new Map<string, number>();
  for (const [i, line] of lines.entries()) {
    if (line.trim() === "" || line.trimStart().startsWith("#")) continue;
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(colon, 0)).trim().normalize("NFC");
    // As it stands, with the colons and spaces that it has.
    const password = line.slice(colon + 1);
    if (colon < 0) throw wrongLine(file, i + 1, "has no colon. Write name:password");
    if (name === "") throw wrongLine(file, i + 1, "has no name before the colon");
    if (password === "") throw wrongLine(file, i + 1, "has no password after the colon");
    const earlier = lineOf.get(name);
    if (earlier !== undefined) {
      throw wrongLine(file, i + 1, `has the same name as line ${earlier}. Remove one of them`);
    }
    users.set(name, password);
    lineOf.set(name, i + 1);
  }
  if (users.size === 0) throw new ConfigurationError(`${file} has no one in it. Add a line name:password.`);
  return users;
}

function readText(file: string): string {
  try {
    // Fatal: a file in another encoding would otherwise become passwords that no one can type.
    return new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(file));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigurationError(`${file} ${PROBLEMS.get(code ?? "") ?? `cannot be read (${code}).`}`);
  }
}

const PROBLEMS: ReadonlyMap<string, string> = new Map([
  ["ENOENT", "does not exist. Make it, with one name:password a line."],
  ["EACCES", "may not be read by this user. Make the user of this server its owner."],
  ["EISDIR", "is a folder, not a file."],
  ["ERR_ENCODING_INVALID_ENCODED_DATA", "is not UTF-8 text. Save it as UTF-8."],
]);

function wrongLine(file: string, line: number, what: string): ConfigurationError {
  return new ConfigurationError(`${file}: line ${line} ${what}.`);
}

/** Hashes have one length, which `timingSafeEqual` needs. Keyed, so that nothing about a password can be computed ahead. */
function hasher(): (password: string) => Buffer {
  const key = randomBytes(32);
  return (password) => createHmac("sha256", key).update(password.normalize("NFC")).digest();
}
