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
  const signature = sign("sha256", Buffer.from(input), { key: key.privateKey, dsaEncoding: "ieee-p1363" });
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
  if (jws.signature.length !== 64) return false;
  return verify("sha256", Buffer.from(jws.input), { key, dsaEncoding: "ieee-p1363" }, jws.signature);
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
