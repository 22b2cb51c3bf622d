import type { ClientAuthenticationMethod } from "./client.ts";
import { OFFLINE_ACCESS } from "./scopes.ts";

export type AuthorizationServerFacts = {
  readonly issuer: string;
  /** The URLs of the endpoints, by the members that have them: `token_endpoint` and the like. */
  readonly endpoints: Readonly<Record<string, string>>;
  readonly scopes: readonly string[];
  readonly grantTypes: readonly string[];
  readonly authenticationMethods: readonly ClientAuthenticationMethod[];
  readonly assertionAlgorithms: readonly string[];
  /** Whether a `client_id` may be the URL of a metadata document. */
  readonly clientIdMetadataDocuments: boolean;
};

/** Authorization server metadata (RFC 8414 §2). It says what is on, and nothing that is off. */
export function authorizationServerMetadata(
  facts: AuthorizationServerFacts,
): Readonly<Record<string, unknown>> {
  const { issuer } = facts;
  const confidential = facts.authenticationMethods.filter((method) => method !== "none");
  return {
    issuer,
    ...facts.endpoints,
    scopes_supported: [...facts.scopes, OFFLINE_ACCESS],
    response_types_supported: ["code"],
    response_modes_supported: ["query"],
    grant_types_supported: facts.grantTypes,
    code_challenge_methods_supported: ["S256"],
    token_endpoint_auth_methods_supported: facts.authenticationMethods,
    token_endpoint_auth_signing_alg_values_supported: facts.assertionAlgorithms,
    revocation_endpoint_auth_methods_supported: facts.authenticationMethods,
    revocation_endpoint_auth_signing_alg_values_supported: facts.assertionAlgorithms,
    introspection_endpoint_auth_methods_supported: confidential,
    introspection_endpoint_auth_signing_alg_values_supported: facts.assertionAlgorithms,
    authorization_response_iss_parameter_supported: true,
    ...(facts.clientIdMetadataDocuments ? { client_id_metadata_document_supported: true } : {}),
    prompt_values_supported: ["none", "login", "consent"],
  };
}

/** Paths that answer with the authorization server metadata: inserted (RFC 8414 §3.1) and appended, by both names. */
export function authorizationServerMetadataPaths(issuer: string): readonly [string, ...string[]] {
  const path = withoutSlash(new URL(issuer).pathname);
  const [oauth, openid] = ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"];
  return path === ""
    ? [oauth, openid]
    : [`${oauth}${path}`, `${path}${oauth}`, `${openid}${path}`, `${path}${openid}`];
}

export type ProtectedResourceFacts = {
  readonly resource: string;
  readonly authorizationServers: readonly string[];
  readonly scopes: readonly string[];
  readonly name: string | undefined;
  readonly documentation?: string | undefined;
};

/** Protected resource metadata (RFC 9728 §2). */
export function protectedResourceMetadata(facts: ProtectedResourceFacts): Readonly<Record<string, unknown>> {
  return {
    resource: facts.resource,
    authorization_servers: facts.authorizationServers,
    ...(facts.scopes.length > 0 ? { scopes_supported: facts.scopes } : {}),
    bearer_methods_supported: ["header"],
    ...(facts.name === undefined ? {} : { resource_name: facts.name }),
    ...(facts.documentation === undefined ? {} : { resource_documentation: facts.documentation }),
  };
}

const PROTECTED_RESOURCE = "/.well-known/oauth-protected-resource";

/** The absolute URL of the metadata, which every challenge names (RFC 9728 §3.1: inserted before the path). */
export function protectedResourceMetadataUrl(resource: string): string {
  const url = new URL(resource);
  return `${url.origin}${PROTECTED_RESOURCE}${withoutSlash(url.pathname)}`;
}

/** Paths that answer with the protected resource metadata: the form with the path, and the root. */
export function protectedResourceMetadataPaths(resource: string): readonly [string, ...string[]] {
  const path = withoutSlash(new URL(resource).pathname);
  return path === "" ? [PROTECTED_RESOURCE] : [`${PROTECTED_RESOURCE}${path}`, PROTECTED_RESOURCE];
}

function withoutSlash(text: string): string {
  return text.endsWith("/") ? text.slice(0, -1) : text;
}
