import type { OidcSettings } from "../../../../config/sign-in/settings.ts";
import type { Discovered } from "../../../../platform/provider/discovery.ts";
import { scopesToAsk } from "../kept-tokens.ts";
import type { Asked } from "../provider.ts";
import { openidClient } from "./openid-client.ts";

type Parameters = Readonly<Record<string, string>>;

/**
 * The authentication request (OpenID Connect Core 1.0 §3.1.2.1). Without `resource`: the token is for the provider's own
 * userinfo endpoint, and Entra refuses the two together.
 */
export async function authenticationRequest(
  { state, nonce, codeVerifier, redirectUri, visit }: Asked,
  settings: OidcSettings,
  document: Discovered["document"],
  now: number,
): Promise<Parameters> {
  const { parameters, clientId } = settings;
  const { calculatePKCECodeChallenge } = await openidClient();
  const { loginHint, wantsAnotherAccount } = visit;
  return {
    ...parameters,
    ...promptOf(visit, settings, document, now),
    // Some providers take the hint for the choice.
    ...(loginHint !== undefined && !wantsAnotherAccount && { login_hint: loginHint }),
    response_type: "code",
    client_id: clientId,
    redirect_uri: redirectUri,
    scope: scopesToAsk(settings).join(" "),
    state,
    nonce,
    code_challenge: await calculatePKCECodeChallenge(codeVerifier),
    code_challenge_method: "S256",
  };
}

/** A new sign-in lets the person choose too. */
function promptOf(
  { signInAfter, wantsAnotherAccount }: Asked["visit"],
  settings: OidcSettings,
  document: Discovered["document"],
  now: number,
): Parameters {
  const isNewSignIn = signInAfter !== undefined;
  if (isNewSignIn && settings.newSignIn === "auth_time") {
    return { prompt: "login", max_age: String(Math.max(0, Math.floor((now - signInAfter) / 1000))) };
  }
  return isNewSignIn || wantsAnotherAccount ? { prompt: accountPrompt(settings, document) } : {};
}

/**
 * What lets a person use another account. Every provider knows `login` (OpenID Connect Core 1.0 §15.1); to some that do not
 * know `select_account`, it is an error.
 */
function accountPrompt(
  { knowsSelectAccount }: OidcSettings,
  { prompt_values_supported: named }: Discovered["document"],
): "select_account" | "login" {
  const isKnown = Array.isArray(named) ? named.includes("select_account") : knowsSelectAccount;
  return isKnown ? "select_account" : "login";
}
