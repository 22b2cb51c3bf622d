import { hash } from "node:crypto";
import { z } from "zod";
import { CLIENT_AUTHENTICATION_METHODS, type Client, type ClientAuthenticationMethod } from "./client.ts";
import { isUsableClientKey, USABLE_CLIENT_KEYS } from "./client-key.ts";
import { OAuthError, quoted } from "./errors.ts";
import { type RedirectList, refuseOtherHosts } from "./redirect-list.ts";
import { type RedirectKind, redirectKind } from "./redirect-uri.ts";
import { formatScopes, OFFLINE_ACCESS, parseScopes, type ScopeCatalogue } from "./scopes.ts";

/** What a client says about itself (RFC 7591 §2), once it is parsed. */
export type ClientMetadata = Omit<Client, "id" | "origin" | "secretHash" | "createdAt">;

export type MetadataRules = {
  /** Scopes outside it are narrowed away. */
  readonly catalogue: Pick<ScopeCatalogue, "descriptions">;
  /** The authentication methods that this way of coming allows; all of them unless said. */
  readonly methods?: readonly ClientAuthenticationMethod[];
  /** The grant types that it allows; unless said, those with which a client acts for people. */
  readonly grantTypes?: readonly string[];
  /** Where its redirect URIs may lead; anywhere unless said. */
  readonly redirectHosts?: RedirectList | undefined;
};

/** A client with this grant type acts for itself: nobody signs in and nobody approves. Only the operator gives it. */
export const CLIENT_CREDENTIALS = "client_credentials";

/**
 * Reads client metadata, whatever way it came: dynamic registration, a metadata document, or the operator's options.
 * Members that we do not know are ignored (RFC 7591 §2), and so is null.
 * @throws OAuthError `invalid_redirect_uri` naming the first address that is wrong, or `invalid_client_metadata`.
 */
export function parseClientMetadata(input: unknown, rules: MetadataRules): ClientMetadata {
  const parsed = wireMetadata.safeParse(input);
  if (!parsed.success) throw unusable(parsed.error);
  const wire = parsed.data;
  const grantTypes = pickGrantTypes(wire.grant_types, rules.grantTypes);
  const redirectUris = [...new Set(wire.redirect_uris)];
  if (grantTypes.includes("authorization_code") && redirectUris.length === 0) throw withoutRedirectUris();
  const kinds = redirectUris.map(redirectKind);
  for (const uri of redirectUris) refuseOtherHosts(uri, rules.redirectHosts);
  checkResponseTypes(wire.response_types);
  const applicationType = wire.application_type ?? inferApplicationType(kinds);
  const isNative = applicationType === "native" || !kinds.includes("https");
  const authenticationMethod = pickMethod(wire.token_endpoint_auth_method, isNative, rules.methods);
  return {
    name: cleanName(wire.client_name),
    redirectUris,
    authenticationMethod,
    ...pickKeys(authenticationMethod, wire.jwks, wire.jwks_uri),
    grantTypes,
    scopes: parseScopes(wire.scope ?? undefined).filter(
      (scope) => rules.catalogue.descriptions.has(scope) || scope === OFFLINE_ACCESS,
    ),
    clientUri: httpsUrl(wire.client_uri),
    logoUri: httpsUrl(wire.logo_uri),
    applicationType,
    // A client never says this of itself: only the operator does.
    remembersConsent: false,
  };
}

/**
 * The id of a client that holds no secret of ours: a hash of what it registered. The same registration has the same
 * id, today and after its database was lost.
 */
export function clientIdOf(metadata: ClientMetadata): string {
  const canonical = JSON.stringify([
    metadata.name,
    [...metadata.redirectUris].sort(),
    metadata.authenticationMethod,
    metadata.jwks,
    metadata.jwksUri,
    [...metadata.grantTypes].sort(),
    [...metadata.scopes].sort(),
    metadata.clientUri,
    metadata.logoUri,
    metadata.applicationType,
  ]);
  return `dcr_${hash("sha256", canonical, "base64url")}`;
}

/** The metadata as the wire has it (RFC 7591 §3.2.1), empty members left out. */
export function formatClientMetadata(metadata: ClientMetadata): Readonly<Record<string, unknown>> {
  return {
    ...(metadata.name === null ? {} : { client_name: metadata.name }),
    redirect_uris: metadata.redirectUris,
    token_endpoint_auth_method: metadata.authenticationMethod,
    ...(metadata.jwks === null ? {} : { jwks: metadata.jwks }),
    ...(metadata.jwksUri === null ? {} : { jwks_uri: metadata.jwksUri }),
    grant_types: metadata.grantTypes,
    response_types: ["code"],
    ...(metadata.scopes.length === 0 ? {} : { scope: formatScopes(metadata.scopes) }),
    ...(metadata.clientUri === null ? {} : { client_uri: metadata.clientUri }),
    ...(metadata.logoUri === null ? {} : { logo_uri: metadata.logoUri }),
    application_type: metadata.applicationType,
  };
}

const MAXIMUM_REDIRECT_URIS = 50;
const MAXIMUM_URL_LENGTH = 2048;
const MAXIMUM_NAME_LENGTH = 100;
const MAXIMUM_KEYS = 20;
const GRANT_TYPES = ["authorization_code", "refresh_token"];

/** What a public JWK is made of (RFC 7517 §4): text, lists of text (`key_ops`, `x5c`), and extensions as simple. */
const keyMember = z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.string())], {
  error: "a key has a value that is not text",
});

const wireMetadata = z.object({
  redirect_uris: z
    .array(z.string().max(MAXIMUM_URL_LENGTH, `an address is longer than ${MAXIMUM_URL_LENGTH} characters`), {
      error: "a list of addresses is needed",
    })
    .max(MAXIMUM_REDIRECT_URIS, `there are more than ${MAXIMUM_REDIRECT_URIS}`),
  client_name: z.string().nullish(),
  token_endpoint_auth_method: z.string().nullish(),
  grant_types: z.array(z.string()).nullish(),
  response_types: z.array(z.string()).nullish(),
  // A kind of application that we never heard of is one that was not said.
  application_type: z.enum(["web", "native"]).nullish().catch(undefined),
  scope: z.string().nullish(),
  client_uri: z.string().nullish(),
  logo_uri: z.string().nullish(),
  jwks: z.object({ keys: z.array(z.record(z.string(), keyMember)).min(1).max(MAXIMUM_KEYS) }).nullish(),
  jwks_uri: z.string().nullish(),
});

function unusable(error: z.ZodError): OAuthError {
  const issue = error.issues[0];
  const member = String(issue?.path[0] ?? "");
  if (member === "") return refuse("The client metadata must be one JSON object.");
  const code = member === "redirect_uris" ? "invalid_redirect_uri" : "invalid_client_metadata";
  return new OAuthError(code, `The member ${member} cannot be used: ${issue?.message}.`);
}

function withoutRedirectUris(): OAuthError {
  return new OAuthError(
    "invalid_redirect_uri",
    "The member redirect_uris cannot be used: a list with at least one address is needed.",
  );
}

function checkResponseTypes(types: readonly string[] | null | undefined): void {
  if (types && types.length > 0 && !types.includes("code")) {
    throw refuse("The member response_types must include code, the only response type of this server.");
  }
}

/** OpenID Connect Registration §2 would say "web"; clients that leave it out and listen on this computer are native. */
function inferApplicationType(kinds: readonly RedirectKind[]): "web" | "native" {
  return kinds.every((kind) => kind === "https") ? "web" : "native";
}

/**
 * RFC 7591 §2: a client that names no method gets a secret. But a native app, which is what leads back to this computer
 * or to an app on it, can't keep one (RFC 8252 §8.4), and those that leave the method out don't expect one: they are public, and the
 * response says so (§3.2.1 lets us replace values).
 */
function pickMethod(
  named: string | null | undefined,
  isNative: boolean,
  allowed: readonly ClientAuthenticationMethod[] = CLIENT_AUTHENTICATION_METHODS,
): ClientAuthenticationMethod {
  const fallback = isNative || !allowed.includes("client_secret_basic") ? "none" : "client_secret_basic";
  const wanted = named || fallback;
  const method = allowed.find((candidate) => candidate === wanted);
  if (method) return method;
  throw refuse(`token_endpoint_auth_method cannot be ${quoted(wanted)}; use one of ${allowed.join(", ")}.`);
}

/** Missing means both: clients of MCP expect to be refreshed, whatever the RFC's default is. */
function pickGrantTypes(
  named: readonly string[] | null | undefined,
  allowed: readonly string[] = GRANT_TYPES,
): readonly string[] {
  if (!named || named.length === 0) return GRANT_TYPES;
  const kept = allowed.filter((type) => named.includes(type));
  if (kept.includes("authorization_code")) return kept;
  // Without people there is nothing to refresh (RFC 6749 §4.4.3).
  if (kept.includes(CLIENT_CREDENTIALS)) return [CLIENT_CREDENTIALS];
  throw refuse("grant_types must have authorization_code: without it no one can sign in with this client.");
}

/** RFC 7591 §2: `jwks` and `jwks_uri` exclude each other. Only `private_key_jwt` has a use for either. */
function pickKeys(
  method: ClientAuthenticationMethod,
  jwks: Client["jwks"] | undefined,
  jwksUri: string | null | undefined,
): Pick<Client, "jwks" | "jwksUri"> {
  if (method !== "private_key_jwt") return { jwks: null, jwksUri: null };
  if (jwks && jwksUri) throw refuse("jwks and jwks_uri are both given; send one of them.");
  if (jwksUri) {
    const url = httpsUrl(jwksUri);
    if (url === null) throw refuse("jwks_uri must be an https URL without a user name or a fragment.");
    return { jwks: null, jwksUri: url };
  }
  if (!jwks) throw refuse("private_key_jwt needs the public keys: send jwks or jwks_uri.");
  for (const key of jwks.keys) checkPublicKey(key);
  if (!jwks.keys.some(isUsableClientKey))
    throw refuse(`jwks has no key that can be used here. Send one of these: ${USABLE_CLIENT_KEYS}.`);
  return { jwks, jwksUri: null };
}

/** Whoever could read a private or symmetric key here could be the client. */
function checkPublicKey(key: Readonly<Record<string, unknown>>): void {
  if (key.kty === "oct" || "d" in key || "k" in key) {
    throw refuse("jwks has a secret key; send only public keys, and stop using this one.");
  }
}

/** Shown on the consent page, so nothing in it may reorder, hide or break what stands around it. */
function cleanName(name: string | null | undefined): string | null {
  if (name && isPlainName(name)) return name;
  const cleaned = (name ?? "")
    .slice(0, MAXIMUM_NAME_LENGTH * 10)
    .normalize("NFC")
    .replace(/[\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}]/gu, "")
    .replace(/[\p{Cc}\p{Z}]+/gu, " ")
    // Marks piled on one letter grow over the lines above and below.
    .replace(/(\p{M}{3})\p{M}+/gu, "$1")
    .trim();
  return cleaned === "" ? null : [...cleaned].slice(0, MAXIMUM_NAME_LENGTH).join("").trim();
}

/** Nearly every name: words of printable ASCII, with one space between them. There is nothing in it to clean. */
function isPlainName(name: string): boolean {
  return name.length <= MAXIMUM_NAME_LENGTH && /^[!-~]+(?: [!-~]+)*$/.test(name);
}

/** The address as the parser sees it, or null where it is not https or could be mistaken for another. */
function httpsUrl(text: string | null | undefined): string | null {
  if (!text || text.length > MAXIMUM_URL_LENGTH) return null;
  const url = URL.parse(text);
  if (url?.protocol !== "https:" || url.username !== "" || url.password !== "" || url.hash !== "")
    return null;
  return url.href;
}

function refuse(text: string): OAuthError {
  return new OAuthError("invalid_client_metadata", text);
}
