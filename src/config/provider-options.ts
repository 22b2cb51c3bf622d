import { z } from "zod";
import { ConfigurationError } from "../core/errors.ts";
import { sameResource } from "../core/grant.ts";
import { type ClaimNames, USUAL_CLAIM_NAMES } from "../core/provider-claims.ts";
import { isSecureUrl } from "../platform/addresses.ts";
import { type OptionPath, optionLabel, unknownName, valueAt, wrongValue } from "./problems.ts";

const HTTPS = "an https:// URL (http:// on this computer only)";
/** The URL of a provider or of something at it. */
export const providerUrl = z.string(HTTPS).refine(isSecureUrl, HTTPS);
const text = (must: string) => z.string(must).min(1, must);
const oneOrMore = (must: string) =>
  z.union([text(must).transform((one) => [one]), z.array(text(must), must).min(1, must)], must);
const AUDIENCE = "what the provider puts into `aud` for this server, as text or a list of texts";
/** What a provider revokes is let in no longer than that. */
export const INTROSPECTION_CACHE_SECONDS = 60;
const CACHE_SECONDS = "a whole number of seconds from 0 to 3600";
const CLAIM = 'the name of a claim or its path, such as "realm_access.roles", or a list of them';

/** An OAuth or OpenID provider whose access tokens open this server. */
const provider = z.strictObject({
  /** The issuer, byte for byte what its tokens say in `iss`. */
  issuer: providerUrl,
  /** Other spellings of `iss` that the provider uses (Entra's v1 tokens). */
  issuerAliases: z.array(text("an issuer")).default([]),
  /** One of these must be in the token's `aud`. There is no default: without it any token of the provider would do. */
  audience: oneOrMore(AUDIENCE),
  /** The authorization server that clients are sent to, where it is not the issuer (Scalekit). */
  authorizationServer: providerUrl.optional(),
  /** Where its keys are; found by discovery unless said. */
  jwksUri: providerUrl.optional(),
  /** Where its metadata is, where it is at none of the usual places. */
  metadataUrl: providerUrl.optional(),
  /** For opaque tokens: the credentials to ask the provider about them (RFC 7662). */
  introspection: z
    .strictObject({
      endpoint: providerUrl.optional(),
      clientId: text("the client_id"),
      clientSecret: text("the client_secret"),
      /** How long an active token is believed without asking again, never past its end. Default 60. */
      cacheSeconds: z
        .int(CACHE_SECONDS)
        .min(0, CACHE_SECONDS)
        .max(3600, CACHE_SECONDS)
        .default(INTROSPECTION_CACHE_SECONDS),
    })
    .optional(),
  /** For opaque tokens of Google, which has an endpoint of its own kind in place of RFC 7662. */
  tokeninfo: providerUrl.optional(),
  /**
   * What stands before the name of a scope where clients ask for it (Entra, Cognito). It is put before the scopes in
   * challenges and documents, and taken away from those in tokens.
   */
  scopePrefix: z.string("text").default(""),
  /**
   * What marks the provider's access tokens, where its ID tokens look alike: claims of which one must be there, or
   * several lists, of each of which one must.
   */
  accessTokenClaims: z
    .union(
      [
        z.array(text(CLAIM)).transform((one) => (one.length > 0 ? [one] : [])),
        z.array(z.array(text(CLAIM)).min(1)),
      ],
      "a list of claims, or a list of such lists",
    )
    .default([]),
  /** Which claims hold what, where the provider does it in its own way. */
  claims: z
    .strictObject({
      scopes: oneOrMore(CLAIM).default([...USUAL_CLAIM_NAMES.scopes]),
      person: oneOrMore(CLAIM).default([...USUAL_CLAIM_NAMES.person]),
      client: oneOrMore(CLAIM).default([...USUAL_CLAIM_NAMES.client]),
      audience: text(CLAIM).default("aud"),
    })
    .prefault({}),
  /** How far the provider's clock may be off. Default 30. */
  leewaySeconds: z
    .int("a whole number of seconds from 0 to 300")
    .min(0, "a whole number of seconds from 0 to 300")
    .max(300, "a whole number of seconds from 0 to 300")
    .default(30),
});

export const PROVIDER_OPTIONS: readonly string[] = Object.keys(provider.shape);

/** What `protect` and `createOAuthServer` take for a provider. */
export type ProviderOptions = z.input<typeof provider>;
/** The same, parsed. */
export type Provider = Omit<z.output<typeof provider>, "claims"> & {
  readonly claims: ClaimNames & { readonly audience: string };
};

/**
 * Parses what was said about providers.
 * @param resource what clients type, which is the audience at most providers.
 * @param beside options that stand beside those of the provider, of which an unknown name may be a typo.
 * @throws ConfigurationError that names the option and what would be right.
 */
export function parseProviders(
  given: ProviderOptions | readonly ProviderOptions[],
  resource: string,
  beside: readonly string[] = [],
): readonly [Provider, ...Provider[]] {
  const [first, ...others] = parseList(given, resource, [], beside);
  if (!first)
    throw new ConfigurationError("There is no provider. Say at least one, with issuer and audience.");
  checkIssuers([first, ...others]);
  return [first, ...others];
}

/**
 * Parses what was said about providers beside a server with its own sign-in; there may be none.
 * @throws ConfigurationError as {@link parseProviders} does
 */
export function parseAlsoAccepted(
  given: ProviderOptions | readonly ProviderOptions[] | undefined,
  server: { readonly issuer: string; readonly resource: string },
): readonly Provider[] {
  const providers = given === undefined ? [] : parseList(given, server.resource, ["alsoAccept"]);
  checkIssuers(providers);
  const own = providers.flatMap(issuersOf).find((issuer) => sameResource(issuer, server.issuer));
  if (own === undefined) return providers;
  throw new ConfigurationError(
    `alsoAccept names ${own}, which is this server's own issuer. Take it out: its own tokens are accepted anyway.`,
  );
}

/** Which key is believed for an `iss` must not hang on the order in which providers are named. */
function checkIssuers(providers: readonly Provider[]): void {
  const seen: string[] = [];
  for (const provider of providers) {
    const issuers = issuersOf(provider);
    const twice = issuers.find((issuer) => seen.some((other) => sameResource(issuer, other)));
    if (twice !== undefined) {
      throw new ConfigurationError(
        `The issuer ${twice} is there twice, as the issuer of a provider or among its issuerAliases. Keep it in one of them.`,
      );
    }
    seen.push(...issuers);
  }
}

function issuersOf({ issuer, issuerAliases }: Provider): readonly string[] {
  return [issuer, ...issuerAliases];
}

function parseList(
  given: ProviderOptions | readonly ProviderOptions[],
  resource: string,
  at: OptionPath,
  beside: readonly string[] = [],
): readonly Provider[] {
  const list = Array.isArray(given) ? given : [given as ProviderOptions];
  return list.map((one, i) => parseProvider(one, list.length > 1 ? [...at, i] : at, resource, beside));
}

function parseProvider(
  given: ProviderOptions,
  at: OptionPath,
  resource: string,
  beside: readonly string[],
): Provider {
  const parsed = provider.safeParse(given);
  if (parsed.success) return parsed.data;
  // A misspelt name first: often it is why another one is missing.
  const issue =
    parsed.error.issues.find(({ code }) => code === "unrecognized_keys") ?? parsed.error.issues[0];
  const path = [...at, ...(issue?.path ?? [])] as (string | number)[];
  if (issue?.code === "unrecognized_keys") {
    return raise(unknownName(optionLabel([...path, issue.keys[0] ?? ""]), [...PROVIDER_OPTIONS, ...beside]));
  }
  if (path.at(-1) === "audience" && given?.audience === undefined) {
    throw new ConfigurationError(
      `The audience is missing. Configure the provider to put ${JSON.stringify(resource)} into the tokens' aud ` +
        "(at some it is called the API identifier or the resource), and give the same value as audience.",
    );
  }
  throw wrongValue(optionLabel(path), valueAt(given, path.slice(at.length)), issue?.message ?? "different");
}

function raise(error: ConfigurationError): never {
  throw error;
}
