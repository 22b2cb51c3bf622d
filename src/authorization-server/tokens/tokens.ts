import { ACCESS_TOKEN_TYPE, type AccessTokenClaims } from "../../core/access-token.ts";
import type { Grant } from "../../core/grant.ts";
import { formatScopes } from "../../core/scopes.ts";
import { signJws } from "../../platform/jws.ts";
import { randomId } from "../../platform/random.ts";
import type { Keyring } from "../../platform/secrets/keyring.ts";
import type { Deps } from "../deps.ts";

/**
 * Codes and refresh tokens are the grant's id, a number and a MAC: nothing about them is stored, and nobody but us can
 * make one. The issuer is in the MAC, so that the same database under another URL is another issuer.
 *
 *     code            <grant id>.<MAC>
 *     refresh token   <grant id>.<generation>.<MAC>
 */
const CODE = /^([A-Za-z0-9_-]{22})\.([A-Za-z0-9_-]{43})$/;
const REFRESH_TOKEN = /^([A-Za-z0-9_-]{22})\.([1-9][0-9]{0,14})\.([A-Za-z0-9_-]{43})$/;

type Minter = { readonly keyring: Keyring; readonly issuer: string };

export function mintCode(grantId: string, { keyring, issuer }: Minter): string {
  return `${grantId}.${keyring.mac("authorization-code", `${issuer}\n${grantId}`)}`;
}

/** The grant of a code whose MAC is right, else undefined. */
export function readCode(code: string, { keyring, issuer }: Minter): string | undefined {
  const [, grantId, mac] = CODE.exec(code) ?? [];
  if (grantId === undefined || mac === undefined) return undefined;
  return keyring.verifyMac("authorization-code", `${issuer}\n${grantId}`, mac) ? grantId : undefined;
}

export function mintRefreshToken(grantId: string, generation: number, { keyring, issuer }: Minter): string {
  const body = `${grantId}.${generation}`;
  return `${body}.${keyring.mac("refresh-token", `${issuer}\n${body}`)}`;
}

/** The grant and generation of a refresh token whose MAC is right, else undefined. */
export function readRefreshToken(
  token: string,
  { keyring, issuer }: Minter,
): { readonly grantId: string; readonly generation: number } | undefined {
  const [, grantId, generation, mac] = REFRESH_TOKEN.exec(token) ?? [];
  if (grantId === undefined || generation === undefined || mac === undefined) return undefined;
  if (!keyring.verifyMac("refresh-token", `${issuer}\n${grantId}.${generation}`, mac)) return undefined;
  return { grantId, generation: Number(generation) };
}

/** Whether this is a secret of ours that must not be shown to anybody else. */
export function isCodeOrRefreshToken(token: string, minter: Minter): boolean {
  return readRefreshToken(token, minter) !== undefined || readCode(token, minter) !== undefined;
}

/** A token endpoint's answer (RFC 6749 §5.1). `scope` is always said: it may be narrower than what was asked. */
export type TokenResponse = {
  readonly access_token: string;
  readonly token_type: "Bearer";
  readonly expires_in: number;
  readonly scope: string;
  readonly refresh_token?: string;
};

/**
 * The tokens of a grant.
 * @param scopes what the access token holds: the grant's, or fewer where a refresh narrowed them.
 * @param generation the refresh token to give, which the access token names; undefined for none.
 */
export function issueTokens(
  grant: Grant,
  scopes: readonly string[],
  generation: number | undefined,
  { settings, keys, keyring, clock }: Pick<Deps, "settings" | "keys" | "keyring" | "clock">,
): TokenResponse {
  const issuedAt = Math.floor(clock() / 1000);
  const expiresAt = Math.min(issuedAt + settings.accessTokenSeconds, Math.floor(grant.endsAt / 1000));
  const claims: AccessTokenClaims = {
    iss: settings.issuer,
    sub: grant.person.id,
    aud: grant.resource,
    client_id: grant.clientId,
    scope: formatScopes(scopes),
    iat: issuedAt,
    exp: expiresAt,
    jti: randomId(),
    gid: grant.id,
    ...(generation === undefined ? {} : { gen: generation }),
  };
  return {
    access_token: signJws(ACCESS_TOKEN_TYPE, claims, keys.current()),
    token_type: "Bearer",
    expires_in: expiresAt - issuedAt,
    scope: formatScopes(scopes),
    ...(generation === undefined
      ? {}
      : { refresh_token: mintRefreshToken(grant.id, generation, { keyring, issuer: settings.issuer }) }),
  };
}
