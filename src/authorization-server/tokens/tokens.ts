import type { Keyring } from "../../platform/secrets/keyring.ts";

/**
 * Codes and refresh tokens are the grant's id, a number and a MAC: nothing about them is stored, and nobody but us can
 * make one. The issuer is in the MAC, so that the same database under another URL is another issuer.
 *
 *     code            <grant id>.<MAC>
 *     refresh token   <grant id>.<generation>.<MAC>
 */
const CODE = /^([A-Za-z0-9_-]{22})\.([A-Za-z0-9_-]{43})$/;
const REFRESH_TOKEN = /^([A-Za-z0-9_-]{22})\.([1-9][0-9]{0,14})\.([A-Za-z0-9_-]{43})$/;

/** What makes codes and refresh tokens, and tells its own from others. */
export type Minter = { readonly keyring: Keyring; readonly issuer: string };

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
