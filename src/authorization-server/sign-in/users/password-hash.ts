/** A stored password hash whose parameters a check can afford. Only {@link parsePasswordHash} makes it. */
export type PasswordHash = Argon2Hash | ScryptHash | BcryptHash;

export type Argon2Hash = {
  readonly kind: "argon2";
  readonly algorithm: "argon2id" | "argon2i" | "argon2d";
  readonly memoryKibibytes: number;
  readonly passes: number;
  readonly lanes: number;
} & Salted;

export type ScryptHash = {
  readonly kind: "scrypt";
  /** The base-2 logarithm of N (RFC 7914 §2). */
  readonly logN: number;
  readonly blockSize: number;
  readonly lanes: number;
} & Salted;

export type BcryptHash = {
  readonly kind: "bcrypt";
  /** The base-2 logarithm of the number of rounds. */
  readonly cost: number;
  /** `$2b$12$` and 53 more characters. */
  readonly text: string;
};

type Salted = { readonly salt: Buffer; readonly tag: Buffer };

/** Why text is not a hash that can be checked, as the end of "it …". */
export type HashProblem = { readonly problem: string };

// A hash is checked for everyone who types its name, and one like it for everyone who types an unknown name.
const MAXIMUM_MEMORY_BYTES = 256 * 1024 * 1024;
const MAXIMUM_MILLISECONDS = 3000;
const MAXIMUM_LANES = 16;
const SALT_BYTES = [8, 64] as const;
/** A shorter tag is found by trying. */
const TAG_BYTES = [16, 128] as const;

const ARGON2 = /^\$(argon2id|argon2i|argon2d)\$v=19\$m=(\d{1,7}),t=(\d{1,5}),p=(\d{1,2})\$([^$]+)\$([^$]+)$/;
const SCRYPT = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([^$]+)\$([^$]+)$/;
const BCRYPT = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/;

/**
 * Reads a PHC string of argon2 (version 19) or scrypt, or a bcrypt hash, and refuses parameters that would take too much time or
 * memory. Numbers have no leading zeros, and the base64 has no padding, as the PHC string format says.
 */
export function parsePasswordHash(text: string): PasswordHash | HashProblem {
  if (text.startsWith("$argon2")) return parseArgon2(text);
  if (text.startsWith("$scrypt$")) return parseScrypt(text);
  if (/^\$2[aby]\$/.test(text)) return parseBcrypt(text);
  return { problem: "is not a hash of bcrypt ($2a$, $2b$, $2y$), argon2 or scrypt (both as PHC strings)" };
}

/** What a check of this hash takes on a usual core, in milliseconds: good for comparing, not for planning. */
export function expectedMilliseconds(hash: PasswordHash): number {
  switch (hash.kind) {
    case "argon2":
      return hash.memoryKibibytes * hash.passes * 0.001;
    case "scrypt":
      return 2 ** hash.logN * hash.blockSize * hash.lanes * 0.00045;
    case "bcrypt":
      return 2 ** hash.cost * 0.09;
  }
}

/** Whether a check of the one takes what a check of the other takes: all but the salt and the tag is the same. */
export function isSameCost(a: PasswordHash, b: PasswordHash): boolean {
  return costOf(a) === costOf(b);
}

function costOf(hash: PasswordHash): string {
  switch (hash.kind) {
    case "argon2":
      return [hash.algorithm, hash.memoryKibibytes, hash.passes, hash.lanes].join();
    case "scrypt":
      return ["scrypt", hash.logN, hash.blockSize, hash.lanes].join();
    case "bcrypt":
      return ["bcrypt", hash.cost].join();
  }
}

/** The PHC string of an argon2 hash. */
export function argon2Text({
  algorithm,
  memoryKibibytes,
  passes,
  lanes,
  salt,
  tag,
}: Omit<Argon2Hash, "kind">): string {
  const parameters = `m=${memoryKibibytes},t=${passes},p=${lanes}`;
  return `$${algorithm}$v=19$${parameters}$${unpadded(salt)}$${unpadded(tag)}`;
}

/**
 * A hash that no password has, and that takes as long as those that begin so.
 * @param beginning everything before the salt: `$argon2id$v=19$m=32768,t=2,p=1$`, `$2b$12$`
 */
export function dummyHash(beginning: string): PasswordHash | HashProblem {
  const rest = beginning.startsWith("$2")
    ? ".".repeat(53)
    : `${unpadded(ZEROS.subarray(0, 16))}$${unpadded(ZEROS)}`;
  return parsePasswordHash(beginning + rest);
}

const ZEROS = Buffer.alloc(32);

function parseArgon2(text: string): Argon2Hash | HashProblem {
  const [, algorithm, m = "", t = "", p = "", salt = "", tag = ""] = ARGON2.exec(text) ?? [];
  if (!isArgon2(algorithm)) {
    return { problem: "is not an argon2 hash of the form $argon2id$v=19$m=…,t=…,p=…$salt$hash" };
  }
  const numbers = wholeNumbers(m, t, p);
  const salted = readSalted(salt, tag);
  if ("problem" in salted) return salted;
  const [memoryKibibytes = 0, passes = 0, lanes = 0] = numbers ?? [];
  if (!numbers || passes < 1 || lanes < 1 || memoryKibibytes < 8 * lanes) {
    return { problem: "has parameters that argon2 does not allow" };
  }
  return affordable(
    { kind: "argon2", algorithm, memoryKibibytes, passes, lanes, ...salted },
    { bytes: memoryKibibytes * 1024, lanes },
  );
}

function parseScrypt(text: string): ScryptHash | HashProblem {
  const [, ln = "", r = "", p = "", salt = "", tag = ""] = SCRYPT.exec(text) ?? [];
  if (ln === "") return { problem: "is not a scrypt hash of the form $scrypt$ln=…,r=…,p=…$salt$hash" };
  const numbers = wholeNumbers(ln, r, p);
  const salted = readSalted(salt, tag);
  if ("problem" in salted) return salted;
  const [logN = 0, blockSize = 0, lanes = 0] = numbers ?? [];
  // RFC 7914 §2: N is less than 2^(128 * r / 8).
  if (!numbers || logN < 1 || logN >= 16 * blockSize || blockSize < 1 || lanes < 1) {
    return { problem: "has parameters that scrypt does not allow" };
  }
  return affordable(
    { kind: "scrypt", logN, blockSize, lanes, ...salted },
    { bytes: 128 * 2 ** logN * blockSize, lanes },
  );
}

function parseBcrypt(text: string): BcryptHash | HashProblem {
  const [, digits] = BCRYPT.exec(text) ?? [];
  if (digits === undefined) return { problem: "is not a bcrypt hash: $2b$, two digits, $ and 53 characters" };
  const cost = Number(digits);
  if (cost < 4 || cost > 31) return { problem: "has a cost that bcrypt does not allow" };
  return affordable({ kind: "bcrypt", cost, text }, { bytes: 0, lanes: 1 });
}

function affordable<Hash extends PasswordHash>(
  hash: Hash,
  { bytes, lanes }: { readonly bytes: number; readonly lanes: number },
): Hash | HashProblem {
  if (bytes > MAXIMUM_MEMORY_BYTES) return { problem: "needs more than 256 MiB of memory for each sign-in" };
  if (lanes > MAXIMUM_LANES) return { problem: `needs more than ${MAXIMUM_LANES} lanes` };
  if (expectedMilliseconds(hash) > MAXIMUM_MILLISECONDS) {
    return { problem: "needs several seconds for each sign-in" };
  }
  return hash;
}

function isArgon2(name: string | undefined): name is Argon2Hash["algorithm"] {
  return name !== undefined;
}

function wholeNumbers(...texts: readonly string[]): readonly number[] | undefined {
  return texts.every((text) => /^(0|[1-9]\d*)$/.test(text)) ? texts.map(Number) : undefined;
}

function readSalted(saltText: string, tagText: string): Salted | HashProblem {
  const [salt, tag] = [readUnpadded(saltText, SALT_BYTES), readUnpadded(tagText, TAG_BYTES)];
  if (!salt) return { problem: "has a salt that is not 8 to 64 bytes of unpadded base64" };
  if (!tag) return { problem: "has a hash that is not 16 to 128 bytes of unpadded base64" };
  return { salt, tag };
}

/** Undefined where another text would say the same bytes, or they are too few or too many. */
function readUnpadded(text: string, [least, most]: readonly [number, number]): Buffer | undefined {
  const bytes = Buffer.from(text, "base64");
  return unpadded(bytes) === text && bytes.length >= least && bytes.length <= most ? bytes : undefined;
}

function unpadded(bytes: Buffer): string {
  return bytes.toString("base64").replace(/=+$/, "");
}
