import { z } from "zod";
import { sameResource } from "./grant.ts";

/** The `typ` of our tokens (RFC 9068 §2.1); an ID token does not have it. */
export const ACCESS_TOKEN_TYPE = "at+jwt";

/** The longest life that `accessTokenSeconds` may have; a retired signing key stays published that long. */
export const LONGEST_ACCESS_TOKEN_SECONDS = 24 * 60 * 60;

/**
 * The claims of an access token (RFC 9068 §2.2), and three of our own: `gid`, the grant that it comes from, `gen`, the
 * generation of the refresh token that was issued with it, if one was, and `org_id`, the organization of the grant, if it has
 * one. Times are epoch seconds.
 */
export const accessTokenClaims = z.object({
  iss: z.string(),
  sub: z.string(),
  aud: z.union([z.string(), z.array(z.string())]),
  client_id: z.string(),
  scope: z.string().optional(),
  iat: z.number(),
  nbf: z.number().optional(),
  exp: z.number(),
  jti: z.string(),
  gid: z.string(),
  gen: z.number().optional(),
  org_id: z.string().optional(),
});
export type AccessTokenClaims = z.infer<typeof accessTokenClaims>;

export type ExpectedClaims = {
  readonly issuer: string;
  readonly resource: string;
  /** How far the issuer's clock may be ahead of ours (`iat`, `nbf`). */
  readonly leewaySeconds: number;
  /** How long after `exp` a token is still taken. Zero where the issuer is ourselves. */
  readonly expiryLeewaySeconds: number;
};

/**
 * Why these claims do not open this resource now, or undefined where they do. The text is for the operator's log:
 * it names what was found and what would be right.
 */
export function refuseClaims(
  claims: Pick<AccessTokenClaims, "iss" | "iat" | "nbf" | "exp"> & {
    readonly aud: string | readonly string[];
  },
  expected: ExpectedClaims,
  nowSeconds: number,
): string | undefined {
  if (claims.iss !== expected.issuer) return `wrong issuer: got ${claims.iss}, expected ${expected.issuer}`;
  const audiences = typeof claims.aud === "string" ? [claims.aud] : claims.aud;
  if (!audiences.some((audience) => sameResource(audience, expected.resource))) {
    return `wrong audience: got ${audiences.join(" ") || "none"}, this server is ${expected.resource}`;
  }
  if (hasExpired(claims, expected, nowSeconds)) return "the token has expired";
  if (claims.nbf !== undefined && claims.nbf > nowSeconds + expected.leewaySeconds)
    return "nbf is in the future";
  if (claims.iat > nowSeconds + expected.leewaySeconds) return "iat is in the future";
  return undefined;
}

export function hasExpired(
  { exp }: Pick<AccessTokenClaims, "exp">,
  { expiryLeewaySeconds }: Pick<ExpectedClaims, "expiryLeewaySeconds">,
  nowSeconds: number,
): boolean {
  return nowSeconds >= exp + expiryLeewaySeconds;
}
