import { randomBytes, randomUUID, type ScryptOptions, scrypt, timingSafeEqual } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { promisify } from "node:util";
import { type CheckUser, ConfigurationError } from "mcp-gatehouse";

export type UserTable = {
  /** What `createOAuthServer` asks: the person, or null for a wrong pair and for those who are locked out. */
  readonly check: CheckUser;
  /** @throws ConfigurationError where the name is taken, or the password is too short */
  add(user: NewUser): Promise<void>;
};

export type NewUser = {
  readonly username: string;
  readonly password: string;
  readonly name: string | undefined;
  readonly email: string | undefined;
};

type Row = {
  readonly id: string;
  readonly password_hash: string;
  readonly name: string | null;
  readonly email: string | null;
  readonly locked: number;
};

const MINIMUM_PASSWORD_LENGTH = 8;

/** A table of users as applications have one: an id that never changes, a name to sign in with, a password's hash. */
export function openUserTable(file: string): UserTable {
  const database = new DatabaseSync(file, { timeout: 5000 });
  database.exec(`
    CREATE TABLE IF NOT EXISTS users (
      id TEXT PRIMARY KEY,
      username TEXT NOT NULL UNIQUE,
      password_hash TEXT NOT NULL,
      name TEXT,
      email TEXT,
      locked INTEGER NOT NULL DEFAULT 0
    ) STRICT;
  `);
  const find = database.prepare(
    "SELECT id, password_hash, name, email, locked FROM users WHERE username = ?",
  );
  const insert = database.prepare(
    "INSERT OR IGNORE INTO users (id, username, password_hash, name, email) VALUES (?, ?, ?, ?, ?)",
  );
  // A username that does not exist is compared too, so that the time of an answer does not show which ones exist.
  const noOne = hashPassword(randomUUID());
  return {
    async check(username, password) {
      const row = find.get(nameOf(username)) as Row | undefined;
      const right = await isPassword(password, row?.password_hash ?? (await noOne));
      if (!right || !row || row.locked) return null;
      // The id and never the username: a renamed person keeps their data, and the next one with the name gets none of it.
      return { id: row.id, ...(row.name && { name: row.name }), ...(row.email && { email: row.email }) };
    },
    async add({ username, password, name = null, email = null }) {
      if (password.length < MINIMUM_PASSWORD_LENGTH) {
        throw new ConfigurationError(`The password needs at least ${MINIMUM_PASSWORD_LENGTH} characters.`);
      }
      const hash = await hashPassword(password);
      const { changes } = insert.run(randomUUID(), nameOf(username), hash, name, email);
      if (changes === 0)
        throw new ConfigurationError(`${username} is there already. Choose another username.`);
    },
  };
}

/** Which spelling a person types must not matter. */
function nameOf(username: string): string {
  return username.normalize("NFC").toLowerCase();
}

const derive = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt);
const BYTES = 32;
/** 64 MiB and some hundred milliseconds for each guess (OWASP, password storage). */
const COST = { N: 2 ** 16, r: 8, p: 1 } as const;

/** `scrypt$N$r$p$salt$hash`: the parameters are kept with it, so that the cost can be raised later. */
async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const hash = await derive(password.normalize("NFC"), salt, BYTES, withMemory(COST));
  const { N, r, p } = COST;
  return ["scrypt", N, r, p, salt.toString("base64"), hash.toString("base64")].join("$");
}

async function isPassword(password: string, stored: string): Promise<boolean> {
  const [, N, r, p, salt = "", hash = ""] = stored.split("$");
  const cost = withMemory({ N: Number(N), r: Number(r), p: Number(p) });
  const derived = await derive(password.normalize("NFC"), Buffer.from(salt, "base64"), BYTES, cost);
  return timingSafeEqual(derived, Buffer.from(hash, "base64"));
}

/** Node allows 32 MiB by default. */
function withMemory({
  N,
  r,
  p,
}: {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}): ScryptOptions {
  return { N, r, p, maxmem: 256 * N * r };
}
