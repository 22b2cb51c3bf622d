import { randomBytes } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, resolve } from "node:path";
import { ConfigurationError } from "../core/errors.ts";

/** In characters. 256 bits in base64 are 44. */
export const MINIMUM_SECRET_LENGTH = 32;

/**
 * The master secrets, newest first: what the operator gave, else the key file beside the database, which is made at
 * the first start with mode 0600.
 * @throws ConfigurationError where the file cannot be made or read, or others can read it.
 */
export function masterSecrets(settings: {
  readonly database: string;
  readonly secrets: readonly string[] | undefined;
}): readonly string[] {
  if (settings.secrets) return settings.secrets;
  if (settings.database === ":memory:") return [newSecret()];
  const file = `${settings.database}.key`;
  return [readKeyFile(file) ?? makeKeyFile(file)];
}

function newSecret(): string {
  return randomBytes(32).toString("base64");
}

function readKeyFile(file: string): string | undefined {
  try {
    if (process.platform !== "win32" && (statSync(file).mode & 0o077) !== 0) {
      throw new ConfigurationError(`The key file ${file} can be read by others. Run: chmod 600 ${file}`);
    }
    const secret = readFileSync(file, "utf8").trim();
    if (secret.length < MINIMUM_SECRET_LENGTH) {
      throw new ConfigurationError(
        `The key file ${file} is ${secret === "" ? "empty" : "cut short"}. Put back the one that belongs to the database.`,
      );
    }
    return secret;
  } catch (error) {
    if (error instanceof ConfigurationError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return undefined;
    throw new ConfigurationError(
      `The key file ${file} cannot be read (${code}). Make it readable for this user only.`,
    );
  }
}

/**
 * Written beside and linked into place: of two processes that start at once one wins, and the other one reads a file
 * that is whole.
 */
function makeKeyFile(file: string): string {
  const secret = newSecret();
  const draft = `${file}.${randomBytes(6).toString("hex")}`;
  try {
    writeFileSync(draft, `${secret}\n`, { mode: 0o600, flag: "wx", flush: true });
    linkOrWrite(draft, file, secret);
    syncFolder(dirname(resolve(file)));
    return secret;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") return readKeyFile(file) ?? makeKeyFile(file);
    throw new ConfigurationError(
      `The key file ${file} cannot be made (${code}). Choose another place for the database, or set GATEHOUSE_SECRET.`,
    );
  } finally {
    rmSync(draft, { force: true });
  }
}

/** What file systems without hard links say: shared folders of virtual machines, memory cards. */
const NO_LINKS = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"]);

function linkOrWrite(draft: string, file: string, secret: string): void {
  try {
    linkSync(draft, file);
  } catch (error) {
    if (!NO_LINKS.has((error as NodeJS.ErrnoException).code ?? "")) throw error;
    writeFileSync(file, `${secret}\n`, { mode: 0o600, flag: "wx", flush: true });
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
