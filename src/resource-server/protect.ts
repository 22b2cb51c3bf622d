import { loadEnvironment } from "../config/environment.ts";
import { requireOptions } from "../config/problems.ts";
import { type ProtectOptions, type ProtectSettings, parseProtectOptions } from "../config/protect-options.ts";
import type { Provider } from "../config/provider-options.ts";
import { protectedResourceMetadataUrl } from "../core/metadata.ts";
import { scopeAtProvider } from "../core/scope-prefix.ts";
import { type Clock, systemClock } from "../platform/clock.ts";
import type { FetchJson } from "../platform/fetch-json.ts";
import { createLog, type Log } from "../platform/logging.ts";
import { readProxy } from "../platform/outbound-proxy.ts";
import { fetchJsonThrough } from "../platform/proxy-tunnel.ts";
import type { Metrics } from "../platform/telemetry/metrics.ts";
import { admissionLog } from "./admission-log.ts";
import { createDocuments, type Documents } from "./documents.ts";
import { createGuard, type Guard, type RequestHead } from "./guard.ts";
import { type OpenProvider, openProvider } from "./provider/provider-verifier.ts";
import { createRouteGuard, type RouteGuard } from "./route-guard.ts";
import { type Verify, verifyByIssuer } from "./verifiers/by-issuer.ts";
import { type KnownPeople, recognizePeople, tellsProven } from "./verifiers/known-people.ts";
import { keepPrefixes } from "./verifiers/person-prefix.ts";

/** A resource server that trusts somebody else's authorization server. */
export type Protection = RouteGuard & {
  /** The discovery documents (RFC 9728, and the provider's for clients that look here), or undefined for other paths. */
  metadata(request: RequestHead): Promise<Response | undefined>;
};

/** What is not a plain setting. */
export type ProtectParts = { readonly log?: Log; readonly clock?: Clock };

/**
 * Guards a server with access tokens of any OAuth or OpenID provider. Nothing is fetched before the first token: a
 * provider that is down does not stop the start.
 *
 * @throws ConfigurationError for a wrong option, with what to write instead
 * @example
 * ```ts
 * import { protect } from "mcp-gatehouse";
 *
 * const { guard, metadata } = protect({
 *   issuer: "https://idp.example.com",
 *   audience: "https://mcp.example.com/mcp",
 *   resource: "https://mcp.example.com/mcp",
 * });
 *
 * async function handle(request: Request): Promise<Response> {
 *   const document = await metadata(request);
 *   if (document) return document;
 *   const auth = await guard(request);
 *   if (auth instanceof Response) return auth;
 *   return new Response(`Hello, ${auth.person.id}`);
 * }
 * ```
 */
export function protect(given: ProtectOptions & ProtectParts): Protection {
  requireOptions("The argument of protect", given, '{ issuer: "https://idp.example.com", … }');
  const { log, clock, ...options } = given;
  const settings = parseProtectOptions(options);
  const { debug } = settings;
  const lines = log ?? createLog({ level: debug ? "debug" : "info", pretty: process.stdout.isTTY === true });
  const { guard, documents } = openProtection(settings, {
    log: lines,
    clock: clock ?? systemClock,
    fetchJson: fetchJsonThrough(readProxy(loadEnvironment())),
  });
  const logAdmission = admissionLog(lines, debug);
  return { ...createRouteGuard(guard, { ...settings, logAdmission }), metadata: documents.answer };
}

type GuardParts = {
  readonly log: Log;
  readonly clock: Clock;
  readonly metrics?: Metrics;
  readonly fetchJson: FetchJson;
};

/** The two halves of a resource server, from settings that are parsed. */
export function openProtection(
  settings: ProtectSettings,
  parts: GuardParts,
): { readonly guard: Guard; readonly documents: Documents } {
  const [first, ...others] = settings.providers;
  const open = (provider: Provider) => openProvider(provider, parts);
  const providers = [open(first), ...others.map(open)] as const;
  return {
    guard: guardOf(settings, verifyAll(providers), parts),
    documents: documentsOf(settings, providers),
  };
}

/** Tokens of our own authorization server. */
export type OwnTokens = {
  readonly issuer: string;
  readonly verify: Verify;
  /** Who is known here: a provider's token may be about one of them. */
  readonly people: KnownPeople;
  /** Whether it is a secret of ours that is no access token: nobody else is asked about one. */
  readonly isSecret: (token: string) => boolean;
};

/** Our own tokens and those of providers, at one guard. */
export function verifyBeside(
  own: OwnTokens,
  providers: readonly Provider[],
  parts: { readonly fetchJson: FetchJson; readonly clock: Clock },
): Verify {
  if (providers.length === 0) return own.verify;
  const open = providers.map((provider) => openProvider(provider, parts));
  const verify = verifyAll(open, own);
  return async (token) =>
    // The padding that a bearer token may have is none of ours, and a provider would see the secret beside it.
    own.isSecret(token.replace(/=+$/, ""))
      ? { kind: "refused", why: "a code or refresh token of this server, sent as an access token" }
      : verify(token);
}

/** The verifier that an `iss` picks. Of no issuer there are two: the options see to that. */
function verifyAll(providers: readonly OpenProvider[], own?: OwnTokens): Verify {
  const prefixes = providers.map(({ provider }) => provider.personPrefix);
  const apart = providers.map(({ provider, verify, opaque }) => {
    const issuers = [provider.issuer, ...provider.issuerAliases];
    const kept = keepPrefixes(verify, provider.personPrefix, prefixes);
    return { issuers, verify: own ? recognizePeople(kept, issuers, own.people) : kept, opaque };
  });
  const byIssuer = new Map<string, Verify>(
    apart.flatMap(({ issuers, verify }) => issuers.map((issuer) => [issuer, verify] as const)),
  );
  if (own) {
    const isTheirs = tellsProven(
      providers.map(({ provider }) => provider),
      own.people,
    );
    byIssuer.set(own.issuer, keepPrefixes(own.verify, "", prefixes, isTheirs));
  }
  return verifyByIssuer(byIssuer, apart.find(({ opaque }) => opaque)?.verify);
}

/** The first provider's names for scopes: clients read one list, and start with the first server of another. */
function announcing({ providers: [{ scopePrefix }] }: ProtectSettings): (scope: string) => string {
  return (scope) => scopeAtProvider(scopePrefix, scope);
}

function guardOf(settings: ProtectSettings, verify: Verify, { log, clock, metrics }: GuardParts): Guard {
  const { resource, catalogue } = settings;
  return createGuard({
    resourceMetadata: protectedResourceMetadataUrl(resource),
    requiredScopes: catalogue.required,
    challengeScopes: settings.challengeScopes,
    implies: catalogue.implies,
    announce: announcing(settings),
    verify,
    cachedTokens: settings.cachedTokens,
    clock,
    log,
    ...(metrics && { metrics }),
  });
}

function documentsOf(
  settings: ProtectSettings,
  providers: readonly [OpenProvider, ...OpenProvider[]],
): Documents {
  const { authorizationServerMetadata } = settings;
  return createDocuments({
    ...settings,
    announce: announcing(settings),
    authorizationServers: providers.map(({ provider }) => authorizationServerOf(provider)),
    provider: { discovery: providers[0].discovery, authorizationServerMetadata },
  });
}

/** Where clients are sent to sign in, for tokens of this provider. */
export function authorizationServerOf({ authorizationServer, issuer }: Provider): string {
  return authorizationServer ?? issuer;
}
