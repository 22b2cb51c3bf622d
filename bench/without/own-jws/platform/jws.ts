import { CompactSign } from "jose";
import type { SigningKey } from "../../../../src/platform/jws.ts";

export { importPrivateJwk, importPublicJwk, parseJws, verifyJws } from "../../../../src/platform/jws.ts";

/** By jose, which goes through WebCrypto. */
export function signJws(type: string, payload: object, { kid, privateKey }: SigningKey): Promise<string> {
  return new CompactSign(Buffer.from(JSON.stringify(payload)))
    .setProtectedHeader({ alg: "ES256", typ: type, kid })
    .sign(privateKey);
}
