import { generateKeyPairSync } from "node:crypto";
import { describe, expect, test } from "vitest";
import { isUsableClientKey } from "./client-key.ts";

const rsa = (modulusLength: number, publicExponent = 65_537) =>
  generateKeyPairSync("rsa", { modulusLength, publicExponent }).publicKey.export({ format: "jwk" });
const ec = (namedCurve: string) =>
  generateKeyPairSync("ec", { namedCurve }).publicKey.export({ format: "jwk" });
const bytes = (length: number, first = 0xff) => {
  const all = Buffer.alloc(length, 0xff);
  all[0] = first;
  return all.toString("base64url");
};
const RSA_2048 = rsa(2048);

describe("what a client may prove itself with", () => {
  test.each<[string, object]>([
    ["RSA of 2048 bits", RSA_2048],
    ["RSA of 3072 bits", rsa(3072)],
    ["RSA of 4096 bits", { kty: "RSA", n: bytes(512), e: "AQAB" }],
    ["RSA with the exponent 3", rsa(2048, 3)],
    ["RSA with the greatest odd exponent of 32 bits", { ...RSA_2048, e: bytes(4) }],
    ["RSA with a zero in front, as some write it", { kty: "RSA", n: `AAAA${bytes(510)}`, e: "AAEAAQ" }],
    ["EC on P-256", ec("P-256")],
    ["EC on P-384", ec("P-384")],
    ["Ed25519", generateKeyPairSync("ed25519").publicKey.export({ format: "jwk" })],
  ])("%s", (_what, jwk) => {
    expect(isUsableClientKey(jwk)).toBe(true);
  });
});

describe("what it may not", () => {
  test.each<[string, unknown]>([
    ["RSA of 1024 bits", rsa(1024)],
    ["RSA of 2047 bits", { kty: "RSA", n: bytes(256, 0x7f), e: "AQAB" }],
    ["RSA of 4097 bits", { kty: "RSA", n: bytes(513, 0x01), e: "AQAB" }],
    ["RSA of 8192 bits", { kty: "RSA", n: bytes(1024), e: "AQAB" }],
    ["RSA of a megabyte", { kty: "RSA", n: bytes(1024 * 1024), e: "AQAB" }],
    ["RSA with the exponent 1, which verifies what anybody writes", { ...RSA_2048, e: "AQ" }],
    ["RSA with an even exponent", { ...RSA_2048, e: "Ag" }],
    [
      "RSA with the exponent 2^32 + 1",
      { ...RSA_2048, e: Buffer.from("0100000001", "hex").toString("base64url") },
    ],
    ["RSA with an exponent as long as the modulus", { ...RSA_2048, e: RSA_2048.n }],
    ["RSA without an exponent", { kty: "RSA", n: RSA_2048.n }],
    ["RSA with more than two primes", { ...RSA_2048, oth: [] }],
    ["RSA whose modulus is no base64url", { kty: "RSA", n: "!".repeat(400), e: "AQAB" }],
    ["EC on P-521, for which there is no algorithm here", ec("P-521")],
    ["EC on secp256k1", ec("secp256k1")],
    ["EC without y", { ...ec("P-256"), y: undefined }],
    ["EC with a point of another length", { ...ec("P-256"), x: bytes(33) }],
    ["EC with a point of a megabyte", { ...ec("P-256"), x: bytes(1024 * 1024) }],
    ["Ed448", generateKeyPairSync("ed448").publicKey.export({ format: "jwk" })],
    ["X25519", generateKeyPairSync("x25519").publicKey.export({ format: "jwk" })],
    ["Ed25519 with a point of another length", { kty: "OKP", crv: "Ed25519", x: bytes(31) }],
    ["a symmetric key", { kty: "oct", k: bytes(32) }],
    ["a private key", { ...ec("P-256"), d: bytes(32) }],
    ["a key of a type that nobody has heard of", { kty: "AKP", pub: "x" }],
    ["no type", { crv: "P-256" }],
    ["a number", 7],
    ["null", null],
    ["text", "key"],
    ["a list", []],
  ])("%s", (_what, jwk) => {
    expect(isUsableClientKey(jwk)).toBe(false);
  });
});
