import { generateKeyPairSync, sign, verify } from "node:crypto";
import fc from "fast-check";
import { compactVerify, exportJWK, SignJWT } from "jose";
import { describe, expect, it } from "vitest";
import { importPublicJwk, parseJws, signJws, verifyJws } from "./jws.ts";

const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const KEY = { kid: "test", privateKey };
/** One in 128 signatures has an integer with a zero in front; of so many, some have. */
const MANY = 1000;

describe("ES256 (RFC 7518 §3.4)", () => {
  it("signs what node:crypto verifies, whatever its integers look like", () => {
    for (let i = 0; i < MANY; i += 1) {
      const [header = "", payload = "", signature = ""] = signJws("at+jwt", { i }, KEY).split(".");
      const raw = Buffer.from(signature, "base64url");
      const input = Buffer.from(`${header}.${payload}`);
      expect(raw).toHaveLength(64);
      expect(verify("sha256", input, { key: publicKey, dsaEncoding: "ieee-p1363" }, raw)).toBe(true);
    }
  });

  it("verifies what node:crypto signs, whatever its integers look like", () => {
    for (let i = 0; i < MANY; i += 1) {
      const input = `${encode({ alg: "ES256" })}.${encode({ i })}`;
      const signature = sign("sha256", Buffer.from(input), { key: privateKey, dsaEncoding: "ieee-p1363" });
      expect(verifyJws(parsed(`${input}.${signature.toString("base64url")}`), publicKey)).toBe(true);
    }
  });

  it("answers as node:crypto does for any bytes in the place of a signature, and never throws", () => {
    const integer = fc.oneof(
      fc.uint8Array({ minLength: 32, maxLength: 32 }),
      // Zero, small ones, and ones that look negative.
      fc.constantFrom(0, 1, 0x7f, 0x80, 0xff).map((last) => Uint8Array.of(...new Array(31).fill(0), last)),
      fc.constantFrom(0x7f, 0x80, 0xff).map((all) => new Uint8Array(32).fill(all)),
    );
    fc.assert(
      fc.property(integer, integer, (r, s) => {
        const raw = Buffer.concat([r, s]);
        const jws = parsed(`${encode({ alg: "ES256" })}.${encode({})}.${raw.toString("base64url")}`);
        const theirs = verify(
          "sha256",
          Buffer.from(jws.input),
          { key: publicKey, dsaEncoding: "ieee-p1363" },
          raw,
        );
        expect(verifyJws(jws, publicKey)).toBe(theirs);
      }),
    );
  });

  it("refuses a signature of another length, a changed payload, and another key's signature", () => {
    const jws = parsed(signJws("at+jwt", { sub: "ada" }, KEY));
    const other = generateKeyPairSync("ec", { namedCurve: "P-256" });
    expect(verifyJws(jws, publicKey)).toBe(true);
    expect(verifyJws({ ...jws, signature: jws.signature.subarray(0, 63) }, publicKey)).toBe(false);
    expect(verifyJws({ ...jws, signature: Buffer.concat([jws.signature, Buffer.of(0)]) }, publicKey)).toBe(
      false,
    );
    expect(verifyJws({ ...jws, signature: derOf(jws.input) }, publicKey)).toBe(false);
    expect(verifyJws({ ...jws, input: `${jws.input}x` }, publicKey)).toBe(false);
    expect(verifyJws(jws, other.publicKey)).toBe(false);
  });

  it("speaks the same as jose, in both directions", async () => {
    const { protectedHeader } = await compactVerify(signJws("at+jwt", { sub: "ada" }, KEY), publicKey);
    expect(protectedHeader).toEqual({ alg: "ES256", typ: "at+jwt", kid: "test" });
    const theirs = await new SignJWT({ sub: "ada" }).setProtectedHeader({ alg: "ES256" }).sign(privateKey);
    expect(verifyJws(parsed(theirs), importPublicJwk({ ...(await exportJWK(publicKey)) }))).toBe(true);
  });
});

describe("a compact JWS (RFC 7515 §3.1)", () => {
  it.each([
    "",
    ".",
    "..",
    "a.b",
    "a.b.c",
    "a.b.c.d",
    `${encode({})}.${encode([])}.AA`,
    `${encode({})}.bnVsbA.AA`,
  ])("is not %j", (text) => expect(parseJws(text)).toBeUndefined());
});

function parsed(text: string) {
  const jws = parseJws(text);
  if (!jws) throw new Error(`${text} is no JWS`);
  return jws;
}

/** A valid signature, in the form that does not belong into a JWS. */
function derOf(input: string): Buffer {
  return sign("sha256", Buffer.from(input), privateKey);
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
