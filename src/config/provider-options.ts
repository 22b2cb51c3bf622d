import type { z } from "zod";
import { ConfigurationError } from "../core/errors.ts";
import { sameResource } from "../core/grant.ts";
import type { ClaimNames } from "../core/provider-claims.ts";
import type { Credentials } from "../platform/client-authentication.ts";
import { type allowInsecureIssuer, allowsInsecureIssuer } from "./allow-insecure-issuer.ts";
import { readCredentials } from "./client-credentials.ts";
import { namesAt } from "./declared.ts";
import { tellPeopleApart } from "./people-options.ts";
import {
  namedPath,
  type OptionPath,
  optionLabel,
  requireOptions,
  unknownName,
  valueAt,
  wrongValue,
} from "./problems.ts";
import { providerSchema } from "./provider-schema.ts";

export const PROVIDER_OPTIONS: readonly PropertyKey[] = Reflect.ownKeys(providerSchema.shape);

type Given = z.input<typeof providerSchema>;
type Parsed = z.output<typeof providerSchema>;

// The members of these three are written as those of `OAuthServerOptions` are.

/** What `protect` and `createOAuthServer` take for a provider. */
export type ProviderOptions = {
  /** The issuer, byte for byte what its tokens say in `iss`. */
  issuer: Given["issuer"];
  /** Other spellings of `iss` that the provider uses (Entra's v1 tokens). Default: none. */
  issuerAliases?: Given["issuerAliases"];
  /** What its tokens say in `aud` for this server, as text or a list of which one must be there. */
  audience: Given["audience"];
  /** The authorization server that clients are sent to, where it is not the issuer (Scalekit). Default: the issuer. */
  authorizationServer?: Given["authorizationServer"];
  /** Where its keys are. Default: as its metadata says. */
  jwksUri?: Given["jwksUri"];
  /** Where its metadata is, where that is at none of the usual places. Default: the usual places. */
  metadataUrl?: Given["metadataUrl"];
  /** For opaque tokens: the credentials to ask the provider about them (RFC 7662). Default: none. */
  introspection?: IntrospectionOptions | undefined;
  /** For opaque tokens of Google, which has its own kind of endpoint instead of RFC 7662. Default: none. */
  tokeninfo?: Given["tokeninfo"];
  /**
   * For tokens that only your own code can read: it resolves to their claims, as introspection answers them, or to
   * `undefined`. Default: none.
   */
  verify?: Given["verify"];
  /**
   * Prefix for the ids of its people, if several issuers are accepted: "okta:" makes "okta:00u1" of "00u1". Default:
   * none.
   */
  personPrefix?: Given["personPrefix"];
  /** Whether an id of this provider is the person of that id at the first issuer. Default: `false`. */
  samePeople?: Given["samePeople"];
  /** The prefix of a scope's name in requests of clients (Entra, Cognito). Default: none. */
  scopePrefix?: Given["scopePrefix"];
  /**
   * What marks the provider's access tokens, where its ID tokens look alike: claims of which one must be there, or
   * several such lists. Default: none.
   */
  accessTokenClaims?: Given["accessTokenClaims"];
  /** Which claims hold what, where the provider does it in its own way. Default: the usual claims. */
  claims?: ClaimsOptions | undefined;
  /** How far the provider's clock may be off. Default: `30`. */
  leewaySeconds?: Given["leewaySeconds"];
  /** Let these URLs, and those that the metadata names, be `http://` on a network. Default: `false`. */
  [allowInsecureIssuer]?: Given[typeof allowInsecureIssuer];
};

/** The credentials to ask a provider about opaque tokens (RFC 7662). */
type IntrospectionOptions = {
  /** Where the provider is asked. Default: as its metadata says. */
  endpoint?: NonNullable<Given["introspection"]>["endpoint"];
  /** The `client_id` that asks. */
  clientId: NonNullable<Given["introspection"]>["clientId"];
  /** Its secret; give this or a `privateKey`. Default: none. */
  clientSecret?: NonNullable<Given["introspection"]>["clientSecret"];
  /** Its private key; give this or a `clientSecret`. Default: none. */
  privateKey?: NonNullable<Given["introspection"]>["privateKey"];
  /** What the private key signs with, such as "ES256". Default: what its kind does. */
  algorithm?: NonNullable<Given["introspection"]>["algorithm"];
  /** The `kid` under which the provider knows the public key. Default: none. */
  keyId?: NonNullable<Given["introspection"]>["keyId"];
  /** The `aud` of the assertion that the private key signs. Default: the issuer. */
  assertionAudience?: NonNullable<Given["introspection"]>["assertionAudience"];
  /** How the credentials are sent. Default: a secret in the header, a key as an assertion. */
  authentication?: NonNullable<Given["introspection"]>["authentication"];
  /** How long an active token is believed without asking again, never past its end. Default: `60`. */
  cacheSeconds?: NonNullable<Given["introspection"]>["cacheSeconds"];
};

/** Which claims hold what. */
type ClaimsOptions = {
  /** The claims that may hold the scopes. Default: `scope`, `scp`, `permissions`. */
  scopes?: NonNullable<Given["claims"]>["scopes"];
  /** The claims that may hold the person's id. Default: `sub`. */
  person?: NonNullable<Given["claims"]>["person"];
  /** The claims that may hold the client's id. Default: `client_id`, `azp`, `cid`. */
  client?: NonNullable<Given["claims"]>["client"];
  /** The claim that is the subject of people who also sign in here through the provider. Default: `sub`. */
  subject?: NonNullable<Given["claims"]>["subject"];
  /** The claim that holds the audience. Default: `aud`. */
  audience?: NonNullable<Given["claims"]>["audience"];
};

/** The same, parsed. */
export type Provider = Omit<Parsed, "claims" | "introspection" | "personPrefix" | "samePeople"> & {
  readonly claims: ClaimNames & { readonly audience: string };
  readonly introspection: Introspection | undefined;
  /** Stands before the ids of its people; "" where they are as the provider has them. */
  readonly personPrefix: string;
  /** Whether the URLs that it learns may be `http://` on a network. */
  readonly allowInsecure: boolean;
};
export type Introspection = {
  readonly endpoint: string | undefined;
  readonly clientId: string;
  readonly credentials: Credentials;
  readonly cacheSeconds: number;
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
    throw new ConfigurationError("There is no provider. Give at least one, with issuer and audience.");
  checkIssuers([first, ...others]);
  const { issuer, personPrefix = "" } = first;
  const further = tellPeopleApart({ issuer, personPrefix }, others);
  return [{ ...first, personPrefix }, ...further];
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
  if (own === undefined) return tellPeopleApart({ issuer: server.issuer, personPrefix: "" }, providers);
  throw new ConfigurationError(
    `alsoAccept names ${own}, which is this server's own issuer. Take it out: its own tokens are accepted anyway.`,
  );
}

/** Which key is believed for an `iss` must not hang on the order in which providers are named. */
function checkIssuers(providers: readonly ParsedProvider[]): void {
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

function issuersOf({ issuer, issuerAliases }: Pick<Provider, "issuer" | "issuerAliases">): readonly string[] {
  return [issuer, ...issuerAliases];
}

function parseList(
  given: ProviderOptions | readonly ProviderOptions[],
  resource: string,
  at: OptionPath,
  beside: readonly string[] = [],
): readonly ParsedProvider[] {
  const list = Array.isArray(given) ? given : [given as ProviderOptions];
  return list.map((one, i) => {
    const place = list.length > 1 ? [...at, i] : at;
    requireOptions(optionLabel(place) || "The provider", one, '{ issuer: "https://idp.example.com", … }');
    return parseProvider(one, place, resource, beside);
  });
}

/** One by itself: whose people it has, its place in the list says too. */
type ParsedProvider = Omit<Provider, "personPrefix"> & Pick<Parsed, "personPrefix" | "samePeople">;

function parseProvider(
  given: ProviderOptions,
  at: OptionPath,
  resource: string,
  beside: readonly string[],
): ParsedProvider {
  const parsed = providerSchema.safeParse(given);
  if (!parsed.success) throw problemOf(parsed.error, given, at, resource, beside);
  const { data } = parsed;
  const label = (name: string) => optionLabel([...at, name]);
  const [one, other] = ASKED.filter((name) => data[name] !== undefined);
  if (one !== undefined && other !== undefined) {
    throw new ConfigurationError(`${label(one)} and ${label(other)} are both given. Keep one of them.`);
  }
  return {
    ...data,
    introspection: data.introspection && readIntrospection(data.introspection, [...at, "introspection"]),
    allowInsecure: allowsInsecureIssuer(data),
  };
}

/** The ways to learn what an opaque token says. */
const ASKED = ["introspection", "tokeninfo", "verify"] as const;

function readIntrospection(given: NonNullable<Parsed["introspection"]>, at: OptionPath): Introspection {
  const { endpoint, clientId, cacheSeconds, authentication } = given;
  const { clientSecret, privateKey, algorithm, keyId, assertionAudience } = given;
  const label = (name: string) => optionLabel([...at, name]);
  const isForKey = authentication === "private_key_jwt";
  const [needed, is] = isForKey ? ["privateKey", "clientSecret"] : ["clientSecret", "privateKey"];
  const lacks = isForKey ? privateKey === undefined : clientSecret === undefined;
  const hasOther = isForKey ? clientSecret !== undefined : privateKey !== undefined;
  if (authentication !== undefined && lacks && hasOther) {
    throw new ConfigurationError(
      `${label("authentication")} is "${authentication}", which needs a ${needed} instead of the ${is}.`,
    );
  }
  const method = isForKey ? undefined : (authentication ?? "client_secret_basic");
  const credentials = readCredentials(
    { clientSecret, privateKey, algorithm, keyId, assertionAudience, method },
    label,
  );
  return { endpoint, clientId, cacheSeconds, credentials };
}

function problemOf(
  error: z.ZodError,
  given: ProviderOptions,
  at: OptionPath,
  resource: string,
  beside: readonly string[],
): ConfigurationError {
  // A misspelt name first: often it is why another one is missing.
  const issue = error.issues.find(({ code }) => code === "unrecognized_keys") ?? error.issues[0];
  const inside = issue?.path ?? [];
  const path = [...at, ...namedPath(inside)];
  if (issue?.code === "unrecognized_keys") {
    const known = [...namesAt(providerSchema, inside), ...(inside.length === 0 ? beside : [])];
    return unknownName(optionLabel([...path, issue.keys[0] ?? ""]), known);
  }
  if (path.at(-1) === "audience" && given?.audience === undefined) {
    return new ConfigurationError(
      `The audience is missing. Configure the provider to put ${JSON.stringify(resource)} into the tokens' aud ` +
        "(at some it is called the API identifier or the resource), and give the same value as audience.",
    );
  }
  return wrongValue(optionLabel(path), valueAt(given, inside), issue?.message ?? "different");
}
