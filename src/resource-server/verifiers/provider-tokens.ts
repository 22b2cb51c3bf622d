import { readSignedClaims } from "../../core/provider-claims.ts";
import { clipped, shown } from "../../core/shown.ts";
import { refuseType } from "../../core/token-kind.ts";
import type { Clock } from "../../platform/clock.ts";
import type { KeySet } from "../../platform/provider/key-set.ts";
import { openSigned, readSignedHeader, SIGNING_ALGORITHMS } from "../../platform/provider/signed-token.ts";
import type { Refusal } from "../guard.ts";
import type { VerifyProviderToken } from "./by-issuer.ts";
import { admit, type TokenRules } from "./token-rules.ts";

/** Verifies the JWT access tokens of a provider by its published keys. */
export function verifyProviderTokens(
  rules: TokenRules,
  { keySet, clock }: { readonly keySet: KeySet; readonly clock: Clock },
): VerifyProviderToken {
  return async (token) => {
    const header = readSignedHeader(token);
    if (!header) return { kind: "refused", why: "not a JWT" };
    const { alg = "", typ: type, kid } = header;
    const refused = (why: string, ended?: "expired"): Refusal => ({
      kind: "refused",
      why,
      ended,
      about: { issuer: rules.issuers[0], ...(kid !== undefined && { kid: clipped(kid) }) },
    });
    if (!SIGNING_ALGORITHMS.includes(alg)) return refused(`alg ${shown(alg)} is not accepted`);
    const otherType = refuseType(type);
    if (otherType !== undefined) return refused(otherType);
    const keys = await keySet.find(kid, alg);
    if (keys.length === 0) return refused(`unknown kid ${shown(kid)}`);
    const payload = await openSigned(token, keys, alg);
    if (payload === undefined) return refused("wrong signature");
    const read = readSignedClaims(payload);
    if ("why" in read) return refused(read.why);
    const admission = admit({ claims: read.claims, type, token }, rules, clock() / 1000);
    if ("why" in admission) return refused(admission.why, admission.ended);
    const { auth, subject } = admission;
    return { kind: "verified", auth, subject, until: auth.expiresAt + rules.leewaySeconds };
  };
}
