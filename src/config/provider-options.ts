import type { z } from "zod";
import { ConfigurationError } from "../core/errors.ts";
import { sameResource } from "../core/grant.ts";
import type { ClaimNames } from "../core/provider-claims.ts";
import type { Credentials } from "../platform/client-authentication.ts";
import { allowsInsecureIssuer } from "./allow-insecure-issuer.ts";
import { readCredentials } from "./client-credentials.ts";
import { namesAt } from "./declared.ts";
import { tellPeopleApart } from "./people-options.ts";
import { namedPath, type OptionPath, optionLabel, unknownName, valueAt, wrongValue } from "./problems.ts";
import { providerSchema } from "./provider-schema.ts";

export const PROVIDER_OPTIONS: readonly PropertyKey[] = Reflect.ownKeys(providerSchema.shape);

/** What `protect` and `createOAuthServer` take for a provider. */
export type ProviderOptions = z.input<typeof providerSchema>;
type Parsed = z.output<typeof providerSchema>;
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
    throw new ConfigurationError("There is no provider. Say at least one, with issuer and audience.");
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
  return list.map((one, i) => parseProvider(one, list.length > 1 ? [...at, i] : at, resource, beside));
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
      `${label("authentication")} is "${authentication}", which needs a ${needed} in place of the ${is}.`,
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
