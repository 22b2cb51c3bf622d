import { randomBytes, randomInt } from "node:crypto";

/**
 * An unguessable id: 128 bits, base64url, 22 characters. None begins with a hyphen, as a command would take it for an
 * option.
 */
export function randomId(): string {
  for (;;) {
    const id = randomText(16);
    if (!id.startsWith("-")) return id;
  }
}

/** A secret for a client: 256 bits, base64url, 43 characters. */
export function randomSecret(): string {
  return randomText(32);
}

/** A code that people type: each of its digits is equally likely. */
export function randomDigits(count: number): string {
  return String(randomInt(10 ** count)).padStart(count, "0");
}

// Asking the system's generator costs much more than the bytes do, so it is asked for many at once. Each is used once.
const POOL_BYTES = 4096;
let pool = Buffer.alloc(0);
let used = 0;

function randomText(bytes: number): string {
  if (used + bytes > pool.length) {
    pool = randomBytes(POOL_BYTES);
    used = 0;
  }
  used += bytes;
  return pool.toString("base64url", used - bytes, used);
}
