import { z } from "zod";
import { ConfigurationError } from "../core/errors.ts";
import type { ScopeCatalogue } from "../core/scopes.ts";
import { isSecureUrl } from "../platform/addresses.ts";
import { allowInsecureIssuer } from "./allow-insecure-issuer.ts";
import { cachedTokensOption } from "./cached-tokens-option.ts";
import { corsOption } from "./cors-option.ts";
import { documentationOption } from "./documentation-option.ts";
import { namedPath, optionLabel, unknownName, valueAt, wrongValue } from "./problems.ts";
import { PROVIDER_OPTIONS, type Provider, type ProviderOptions, parseProviders } from "./provider-options.ts";
import { catalogueOf, scopeOptions } from "./scope-options.ts";
import type { CorsSetting } from "./settings.ts";

const RESOURCE = 'the URL that people type into their client, such as "https://mcp.example.com/mcp"';
const DOCUMENTS = '"redirect" or "copy"';

const leading = z.enum(["redirect", "copy"], DOCUMENTS);
/** How clients that look for the authorization server on this host are led to it. */
export type AuthorizationServerMetadata = z.infer<typeof leading>;

const resourceServer = z.strictObject({
  /** The URL that people type into their client, byte for byte (RFC 9728 §1.2). */
  resource: z.string(RESOURCE).refine(isSecureUrl, RESOURCE),
  /** The server's name, for clients to show. */
  name: z.string("text").min(1, "text").optional(),
  /** Where people read about this server (`resource_documentation`). */
  documentation: documentationOption,
  /**
   * How clients that look for the authorization server on this host are answered: sent to the provider's document, or
   * given a copy of it. Default "redirect".
   */
  authorizationServerMetadata: leading.default("redirect"),
  /** How many verified access tokens this process remembers. Default 10,000. */
  cachedTokens: cachedTokensOption,
  /** Origins whose pages may call what is guarded. Default "*": no cookie is involved. */
  cors: corsOption,
  /** A log line for each request that is let in. Default false. */
  debug: z.boolean("true or false").default(false),
  ...scopeOptions,
});

type ResourceServerOptions = z.input<typeof resourceServer>;

/** What `protect` takes: the resource, and one provider or several. */
export type ProtectOptions = ResourceServerOptions &
  (ProviderOptions | { readonly providers: readonly ProviderOptions[] });

export type ProtectSettings = {
  readonly resource: string;
  readonly name: string | undefined;
  readonly documentation: string | undefined;
  readonly authorizationServerMetadata: AuthorizationServerMetadata;
  readonly cachedTokens: number;
  readonly cors: CorsSetting;
  readonly debug: boolean;
  readonly catalogue: ScopeCatalogue;
  readonly challengeScopes: readonly string[];
  readonly providers: readonly [Provider, ...Provider[]];
};

/** @throws ConfigurationError that names the option, what was given, and what would be right. */
export function parseProtectOptions(given: ProtectOptions): ProtectSettings {
  const { own, rest } = split(given);
  const parsed = resourceServer.safeParse(own);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const path = (issue?.path ?? []) as (string | number)[];
    throw wrongValue(optionLabel(path), valueAt(own, path), issue?.message ?? "different");
  }
  const { resource, name, documentation, authorizationServerMetadata, cachedTokens, cors, debug } =
    parsed.data;
  const beside = namedPath(Reflect.ownKeys(rest)).filter((name) => name !== "providers");
  if ("providers" in rest && beside[0] !== undefined) {
    const [other] = beside;
    throw new ConfigurationError(
      `${other} stands beside providers. Put it into the provider that it is about.`,
    );
  }
  const said =
    "providers" in rest ? (rest.providers as readonly ProviderOptions[]) : (rest as ProviderOptions);
  if (!("providers" in rest) && rest.issuer === undefined) throw missingIssuer(rest);
  return {
    resource,
    name,
    documentation,
    authorizationServerMetadata,
    cachedTokens,
    cors,
    debug,
    // Which scopes there are is the provider's matter: none is needed unless the options say so.
    catalogue: catalogueOf(parsed.data, { supported: {}, required: [] }, optionLabel),
    challengeScopes: parsed.data.challengeScopes,
    providers: parseProviders(said, resource, "providers" in rest ? [] : Object.keys(resourceServer.shape)),
  };
}

/** @throws ConfigurationError where it is neither of the two. */
export function parseAuthorizationServerMetadata(given: unknown): AuthorizationServerMetadata {
  const parsed = leading.default("redirect").safeParse(given);
  if (parsed.success) return parsed.data;
  throw wrongValue("authorizationServerMetadata", given, DOCUMENTS);
}

/** The options of the resource server itself, and those of its provider. */
function split(given: ProtectOptions): {
  readonly own: Readonly<Record<string, unknown>>;
  readonly rest: Readonly<Record<string, unknown>>;
} {
  const entries = Object.entries(given).filter(([, value]) => value !== undefined);
  const danger = given as { readonly [allowInsecureIssuer]?: unknown };
  const isOwn = ([key]: readonly [string, unknown]) => key in resourceServer.shape;
  return {
    own: Object.fromEntries(entries.filter(isOwn)),
    rest: {
      ...Object.fromEntries(entries.filter((entry) => !isOwn(entry))),
      ...(allowInsecureIssuer in danger && { [allowInsecureIssuer]: danger[allowInsecureIssuer] }),
    },
  };
}

function missingIssuer(rest: Readonly<Record<string, unknown>>): ConfigurationError {
  const known = [...PROVIDER_OPTIONS, "providers", ...Object.keys(resourceServer.shape)];
  const unknown = Object.keys(rest).find((key) => !known.includes(key));
  if (unknown !== undefined) return unknownName(unknown, known);
  return new ConfigurationError(
    "issuer is missing; it must be the provider's issuer, byte for byte what its tokens say in `iss`.",
  );
}
