import type { Provider } from "../../config/provider-options.ts";
import { OAuthError } from "../../core/errors.ts";
import type { Clock } from "../../platform/clock.ts";
import type { FetchJson } from "../../platform/fetch-json.ts";
import type { Verify } from "../verifiers/by-issuer.ts";
import { introspectTokens } from "../verifiers/introspection.ts";
import { type TokenRules, verifyProviderTokens } from "../verifiers/provider-tokens.ts";
import { createDiscovery, type Discovery } from "./discovery.ts";
import { createKeySet } from "./key-set.ts";

/** What a provider comes to at run time. Nothing is fetched until the first token or document needs it. */
export type OpenProvider = {
  readonly provider: Provider;
  readonly discovery: Discovery;
  readonly verify: Verify;
};

export function openProvider(
  provider: Provider,
  deps: { readonly fetchJson: FetchJson; readonly clock: Clock },
): OpenProvider {
  const { issuer, introspection, claims, audience } = provider;
  const discovery = createDiscovery(
    {
      authorizationServer: provider.authorizationServer ?? issuer,
      issuer,
      metadataUrl: provider.metadataUrl,
    },
    deps,
  );
  const rules: TokenRules = {
    issuers: [issuer, ...provider.issuerAliases],
    audiences: audience,
    audienceClaim: claims.audience,
    claimNames: claims,
    leewaySeconds: provider.leewaySeconds,
  };
  if (introspection) {
    const endpoint = async () =>
      introspection.endpoint ??
      announced((await discovery.find()).document.introspection_endpoint, "introspection_endpoint");
    return {
      provider,
      discovery,
      verify: introspectTokens(rules, issuer, { ...deps, ...introspection, endpoint }),
    };
  }
  const jwksUri = async () =>
    provider.jwksUri ?? announced((await discovery.find()).document.jwks_uri, "jwks_uri");
  return {
    provider,
    discovery,
    verify: verifyProviderTokens(rules, { keySet: createKeySet(jwksUri, deps), clock: deps.clock }),
  };
}

function announced(url: string | undefined, name: string): string {
  if (url !== undefined) return url;
  throw new OAuthError("temporarily_unavailable", "The identity provider's metadata cannot be used.", {
    detail: `its metadata has no ${name}; give it as an option`,
  });
}
