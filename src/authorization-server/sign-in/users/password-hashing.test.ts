import { hashSync } from "bcryptjs";
import { describe, expect, it } from "vitest";
import { parsePasswordHash } from "./password-hash.ts";
import { ARGON2ID, needsUpgrade, passwordHashOf, readsWhole, verifyPassword } from "./password-hashing.ts";

function parsed(text: string) {
  const hash = parsePasswordHash(text);
  if ("problem" in hash) throw new Error(`${text} ${hash.problem}`);
  return hash;
}

/** Hashes that other programs made: what each is of, and by what. */
const FOREIGN: readonly (readonly [what: string, password: string, hash: string])[] = [
  // The reference implementation's own test vectors (phc-winner-argon2, src/test.c).
  [
    "argon2id of the reference implementation",
    "password",
    "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
  ],
  [
    "argon2i of the reference implementation",
    "password",
    "$argon2i$v=19$m=256,t=2,p=2$c29tZXNhbHQ$T/XOJ2mh1/TIpJHfCdQan76Q5esCFVoT5MAeIM1Oq2E",
  ],
  // OpenBSD's own, from the tests of its bcrypt.
  ["bcrypt, $2a$", "U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"],
  ["bcrypt, $2y$", "U*U", "$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"],
  ["bcrypt, $2b$", "U*U*", "$2b$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK"],
  // passlib's documentation.
  [
    "scrypt of passlib",
    "password",
    "$scrypt$ln=16,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E",
  ],
];

describe("a hash of another program", () => {
  it.each(FOREIGN)("is checked: %s", async (_what, password, text) => {
    const hash = parsed(text);
    expect(await verifyPassword(password, hash)).toBe(true);
    expect(await verifyPassword(`${password}!`, hash)).toBe(false);
    expect(await verifyPassword("", hash)).toBe(false);
    expect(needsUpgrade(hash)).toBe(true);
    expect(readsWhole(hash, password)).toBe(true);
  });
});

describe("our own hash", () => {
  it("is a PHC string with its parameters, and another one each time", async () => {
    const [one, other] = await Promise.all([
      passwordHashOf("correct horse"),
      passwordHashOf("correct horse"),
    ]);
    expect(one).toMatch(/^\$argon2id\$v=19\$m=32768,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(one).not.toBe(other);
    const hash = parsed(one);
    expect(await verifyPassword("correct horse", hash)).toBe(true);
    expect(await verifyPassword("Correct horse", hash)).toBe(false);
    expect(needsUpgrade(hash)).toBe(false);
  });

  it("takes no less memory and passes than OWASP asks for", () => {
    expect(ARGON2ID.memoryKibibytes).toBeGreaterThanOrEqual(19_456);
    expect(ARGON2ID.passes).toBeGreaterThanOrEqual(2);
  });
});

describe("a password longer than bcrypt reads", () => {
  const start = "x".repeat(72);
  const hash = parsed(hashSync(`${start}yz`, 4));

  it("signs in, as it did where the hash comes from", async () => {
    expect(await verifyPassword(`${start}yz`, hash)).toBe(true);
    expect(await verifyPassword(`${start}something else`, hash)).toBe(true);
  });

  it("is not read to its end, so it may be another one than the person's", () => {
    expect(readsWhole(hash, `${start}yz`)).toBe(false);
    expect(readsWhole(hash, start)).toBe(true);
  });
});
