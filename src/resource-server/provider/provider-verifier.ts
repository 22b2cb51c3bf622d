import { learnedUrl } from "../../config/learned-url.ts";
import type { Provider } from "../../config/provider-options.ts";
import { BELIEVED_SECONDS } from "../../config/provider-schema.ts";
import type { Clock } from "../../platform/clock.ts";
import type { FetchJson } from "../../platform/fetch-json.ts";
import { createDiscovery, type Discovery } from "../../platform/provider/discovery.ts";
import { createKeySet } from "../../platform/provider/key-set.ts";
import type { VerifyProviderToken } from "../verifiers/by-issuer.ts";
import { introspection } from "../verifiers/introspection.ts";
import { type AskingParts, verifyByAsking } from "../verifiers/opaque-tokens.ts";
import { verifyProviderTokens } from "../verifiers/provider-tokens.ts";
import type { TokenRules } from "../verifiers/token-rules.ts";
import { tokeninfo } from "../verifiers/tokeninfo.ts";
import { verifyOption } from "../verifiers/verify-option.ts";

/** What a provider comes to at run time. Nothing is fetched until the first token or document needs it. */
export type OpenProvider = {
  readonly provider: Provider;
  readonly discovery: Discovery;
  readonly verify: VerifyProviderToken;
  /** Whether its tokens are asked about, because they are no JWTs. */
  readonly opaque: boolean;
};

export function openProvider(
  provider: Provider,
  parts: { readonly fetchJson: FetchJson; readonly clock: Clock },
): OpenProvider {
  const { issuer, claims, audience } = provider;
  const discovery = createDiscovery(
    {
      authorizationServer: provider.authorizationServer ?? issuer,
      issuer,
      metadataUrl: provider.metadataUrl,
    },
    parts,
  );
  const rules: TokenRules = {
    issuers: [issuer, ...provider.issuerAliases],
    audiences: audience,
    audienceClaim: claims.audience,
    claimNames: claims,
    accessTokenClaims: provider.accessTokenClaims,
    scopePrefix: provider.scopePrefix,
    personPrefix: provider.personPrefix,
    leewaySeconds: provider.leewaySeconds,
  };
  const asking = askingOf(provider, discovery, parts);
  if (asking) {
    return {
      provider,
      discovery,
      verify: verifyByAsking(rules, issuer, { ...asking, clock: parts.clock }),
      opaque: true,
    };
  }
  const jwksUri = async () => provider.jwksUri ?? learnedUrl(await discovery.find(), "jwks_uri", provider);
  return {
    provider,
    discovery,
    verify: verifyProviderTokens(rules, { keySet: createKeySet(jwksUri, parts), clock: parts.clock }),
    opaque: false,
  };
}

const NOT_ACTIVE = "the provider says that it is not active";

/** How it is learnt what the provider's tokens say, where they are opaque. */
function askingOf(
  provider: Provider,
  discovery: Discovery,
  parts: { readonly fetchJson: FetchJson; readonly clock: Clock },
): Omit<AskingParts, "clock"> | undefined {
  if (provider.verify !== undefined) {
    return {
      ask: verifyOption(provider.verify),
      notGood: "verify returned undefined: the token is not valid",
      believeSeconds: BELIEVED_SECONDS,
    };
  }
  if (provider.tokeninfo !== undefined) {
    return {
      ask: tokeninfo(provider.tokeninfo, parts.fetchJson),
      notGood: NOT_ACTIVE,
      believeSeconds: BELIEVED_SECONDS,
    };
  }
  if (!provider.introspection) return undefined;
  const { endpoint: said, clientId, credentials, cacheSeconds } = provider.introspection;
  const endpoint = async () => said ?? learnedUrl(await discovery.find(), "introspection_endpoint", provider);
  return {
    ask: introspection({ endpoint, issuer: provider.issuer, clientId, credentials, ...parts }),
    notGood: NOT_ACTIVE,
    believeSeconds: cacheSeconds,
  };
}
