import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";

/**
 * Compact JWS (RFC 7515) with ES256 on `node:crypto`, for our own access tokens only. jose goes through WebCrypto's
 * thread pool, which costs twice as much per signature here; see docs/decisions/0003-own-jws.md. Everything that
 * others sign is verified with jose.
 */
export type SigningKey = { readonly kid: string; readonly privateKey: KeyObject };

export function importPrivateJwk(jwk: Readonly<Record<string, unknown>>): KeyObject {
  return createPrivateKey({ key: jwk as never, format: "jwk" });
}

export function importPublicJwk(jwk: Readonly<Record<string, unknown>>): KeyObject {
  return createPublicKey({ key: jwk as never, format: "jwk" });
}

export function signJws(type: string, payload: object, key: SigningKey): string {
  const header = encode({ alg: "ES256", typ: type, kid: key.kid });
  const input = `${header}.${encode(payload)}`;
  const signature = fromDer(sign("sha256", Buffer.from(input), key.privateKey));
  return `${input}.${signature.toString("base64url")}`;
}

/** A JWS taken apart; nothing about it is proven yet. */
export type ParsedJws = {
  readonly header: Readonly<Record<string, unknown>>;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly input: string;
  readonly signature: Buffer;
};

/**
 * Undefined where the text is not three parts of which two are JSON objects and one is base64url as it is written.
 * Decoding would forgive much: one token would have any number of spellings, each of them a token of its own to a cache.
 */
export function parseJws(text: string): ParsedJws | undefined {
  const parts = text.split(".");
  const [header, payload, signature] = parts;
  if (parts.length !== 3 || !header || !payload || !signature) return undefined;
  const parsedHeader = decode(header);
  const parsedPayload = decode(payload);
  if (!parsedHeader || !parsedPayload) return undefined;
  const bytes = Buffer.from(signature, "base64url");
  if (bytes.toString("base64url") !== signature) return undefined;
  return {
    header: parsedHeader,
    payload: parsedPayload,
    input: `${header}.${payload}`,
    signature: bytes,
  };
}

export function verifyJws(jws: ParsedJws, key: KeyObject): boolean {
  if (jws.signature.length !== 2 * INTEGER_BYTES) return false;
  return verify("sha256", Buffer.from(jws.input), key, toDer(jws.signature));
}

// A JWS holds r and s beside each other (RFC 7518 §3.4), OpenSSL speaks DER. node:crypto translates where it is asked to
// (`dsaEncoding`), but that costs as much as the signature itself; so do key options beside the key.

const INTEGER_BYTES = 32;
const DER_SEQUENCE = 0x30;
const DER_INTEGER = 0x02;

/** SEQUENCE { INTEGER r, INTEGER s }, which for this curve is always short enough for lengths of one byte. */
function fromDer(der: Buffer): Buffer {
  const raw = Buffer.alloc(2 * INTEGER_BYTES);
  const r = integerAt(der, 2);
  const s = integerAt(der, r.byteOffset - der.byteOffset + r.length);
  for (const [i, integer] of [r, s].entries()) {
    // The sign byte goes; what is shorter gets its zeros back.
    const bytes = integer.length > INTEGER_BYTES ? integer.subarray(integer.length - INTEGER_BYTES) : integer;
    bytes.copy(raw, (i + 1) * INTEGER_BYTES - bytes.length);
  }
  return raw;
}

function integerAt(der: Buffer, offset: number): Buffer {
  return der.subarray(offset + 2, offset + 2 + der.readUInt8(offset + 1));
}

function toDer(raw: Buffer): Buffer {
  const r = derInteger(raw.subarray(0, INTEGER_BYTES));
  const s = derInteger(raw.subarray(INTEGER_BYTES));
  return Buffer.concat([Buffer.from([DER_SEQUENCE, r.length + s.length]), r, s]);
}

/** The fewest bytes that say it: no zeros in front, but one where the first bit would make it negative. */
function derInteger(bytes: Buffer): Buffer {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start += 1;
  const magnitude = bytes.subarray(start);
  const sign = magnitude.readUInt8(0) >= 0x80 ? [0] : [];
  return Buffer.concat([Buffer.from([DER_INTEGER, magnitude.length + sign.length, ...sign]), magnitude]);
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

function decode(part: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
