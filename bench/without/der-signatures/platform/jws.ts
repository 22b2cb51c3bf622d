import { type KeyObject, sign, verify } from "node:crypto";
import type { ParsedJws, SigningKey } from "../../../../src/platform/jws.ts";

export { importPrivateJwk, importPublicJwk, parseJws } from "../../../../src/platform/jws.ts";

/** `node:crypto` translates between DER and the form of a JWS. */
const FORM = "ieee-p1363";

export function signJws(type: string, payload: object, key: SigningKey): string {
  const header = encode({ alg: "ES256", typ: type, kid: key.kid });
  const input = `${header}.${encode(payload)}`;
  const signature = sign("sha256", Buffer.from(input), { key: key.privateKey, dsaEncoding: FORM });
  return `${input}.${signature.toString("base64url")}`;
}

export function verifyJws({ input, signature }: ParsedJws, key: KeyObject): boolean {
  return verify("sha256", Buffer.from(input), { key, dsaEncoding: FORM }, signature);
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
