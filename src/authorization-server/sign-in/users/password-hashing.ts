import { argon2, randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import { verifyBcrypt } from "./bcrypt.ts";
import { type Argon2Hash, argon2Text, type PasswordHash, type ScryptHash } from "./password-hash.ts";
import { preparedPassword } from "./password-rules.ts";

/**
 * What new passwords are hashed with. OWASP's least is 19 MiB and 2 passes with one lane. 32 MiB is more than the second-level caches of
 * graphics cards, and still little beside the server, which checks about one password a core at once. More lanes would take
 * no less time here, since they run one after the other.
 */
export const ARGON2ID = { algorithm: "argon2id", memoryKibibytes: 32 * 1024, passes: 2, lanes: 1 } as const;

const SALT_BYTES = 16;
const TAG_BYTES = 32;
/** What bcrypt reads of a password. */
const BCRYPT_BYTES = 72;

const argon2Async = promisify(argon2);
const scryptAsync = promisify<string, Buffer, number, object, Buffer>(scrypt);

/** The PHC string of a new password, with a salt of its own. */
export async function passwordHashOf(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const tag = await argon2Tag(preparedPassword(password), { ...ARGON2ID, salt }, TAG_BYTES);
  return argon2Text({ ...ARGON2ID, salt, tag });
}

/** Whether this is the password of the hash, byte for byte. What is compared takes the same time wherever it differs. */
export async function verifyPassword(password: string, hash: PasswordHash): Promise<boolean> {
  switch (hash.kind) {
    case "argon2":
      return timingSafeEqual(await argon2Tag(password, hash, hash.tag.length), hash.tag);
    case "scrypt":
      return timingSafeEqual(await scryptTag(password, hash), hash.tag);
    case "bcrypt":
      return verifyBcrypt(password, hash.text);
  }
}

/** Whether a password that was right should be hashed again, with what new passwords get. */
export function needsUpgrade(hash: PasswordHash): boolean {
  if (hash.kind !== "argon2" || hash.algorithm !== ARGON2ID.algorithm) return true;
  return (
    hash.memoryKibibytes < ARGON2ID.memoryKibibytes ||
    hash.passes < ARGON2ID.passes ||
    hash.tag.length < TAG_BYTES ||
    hash.salt.length < SALT_BYTES
  );
}

/**
 * Whether a check reads all of a password. bcrypt takes any that begins with the right 72 bytes: what comes after them may be a typo,
 * and must not become part of the password.
 */
export function readsWhole(hash: PasswordHash, password: string): boolean {
  return hash.kind !== "bcrypt" || Buffer.byteLength(password) <= BCRYPT_BYTES;
}

function argon2Tag(
  password: string,
  { algorithm, memoryKibibytes, passes, lanes, salt }: Omit<Argon2Hash, "kind" | "tag">,
  tagLength: number,
): Promise<Buffer> {
  return argon2Async(algorithm, {
    message: password,
    nonce: salt,
    parallelism: lanes,
    memory: memoryKibibytes,
    passes,
    tagLength,
  });
}

function scryptTag(password: string, { logN, blockSize, lanes, salt, tag }: ScryptHash): Promise<Buffer> {
  const N = 2 ** logN;
  // What Node counts is a little more than N blocks; the parser has bounded it.
  const maxmem = 2 * 128 * blockSize * (N + lanes);
  return scryptAsync(password, salt, tag.length, { N, r: blockSize, p: lanes, maxmem });
}
