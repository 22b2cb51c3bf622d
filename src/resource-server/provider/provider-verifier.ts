import { INTROSPECTION_CACHE_SECONDS, type Provider } from "../../config/provider-options.ts";
import { OAuthError } from "../../core/errors.ts";
import type { Clock } from "../../platform/clock.ts";
import type { FetchJson } from "../../platform/fetch-json.ts";
import type { Verify } from "../verifiers/by-issuer.ts";
import { introspection } from "../verifiers/introspection.ts";
import { type Ask, verifyByAsking } from "../verifiers/opaque-tokens.ts";
import { verifyProviderTokens } from "../verifiers/provider-tokens.ts";
import type { TokenRules } from "../verifiers/token-rules.ts";
import { tokeninfo } from "../verifiers/tokeninfo.ts";
import { createDiscovery, type Discovery } from "./discovery.ts";
import { createKeySet } from "./key-set.ts";

/** What a provider comes to at run time. Nothing is fetched until the first token or document needs it. */
export type OpenProvider = {
  readonly provider: Provider;
  readonly discovery: Discovery;
  readonly verify: Verify;
  /** Whether its tokens are asked about, because they are no JWTs. */
  readonly opaque: boolean;
};

export function openProvider(
  provider: Provider,
  deps: { readonly fetchJson: FetchJson; readonly clock: Clock },
): OpenProvider {
  const { issuer, claims, audience } = provider;
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
    accessTokenClaims: provider.accessTokenClaims,
    scopePrefix: provider.scopePrefix,
    leewaySeconds: provider.leewaySeconds,
  };
  const ask = askingOf(provider, discovery, deps.fetchJson);
  if (ask) {
    const believeSeconds = provider.introspection?.cacheSeconds ?? INTROSPECTION_CACHE_SECONDS;
    const verify = verifyByAsking(rules, issuer, { ask, believeSeconds, clock: deps.clock });
    return { provider, discovery, verify, opaque: true };
  }
  const jwksUri = async () =>
    provider.jwksUri ?? announced((await discovery.find()).document.jwks_uri, "jwks_uri");
  return {
    provider,
    discovery,
    verify: verifyProviderTokens(rules, { keySet: createKeySet(jwksUri, deps), clock: deps.clock }),
    opaque: false,
  };
}

/** How the provider is asked about its tokens, where they are opaque. */
function askingOf(provider: Provider, discovery: Discovery, fetchJson: FetchJson): Ask | undefined {
  if (provider.tokeninfo !== undefined) return tokeninfo(provider.tokeninfo, fetchJson);
  if (!provider.introspection) return undefined;
  const { endpoint: said, clientId, clientSecret } = provider.introspection;
  const endpoint = async () =>
    said ?? announced((await discovery.find()).document.introspection_endpoint, "introspection_endpoint");
  return introspection({ clientId, clientSecret, endpoint, fetchJson });
}

function announced(url: string | undefined, name: string): string {
  if (url !== undefined) return url;
  throw new OAuthError("temporarily_unavailable", "The identity provider's metadata cannot be used.", {
    detail: `its metadata has no ${name}; give it as an option`,
  });
}
