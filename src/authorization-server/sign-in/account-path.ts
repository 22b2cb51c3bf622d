/** Where the account page is, below the issuer. */
export const ACCOUNT_PATH = "/account";

/** Where a person connects an upstream, below the issuer. */
export function connectPathOf(upstream: string): `/${string}` {
  return `${ACCOUNT_PATH}/connect/${upstream}`;
}
