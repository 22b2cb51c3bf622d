import type { CryptoKey } from "jose";
import { decodeProtectedHeader } from "jose/decode/protected_header";
import * as errors from "jose/errors";
import { compactVerify } from "jose/jws/compact/verify";

/** Asymmetric ones only: a symmetric key beside a published key set is how the two get confused (RFC 8725 §2.1). */
export const SIGNING_ALGORITHMS: readonly string[] = [
  "ES256",
  "ES384",
  "ES512",
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "EdDSA",
  "Ed25519",
];

export type SignedHeader = { readonly alg?: string; readonly typ?: unknown; readonly kid?: string };

/** The header of a JWS, of which nothing is proven yet. Undefined for what is none. */
export function readSignedHeader(token: string): SignedHeader | undefined {
  try {
    const { alg, typ, kid } = decodeProtectedHeader(token);
    return {
      typ,
      ...(typeof alg === "string" && { alg }),
      ...(typeof kid === "string" && { kid }),
    };
  } catch {
    return undefined;
  }
}

/** The payload of a JWS that one of these keys signed, as JSON. Undefined where none of them did, or where it is no JSON. */
export async function openSigned(
  token: string,
  keys: readonly CryptoKey[],
  algorithm: string,
): Promise<unknown> {
  for (const key of keys) {
    const payload = await openBy(key, token, algorithm);
    if (payload !== undefined) return payload;
  }
  return undefined;
}

async function openBy(key: CryptoKey, token: string, algorithm: string): Promise<unknown> {
  try {
    const { payload } = await compactVerify(token, key, { algorithms: [algorithm] });
    return JSON.parse(new TextDecoder().decode(payload));
  } catch (error) {
    if (error instanceof errors.JOSEError || error instanceof SyntaxError || error instanceof TypeError)
      return undefined;
    throw error;
  }
}
