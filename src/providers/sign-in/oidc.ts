import { oidcSignIn } from "../../config/sign-in/presets/oidc.ts";
import { pasted, type SignInGuide } from "./guide.ts";

export const oidcGuide: SignInGuide = {
  definition: oidcSignIn,
  examples: { issuer: "https://id.example.com", clientId: "my-app" },
  admit: { list: "emails", entry: "*@example.com" },
  explain: ({ redirectUri, logoutUri }) => ({
    about:
      "People sign in at any provider with OpenID Connect and discovery: the authorization code flow with PKCE, `state`, `nonce` and `iss`.",
    console: "At the provider",
    steps: [
      "Register a client: a *web* or *confidential* one, with the authorization code flow and PKCE (S256).",
      `Its redirect URI:${pasted(redirectUri)}`,
      "Copy the client ID and the client secret. Where the provider has your public key instead, give `privateKey`.",
      `For back-channel logout, where the provider has it:${pasted(logoutUri)}`,
      "Compare `issuer` with the `issuer` in `<issuer>/.well-known/openid-configuration`, byte for byte: a slash at its end matters.",
    ],
    notes: [
      "Set `members` if only people of your organization have an account there. Without it, the server needs `admit`.",
      "`subject` must be a claim that the provider never gives to someone else. Don't use an address or a name.",
      "An address counts as `email_verified` says. Set `emailVerified` to `always` only if your administrators enter the addresses.",
      "If the provider ignores `prompt=login` and sends no `auth_time`, set `newSignIn` to `round_trip`: otherwise a person who must sign in again can't.",
      "The provider's keys are fetched by discovery. Through a proxy (`HTTPS_PROXY`) and with a private authority (`NODE_EXTRA_CA_CERTS`) too.",
      "`resource` is never sent to the provider: a token for a resource isn't a proof of who someone is.",
    ],
  }),
};
