import { ACCESS_TOKEN_TYPE, type AccessTokenClaims, accessTokenClaims } from "../../core/access-token.ts";
import { parseJws, verifyJws } from "../../platform/jws.ts";
import type { SigningKeys } from "./signing-keys.ts";
import { type Minter, readRefreshToken } from "./tokens.ts";

/** A token of ours that somebody shows to revoke it or to ask about it: genuine, but maybe old. */
export type PresentedToken =
  | { readonly kind: "refresh"; readonly grantId: string; readonly generation: number }
  | { readonly kind: "access"; readonly grantId: string; readonly claims: AccessTokenClaims };

/** What tells the tokens of this server from others. */
export type TokenReader = {
  readonly minter: Minter;
  readonly keys: Pick<SigningKeys, "verificationKey">;
};

/** Undefined for anything that we did not issue. Type hints are not needed: the two look different (RFC 7009 §2.1). */
export function readPresentedToken(token: string, { minter, keys }: TokenReader): PresentedToken | undefined {
  const refresh = readRefreshToken(token, minter);
  if (refresh) return { kind: "refresh", ...refresh };
  const jws = parseJws(token);
  if (!jws || jws.header.typ !== ACCESS_TOKEN_TYPE || jws.header.alg !== "ES256") return undefined;
  const key = typeof jws.header.kid === "string" ? keys.verificationKey(jws.header.kid) : undefined;
  if (!key || !verifyJws(jws, key)) return undefined;
  const claims = accessTokenClaims.safeParse(jws.payload);
  if (!claims.success || claims.data.iss !== minter.issuer) return undefined;
  return { kind: "access", grantId: claims.data.gid, claims: claims.data };
}
