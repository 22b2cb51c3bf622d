import { randomBytes } from "node:crypto";
import {
  closeSync,
  fchownSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, resolve } from "node:path";
import { isPostgresUrl } from "../../core/database-url.ts";
import { ConfigurationError } from "../../core/errors.ts";

/** In characters. 256 bits in base64 are 44. */
export const MINIMUM_SECRET_LENGTH = 32;

/** A line of the key file. */
export type KeptSecret = {
  readonly secret: string;
  /** Epoch milliseconds from which it opens nothing any more; null for one that has no end. */
  readonly until: number | null;
};

/** `<secret>`, or `<secret> until <ISO 8601>` for one that was replaced. */
const LINE = /^(.+?)(?: until (\d{4}-\S+))?$/;

/** @throws ConfigurationError where the database is no file, and all instances need the same secret. */
export function keyFileOf(database: string): string {
  if (isPostgresUrl(database)) {
    throw new ConfigurationError(
      "The secret is missing: with Postgres there is no key file. Set GATEHOUSE_SECRET, the same on every instance " +
        "(make one with: openssl rand -base64 32).",
    );
  }
  return `${database}.key`;
}

export function newSecret(): string {
  return randomBytes(32).toString("base64");
}

/** The secrets that have not ended, newest first. */
export function secretsAt(kept: readonly KeptSecret[], now: number): readonly string[] {
  return kept.filter(({ until }) => until === null || now < until).map(({ secret }) => secret);
}

/**
 * The secrets of a key file, newest first; undefined where there is none.
 * @throws ConfigurationError where it cannot be read, others can read it, or it is cut short.
 */
export function readKeyFile(file: string): readonly KeptSecret[] | undefined {
  try {
    if (process.platform !== "win32" && (statSync(file).mode & 0o077) !== 0) {
      throw new ConfigurationError(`The key file ${file} can be read by others. Run: chmod 600 ${file}`);
    }
    return parse(readFileSync(file, "utf8"), file);
  } catch (error) {
    if (error instanceof ConfigurationError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return undefined;
    throw new ConfigurationError(
      `The key file ${file} cannot be read (${code}). Make it readable for this user only.`,
    );
  }
}

/** Differs after every change of the file. Undefined where there is none. */
export function keyFileVersion(file: string): string | undefined {
  const stat = statSync(file, { bigint: true, throwIfNoEntry: false });
  return stat && `${stat.ino} ${stat.mtimeNs} ${stat.size}`;
}

/**
 * Makes a key file with a new secret. Written beside and linked into place: of two processes that start at once one
 * wins, and the other one reads a file that is whole.
 */
export function makeKeyFile(file: string): readonly KeptSecret[] {
  const secrets = [{ secret: newSecret(), until: null }];
  const draft = `${file}.${randomBytes(6).toString("hex")}`;
  try {
    writeFileSync(draft, format(secrets), { mode: 0o600, flag: "wx", flush: true });
    linkOrWrite(draft, file, format(secrets));
    syncFolder(dirname(resolve(file)));
    return secrets;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") return readKeyFile(file) ?? makeKeyFile(file);
    throw new ConfigurationError(
      `The key file ${file} cannot be created (${code}). Choose another place for the database, or set GATEHOUSE_SECRET.`,
    );
  } finally {
    rmSync(draft, { force: true });
  }
}

/**
 * Replaces what a key file holds: whoever reads it meanwhile gets the whole of the old or the whole of the new.
 * @param change gets what is there now. Of two processes that change it at once, the second one is refused.
 * @throws ConfigurationError where it cannot be written, and then it is as it was.
 */
export function changeKeyFile(
  name: string,
  change: (secrets: readonly KeptSecret[]) => readonly KeptSecret[],
): readonly KeptSecret[] {
  // A link leads to the file that is replaced; it stays itself.
  const file = statSync(name, { throwIfNoEntry: false }) ? realpathSync(name) : name;
  const draft = `${file}.new`;
  const descriptor = openDraft(draft, name);
  try {
    // Only now: what another process changed before it let go of the draft is read.
    const secrets = change(readKeyFile(file) ?? []);
    keepOwner(descriptor, file);
    writeFileSync(descriptor, format(secrets));
    fsyncSync(descriptor);
    renameSync(draft, file);
    syncFolder(dirname(resolve(file)));
    return secrets;
  } catch (error) {
    rmSync(draft, { force: true });
    throw error instanceof ConfigurationError ? error : unwritable(name, error);
  } finally {
    closeSync(descriptor);
  }
}

/** Root may change a file that is a server's: that server has to read it at its next start. */
function keepOwner(draft: number, file: string): void {
  const owner = statSync(file, { throwIfNoEntry: false });
  if (owner && owner.uid !== process.getuid?.()) fchownSync(draft, owner.uid, owner.gid);
}

function openDraft(draft: string, file: string): number {
  try {
    return openSync(draft, "wx", 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw unwritable(file, error);
    throw new ConfigurationError(
      `The key file ${file} is being changed by another process, or one was interrupted: there is a ${draft}. ` +
        "If no other process is using it, delete that file and run this again.",
    );
  }
}

function unwritable(file: string, error: unknown): ConfigurationError {
  const { code, message } = error as NodeJS.ErrnoException;
  return new ConfigurationError(
    `The key file ${file} cannot be changed (${code ?? message}). Let this user write in its folder.`,
    { cause: error },
  );
}

function parse(text: string, file: string): readonly KeptSecret[] {
  const secrets = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .map((line) => parseLine(line, file));
  if (secrets.length === 0) throw damaged(file, "is empty");
  return secrets;
}

function parseLine(line: string, file: string): KeptSecret {
  const [, secret = "", end] = LINE.exec(line) ?? [];
  const until = end === undefined ? null : Date.parse(end);
  if (secret.length < MINIMUM_SECRET_LENGTH || Number.isNaN(until)) throw damaged(file, "is cut short");
  return { secret, until };
}

function damaged(file: string, how: string): ConfigurationError {
  return new ConfigurationError(`The key file ${file} ${how}. Restore the key file of this database.`);
}

function format(secrets: readonly KeptSecret[]): string {
  return secrets
    .map(({ secret, until }) =>
      until === null ? `${secret}\n` : `${secret} until ${new Date(until).toISOString()}\n`,
    )
    .join("");
}

/** What file systems without hard links say: shared folders of virtual machines, memory cards. */
const NO_LINKS = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"]);

function linkOrWrite(draft: string, file: string, text: string): void {
  try {
    linkSync(draft, file);
  } catch (error) {
    if (!NO_LINKS.has((error as NodeJS.ErrnoException).code ?? "")) throw error;
    writeFileSync(file, text, { mode: 0o600, flag: "wx", flush: true });
  }
}

/** Until the folder is on the disk, so is not the file's name; and what the key encrypts is of no use without it. */
function syncFolder(folder: string): void {
  if (process.platform === "win32") return;
  const descriptor = openSync(folder, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
