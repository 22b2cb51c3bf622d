import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { argon2Text, dummyHash, expectedMilliseconds, parsePasswordHash } from "./password-hash.ts";

const SALT = "c29tZXNhbHRzb21lc2FsdA";
const TAG = "nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
const argon2 = (parameters: string, algorithm = "argon2id") =>
  `$${algorithm}$v=19$${parameters}$${SALT}$${TAG}`;
const scrypt = (parameters: string) => `$scrypt$${parameters}$${SALT}$${TAG}`;
const bcrypt = (cost: string) => `$2b$${cost}$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK`;

const problemOf = (text: string) => {
  const parsed = parsePasswordHash(text);
  return "problem" in parsed ? parsed.problem : undefined;
};

describe("a hash is taken", () => {
  it.each([
    ["of OWASP's least", argon2("m=19456,t=2,p=1")],
    ["of RFC 9106's second choice", argon2("m=65536,t=3,p=4")],
    ["of PHP's default for argon2i", argon2("m=65536,t=4,p=1", "argon2i")],
    ["of argon2d", argon2("m=65536,t=3,p=1", "argon2d")],
    ["of OWASP's scrypt", scrypt("ln=17,r=8,p=1")],
    ["of bcrypt with a usual cost", bcrypt("12")],
    ["of bcrypt with a high cost", bcrypt("15")],
  ])("%s", (_what, text) => {
    expect(problemOf(text)).toBeUndefined();
  });
});

describe("parameters that would take a server's time or memory are refused", () => {
  it.each([
    ["argon2 with 4 TiB", argon2("m=4294967295,t=1,p=1")],
    ["argon2 with more than 256 MiB", argon2("m=262145,t=1,p=1")],
    ["argon2 with a million passes", argon2("m=8,t=1000000,p=1")],
    ["argon2 with ten thousand passes of 1 MiB", argon2("m=1024,t=10000,p=1")],
    ["argon2 with 99 lanes", argon2("m=65536,t=1,p=99")],
    ["scrypt with 1 GiB", scrypt("ln=20,r=8,p=1")],
    ["scrypt with N of 2^63", scrypt("ln=63,r=8,p=1")],
    ["scrypt that takes ten times over", scrypt("ln=17,r=8,p=10")],
    ["scrypt with 99 lanes", scrypt("ln=4,r=8,p=99")],
    ["bcrypt with a cost of 16", bcrypt("16")],
    ["bcrypt with a cost of 31", bcrypt("31")],
  ])("%s", (_what, text) => {
    expect(problemOf(text)).toMatch(/needs more than|needs several seconds|not an argon2 hash/);
  });
});

describe("what is not a hash is refused", () => {
  it.each([
    "",
    "$",
    "correct horse",
    "$apr1$rOioh4Wh$bVD3DRwksETubcpEH90ww0",
    "$6$rounds=5000$salt$hash",
    "$argon2id$",
    argon2("m=65536,t=3,p=1", "argon2x"),
    argon2("m=65536,t=3,p=1").replace("v=19", "v=16"),
    argon2("m=65536,t=3,p=1").replace("$v=19", ""),
    argon2("t=3,m=65536,p=1"),
    argon2("m=065536,t=3,p=1"),
    argon2("m=65536,t=0,p=1"),
    argon2("m=65536,t=3,p=0"),
    argon2("m=15,t=3,p=2"),
    argon2("m=65536,t=3,p=1,keyid=Zm9v"),
    `${argon2("m=65536,t=3,p=1")}=`,
    `${argon2("m=65536,t=3,p=1")}$`,
    `${argon2("m=65536,t=3,p=1")}\n`,
    argon2("m=65536,t=3,p=1").replace(SALT, "c2FsdA"),
    argon2("m=65536,t=3,p=1").replace(TAG, "c2FsdA"),
    argon2("m=65536,t=3,p=1").replace(TAG, "A".repeat(172)),
    // The last character has bits that no byte has.
    argon2("m=65536,t=3,p=1").replace(SALT, "c29tZXNhbHRzb21lc2FsdB"),
    argon2("m=65536,t=3,p=1").replace("/", "_"),
    scrypt("ln=0,r=8,p=1"),
    scrypt("ln=17,r=0,p=1"),
    scrypt("ln=17,r=8,p=0"),
    scrypt("ln=16,r=1,p=1"),
    scrypt("ln=017,r=8,p=1"),
    scrypt("r=8,ln=17,p=1"),
    bcrypt("12").slice(0, -1),
    `${bcrypt("12")}x`,
    bcrypt("03"),
    bcrypt("32"),
    bcrypt("12").replace("$2b$", "$2x$"),
    bcrypt("12").replace("$2b$", "$2$"),
    bcrypt("12").replace("VG", "é"),
  ])("%j", (text) => {
    expect(problemOf(text)).toMatch(/^(is not|has|needs) /);
  });
});

const bytes = (least: number, most: number) =>
  fc.uint8Array({ minLength: least, maxLength: most }).map((array) => Buffer.from(array));

describe("the parser", () => {
  it("reads every argon2 hash that it writes", () => {
    fc.assert(
      fc.property(
        fc.record({
          algorithm: fc.constantFrom("argon2id", "argon2i", "argon2d"),
          memoryKibibytes: fc.integer({ min: 128, max: 200_000 }),
          passes: fc.integer({ min: 1, max: 10 }),
          lanes: fc.integer({ min: 1, max: 16 }),
          salt: bytes(8, 64),
          tag: bytes(16, 128),
        }),
        (hash) => {
          expect(parsePasswordHash(argon2Text(hash))).toEqual({ kind: "argon2", ...hash });
        },
      ),
    );
  });

  it("reads every scrypt and bcrypt hash that it can afford, as it is written", () => {
    const base64 = (buffer: Buffer) => buffer.toString("base64").replace(/=+$/, "");
    const scrypts = fc.record({
      logN: fc.integer({ min: 1, max: 15 }),
      blockSize: fc.integer({ min: 1, max: 16 }),
      lanes: fc.integer({ min: 1, max: 8 }),
      salt: bytes(8, 64),
      tag: bytes(16, 128),
    });
    fc.assert(
      fc.property(scrypts, ({ logN, blockSize, lanes, salt, tag }) => {
        const text = `$scrypt$ln=${logN},r=${blockSize},p=${lanes}$${base64(salt)}$${base64(tag)}`;
        const parsed = parsePasswordHash(text);
        if (logN >= 16 * blockSize) expect(parsed).toHaveProperty("problem");
        else if (!("problem" in parsed)) {
          expect(parsed).toEqual({ kind: "scrypt", logN, blockSize, lanes, salt, tag });
        } else expect(parsed.problem).toMatch(/^needs /);
      }),
    );
    const digits = fc.string({
      unit: fc.constantFrom(..."./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"),
      minLength: 53,
      maxLength: 53,
    });
    fc.assert(
      fc.property(
        fc.constantFrom("a", "b", "y"),
        fc.integer({ min: 4, max: 15 }),
        digits,
        (version, cost, rest) => {
          const text = `$2${version}$${String(cost).padStart(2, "0")}$${rest}`;
          expect(parsePasswordHash(text)).toEqual({ kind: "bcrypt", cost, text });
        },
      ),
    );
  });

  it("takes no hash with one character more, one less, or another one in front", () => {
    const hashes = fc.constantFrom(argon2("m=65536,t=3,p=4"), scrypt("ln=16,r=8,p=1"), bcrypt("12"));
    fc.assert(
      fc.property(
        hashes,
        fc.nat(),
        fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
        (hash, where, more) => {
          expect(problemOf(more + hash)).toBeDefined();
          expect(problemOf(`${hash}${more.replace(/[A-Za-z0-9+/]/, "=")}`)).toBeDefined();
          // Every one of them counts: without one, it is another hash or none, and never the same.
          const at = where % hash.length;
          const shorter = parsePasswordHash(hash.slice(0, at) + hash.slice(at + 1));
          expect(shorter).not.toEqual(parsePasswordHash(hash));
        },
      ),
    );
  });

  it("never throws, and never hands over what takes more than seconds or 256 MiB", () => {
    const number = fc.oneof(fc.nat(40), fc.nat(), fc.bigInt({ min: 0n, max: 2n ** 70n })).map(String);
    const text = fc.oneof(
      fc.string(),
      fc.tuple(number, number, number).map(([m, t, p]) => argon2(`m=${m},t=${t},p=${p}`)),
      fc.tuple(number, number, number).map(([ln, r, p]) => scrypt(`ln=${ln},r=${r},p=${p}`)),
      number.map((cost) => bcrypt(cost.padStart(2, "0"))),
    );
    fc.assert(
      fc.property(text, (given) => {
        const hash = parsePasswordHash(given);
        if ("problem" in hash) return;
        expect(expectedMilliseconds(hash)).toBeLessThanOrEqual(3000);
        if (hash.kind === "argon2") expect(hash.memoryKibibytes).toBeLessThanOrEqual(256 * 1024);
        if (hash.kind === "scrypt") {
          expect(128 * 2 ** hash.logN * hash.blockSize).toBeLessThanOrEqual(256 * 1024 * 1024);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe("a dummy", () => {
  it.each([
    "$argon2id$v=19$m=65536,t=3,p=4$",
    "$argon2i$v=19$m=4096,t=3,p=1$",
    "$scrypt$ln=16,r=8,p=1$",
    "$2b$12$",
  ])("costs what hashes cost that begin with %s", (beginning) => {
    const dummy = dummyHash(beginning);
    const real = parsePasswordHash(beginning.startsWith("$2") ? bcrypt("12") : `${beginning}${SALT}$${TAG}`);
    if ("problem" in dummy || "problem" in real) throw new Error("not a hash");
    expect(expectedMilliseconds(dummy)).toBe(expectedMilliseconds(real));
  });

  it("is not made of what is no beginning", () => {
    expect(dummyHash("$argon2id$v=19$m=4294967295,t=1,p=1$")).toHaveProperty("problem");
    expect(dummyHash("")).toHaveProperty("problem");
  });
});
