import { type Answer, BrokenOff } from "../provider.ts";
import type { Endpoints } from "./endpoints.ts";
import { brokenOffOf } from "./failures.ts";
import { openidClient } from "./openid-client.ts";

export type Tokens = {
  readonly idToken: string;
  readonly accessToken: string;
  readonly refreshToken: string | undefined;
  /** Seconds from now; undefined where that is not said. */
  readonly expiresInSeconds: number | undefined;
  /** The scopes that were granted; undefined where they are those that were asked for (RFC 6749 §5.1). */
  readonly scope: string | undefined;
};

/**
 * Exchanges the code (OpenID Connect Core 1.0 §3.1.3). openid-client checks `state` and `iss` of the answer (RFC 9207), and
 * of the ID token issuer, audience, times and `nonce`; its signature is checked later.
 * @throws BrokenOff
 */
export async function exchange(
  { search, redirectUri, state, nonce, codeVerifier }: Answer,
  endpoints: Endpoints,
): Promise<Tokens> {
  const configuration = await endpoints.configuration();
  const { authorizationCodeGrant } = await openidClient();
  const answered = new URL(redirectUri);
  answered.search = search;
  try {
    const tokens = await authorizationCodeGrant(configuration, answered, {
      expectedState: state,
      expectedNonce: nonce,
      pkceCodeVerifier: codeVerifier,
      idTokenExpected: true,
    });
    if (tokens.id_token === undefined) throw new BrokenOff("wrong_answer", "there is no ID token");
    return {
      idToken: tokens.id_token,
      accessToken: tokens.access_token,
      refreshToken: tokens.refresh_token,
      expiresInSeconds: tokens.expires_in,
      scope: tokens.scope,
    };
  } catch (error) {
    throw await brokenOffOf(error, "token endpoint");
  }
}
