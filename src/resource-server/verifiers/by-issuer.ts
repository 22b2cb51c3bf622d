import { decodeJwt } from "jose/jwt/decode";
import type { Verification } from "../guard.ts";

export type Verify = (token: string) => Promise<Verification>;

/**
 * Several issuers at once: the token's own `iss` picks who verifies it, which proves nothing yet; the verifier then
 * insists on it. A token that is no JWT goes to whoever is asked about opaque ones.
 */
export function verifyByIssuer(byIssuer: ReadonlyMap<string, Verify>, opaque: Verify | undefined): Verify {
  return async (token) => {
    const issuer = issuerOf(token);
    if (issuer === undefined) {
      return opaque
        ? opaque(token)
        : { kind: "refused", why: "not a JWT, and no provider is asked about opaque tokens" };
    }
    const verify = byIssuer.get(issuer);
    if (verify) return verify(token);
    return {
      kind: "refused",
      why: `wrong issuer: got ${issuer}, expected ${[...byIssuer.keys()].join(" or ")}`,
    };
  };
}

function issuerOf(token: string): string | undefined {
  try {
    return decodeJwt(token).iss ?? "";
  } catch {
    return undefined;
  }
}
