import { ACCESS_TOKEN_TYPE, type AccessTokenClaims } from "../../core/access-token.ts";
import type { Grant } from "../../core/grant.ts";
import { formatScopes } from "../../core/scopes.ts";
import type { Clock } from "../../platform/clock.ts";
import { signJws } from "../../platform/jws.ts";
import { randomId } from "../../platform/random.ts";
import type { SigningKeys } from "./signing-keys.ts";
import { type Minter, mintRefreshToken } from "./tokens.ts";

/** A token endpoint's answer (RFC 6749 §5.1). `scope` is always said: it may be narrower than what was asked. */
export type TokenResponse = {
  readonly access_token: string;
  readonly token_type: "Bearer";
  readonly expires_in: number;
  readonly scope: string;
  readonly refresh_token?: string;
};

/**
 * Makes the tokens of a grant.
 * @param scopes what the access token holds: the grant's, or fewer where a refresh narrowed them.
 * @param generation the refresh token to give, which the access token names; undefined for none.
 */
export type IssueTokens = (
  grant: Grant,
  scopes: readonly string[],
  generation: number | undefined,
) => TokenResponse;

export function createTokenIssuer({
  minter,
  keys,
  clock,
  accessTokenSeconds,
}: {
  readonly minter: Minter;
  readonly keys: Pick<SigningKeys, "current">;
  readonly clock: Clock;
  readonly accessTokenSeconds: number;
}): IssueTokens {
  return (grant, scopes, generation) => {
    const issuedAt = Math.floor(clock() / 1000);
    const expiresAt = Math.min(issuedAt + accessTokenSeconds, Math.floor(grant.endsAt / 1000));
    const claims: AccessTokenClaims = {
      iss: minter.issuer,
      sub: grant.person.id,
      aud: grant.resource,
      client_id: grant.clientId,
      scope: formatScopes(scopes),
      iat: issuedAt,
      exp: expiresAt,
      jti: randomId(),
      gid: grant.id,
      ...(generation === undefined ? {} : { gen: generation }),
      ...(grant.organization === null ? {} : { org_id: grant.organization.id }),
    };
    return {
      access_token: signJws(ACCESS_TOKEN_TYPE, claims, keys.current()),
      token_type: "Bearer",
      expires_in: expiresAt - issuedAt,
      scope: formatScopes(scopes),
      ...(generation === undefined ? {} : { refresh_token: mintRefreshToken(grant.id, generation, minter) }),
    };
  };
}
