import type { CryptoKey } from "jose";
import { decodeProtectedHeader } from "jose/decode/protected_header";
import * as errors from "jose/errors";
import { compactVerify } from "jose/jws/compact/verify";
import { readSignedClaims } from "../../core/provider-claims.ts";
import { clipped, shown } from "../../core/shown.ts";
import { refuseType } from "../../core/token-kind.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Refusal } from "../guard.ts";
import type { KeySet } from "../provider/key-set.ts";
import type { VerifyProviderToken } from "./by-issuer.ts";
import { admit, type TokenRules } from "./token-rules.ts";

/** Asymmetric ones only: a symmetric key beside a published key set is how the two get confused (RFC 8725 §2.1). */
const ALGORITHMS = new Set([
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
]);

/** Verifies the JWT access tokens of a provider by its published keys. */
export function verifyProviderTokens(
  rules: TokenRules,
  { keySet, clock }: { readonly keySet: KeySet; readonly clock: Clock },
): VerifyProviderToken {
  return async (token) => {
    const header = readHeader(token);
    if (!header) return { kind: "refused", why: "not a JWT" };
    const { alg = "", typ: type, kid } = header;
    const refused = (why: string, ended?: "expired"): Refusal => ({
      kind: "refused",
      why,
      ended,
      about: { issuer: rules.issuers[0], ...(kid !== undefined && { kid: clipped(kid) }) },
    });
    if (!ALGORITHMS.has(alg)) return refused(`alg ${shown(alg)} is not accepted`);
    const otherType = refuseType(type);
    if (otherType !== undefined) return refused(otherType);
    const keys = await keySet.find(kid, alg);
    if (keys.length === 0) return refused(`unknown kid ${shown(kid)}`);
    const payload = await openByAny(token, keys, alg);
    if (payload === undefined) return refused("wrong signature");
    const read = readSignedClaims(payload);
    if ("why" in read) return refused(read.why);
    const admission = admit({ claims: read.claims, type, token }, rules, clock() / 1000);
    if ("why" in admission) return refused(admission.why, admission.ended);
    const { auth, subject } = admission;
    return { kind: "verified", auth, subject, until: auth.expiresAt + rules.leewaySeconds };
  };
}

type Header = { readonly alg?: string; readonly typ?: unknown; readonly kid?: string };

function readHeader(token: string): Header | undefined {
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

/** The payload of a JWS that one of these keys signed, as JSON. */
async function openByAny(token: string, keys: readonly CryptoKey[], algorithm: string): Promise<unknown> {
  for (const key of keys) {
    const payload = await openJws(token, key, algorithm);
    if (payload !== undefined) return payload;
  }
  return undefined;
}

async function openJws(token: string, key: CryptoKey, algorithm: string): Promise<unknown> {
  try {
    const { payload } = await compactVerify(token, key, { algorithms: [algorithm] });
    return JSON.parse(new TextDecoder().decode(payload));
  } catch (error) {
    if (error instanceof errors.JOSEError || error instanceof SyntaxError || error instanceof TypeError)
      return undefined;
    throw error;
  }
}
