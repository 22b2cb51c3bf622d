import { decodeProtectedHeader } from "jose/decode/protected_header";
import { decodeJwt } from "jose/jwt/decode";
import { clipped } from "../../core/shown.ts";
import type { Refusal, Verification } from "../guard.ts";

export type Verify = (token: string) => Promise<Verification>;

/** What a provider's token comes to. */
export type ProviderVerification =
  | (Extract<Verification, { readonly kind: "verified" }> & {
      /** Who it is about, as an identity says it: without a prefix, and from a claim of its own. Undefined where it has none. */
      readonly subject: string | undefined;
    })
  | Refusal;

export type VerifyProviderToken = (token: string) => Promise<ProviderVerification>;

/**
 * Several issuers at once: the token's own `iss` picks who verifies it, which proves nothing yet; the verifier then
 * insists on it. A token that is no JWT goes to whoever is asked about opaque ones.
 */
export function verifyByIssuer(byIssuer: ReadonlyMap<string, Verify>, opaque: Verify | undefined): Verify {
  return async (token) => {
    const issuer = issuerOf(token);
    // Also of a JWT that names none, nobody can read whose it is.
    if (!issuer && opaque) return opaque(token);
    if (issuer === undefined) {
      return { kind: "refused", why: "not a JWT, and no provider is asked about opaque tokens" };
    }
    const verify = byIssuer.get(issuer);
    if (verify) return verify(token);
    return {
      kind: "refused",
      why: `wrong issuer: got ${clipped(issuer) || "none"}, expected ${[...byIssuer.keys()].join(" or ")}`,
      about: { issuer: clipped(issuer), ...keyIdOf(token) },
    };
  };
}

/** Undefined where the token is no JWT. */
function issuerOf(token: string): string | undefined {
  try {
    const { iss } = decodeJwt(token);
    return typeof iss === "string" ? iss : "";
  } catch {
    return undefined;
  }
}

function keyIdOf(token: string): { readonly kid?: string } {
  try {
    const { kid } = decodeProtectedHeader(token);
    return typeof kid === "string" ? { kid: clipped(kid) } : {};
  } catch {
    return {};
  }
}
