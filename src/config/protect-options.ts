import { z } from "zod";
import { ConfigurationError } from "../core/errors.ts";
import type { ScopeCatalogue } from "../core/scopes.ts";
import { isSecureUrl } from "../platform/addresses.ts";
import { allowInsecureIssuer } from "./allow-insecure-issuer.ts";
import { text } from "./basic-schemas.ts";
import { declared, declaredOptions } from "./declared.ts";
import { guardOptions } from "./guard-options.ts";
import { namedPath, unknownName, wrongValue } from "./problems.ts";
import { PROVIDER_OPTIONS, type Provider, type ProviderOptions, parseProviders } from "./provider-options.ts";
import { readOptions } from "./read-options.ts";
import { catalogueOf, scopeOptions } from "./scope-options.ts";

const RESOURCE = 'the URL that people type into their client, such as "https://mcp.example.com/mcp"';
const DOCUMENTS = '"redirect" or "copy"';

const leading = z.enum(["redirect", "copy"], DOCUMENTS).default("redirect");
/** How clients that look for the authorization server on this host are led to it. */
export type AuthorizationServerMetadata = z.output<typeof leading>;

const resourceServer = z.strictObject({
  resource: z.string(RESOURCE).refine(isSecureUrl, RESOURCE).register(declared, {
    says: "The URL that people type into their client, byte for byte (RFC 9728 §1.2).",
  }),
  name: text("text").optional().register(declared, {
    says: "The server's name, for clients to show.",
  }),
  authorizationServerMetadata: leading.register(declared, {
    says: "How clients that look for the authorization server on this host are answered: sent to the provider's document (`redirect`), or given a copy of it (`copy`).",
  }),
  ...guardOptions,
  ...scopeOptions,
});

/** The options of the resource server itself, beside those of its provider. */
export const resourceServerOptions = declaredOptions(resourceServer.shape);

type Parsed = Required<z.output<typeof resourceServer>>;
type Given = z.input<typeof resourceServer>;

// Written as `OAuthServerOptions` is, from what is declared of each option.
type ResourceServerOptions = {
  /** The URL that people type into their client, byte for byte (RFC 9728 §1.2). */
  resource: Given["resource"];
  /** The server's name, for clients to show. Default: none. */
  name?: Given["name"];
  /**
   * How clients that look for the authorization server on this host are answered: sent to the provider's document
   * (`redirect`), or given a copy of it (`copy`). Default: `redirect`.
   */
  authorizationServerMetadata?: Given["authorizationServerMetadata"];
  /** How many verified access tokens this instance remembers. Default: `10000`. */
  cachedTokens?: Given["cachedTokens"];
  /**
   * Origins whose pages may call the server from a browser: a list, or `"*"` for any, since no cookie is involved.
   * Default: `*`.
   */
  cors?: Given["cors"];
  /**
   * The URL where people read about the server, which clients may show (`resource_documentation`, RFC 9728 §2).
   * Default: none.
   */
  documentation?: Given["documentation"];
  /** Write more log lines. Default: `false`. */
  debug?: Given["debug"];
  /**
   * A list of scopes, or an object: scope → what it lets a client do, in plain words for the consent page. Default:
   * `mcp`; with a provider, the scopes that it has.
   */
  supportedScopes?: Given["supportedScopes"];
  /** Scopes that every request needs. Default: `mcp` where it is supported, else none. */
  requiredScopes?: Given["requiredScopes"];
  /** Scopes that the first challenge and the resource metadata name beside the required ones. Default: none. */
  challengeScopes?: Given["challengeScopes"];
  /** Broader scope → the narrower ones that it includes. Default: none. */
  scopeImplies?: Given["scopeImplies"];
};

/** What `protect` takes: the resource, and one provider or several. */
export type ProtectOptions = ResourceServerOptions &
  (ProviderOptions | { readonly providers: readonly ProviderOptions[] });

export type ProtectSettings = Readonly<
  Omit<Parsed, "supportedScopes" | "requiredScopes" | "scopeImplies">
> & {
  readonly catalogue: ScopeCatalogue;
  readonly providers: readonly [Provider, ...Provider[]];
};

/** @throws ConfigurationError that names the option, what was given, and what would be right. */
export function parseProtectOptions(given: ProtectOptions): ProtectSettings {
  const { own, rest } = split(given);
  const { parsed, label } = readOptions(resourceServer, own);
  const { supportedScopes, requiredScopes, scopeImplies, ...asParsed } = parsed;
  const beside = namedPath(Reflect.ownKeys(rest)).filter((name) => name !== "providers");
  if ("providers" in rest && beside[0] !== undefined) {
    const [other] = beside;
    throw new ConfigurationError(`${other} is given beside providers. Put it into its provider.`);
  }
  const said =
    "providers" in rest ? (rest.providers as readonly ProviderOptions[]) : (rest as ProviderOptions);
  if (!("providers" in rest) && rest.issuer === undefined) throw missingIssuer(rest);
  const besideProvider = "providers" in rest ? [] : Object.keys(resourceServer.shape);
  return {
    ...asParsed,
    // Which scopes there are is the provider's matter: none is needed unless the options say so.
    catalogue: catalogueOf(parsed, { supported: {}, required: [] }, label),
    providers: parseProviders(said, parsed.resource, besideProvider),
  };
}

/** @throws ConfigurationError where it is neither of the two. */
export function parseAuthorizationServerMetadata(given: unknown): AuthorizationServerMetadata {
  const parsed = leading.safeParse(given);
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
