import { type DoubleOptions, type IdentityDouble, startIdentityDouble } from "./identity-double.ts";
import type { Network } from "./network.ts";

/** Google's endpoints, at their public names in the network. */
export async function startGoogle(network: Network, options: DoubleOptions = {}): Promise<IdentityDouble> {
  const double = await startIdentityDouble({
    urls: {
      issuer: "https://accounts.google.com",
      metadata: "https://accounts.google.com/.well-known/openid-configuration",
      authorize: "https://accounts.google.com/o/oauth2/v2/auth",
      token: "https://oauth2.googleapis.com/token",
      jwks: "https://www.googleapis.com/oauth2/v3/certs",
      userinfo: "https://openidconnect.googleapis.com/v1/userinfo",
    },
    ...options,
  });
  // It sends no `iss` with its answers.
  double.say({ answer: { iss: undefined } });
  for (const host of [
    "accounts.google.com",
    "oauth2.googleapis.com",
    "www.googleapis.com",
    "openidconnect.googleapis.com",
  ])
    network.add(`https://${host}`, double.url);
  return double;
}

/** Entra's endpoints for a tenant, or for several: then the issuer in the metadata has a placeholder. */
export async function startEntra(
  network: Network,
  place: string,
  options: DoubleOptions = {},
): Promise<IdentityDouble> {
  const base = "https://login.microsoftonline.com";
  const isOne = place.includes("-");
  const double = await startIdentityDouble({
    urls: {
      issuer: `${base}/${isOne ? place : "{tenantid}"}/v2.0`,
      metadata: `${base}/${place}/v2.0/.well-known/openid-configuration`,
      authorize: `${base}/${place}/oauth2/v2.0/authorize`,
      token: `${base}/${place}/oauth2/v2.0/token`,
      jwks: `${base}/${place}/discovery/v2.0/keys`,
      userinfo: "https://graph.microsoft.com/oidc/userinfo",
    },
    ...options,
  });
  double.say({ answer: { iss: undefined } });
  for (const host of ["login.microsoftonline.com", "graph.microsoft.com"])
    network.add(`https://${host}`, double.url);
  return double;
}
