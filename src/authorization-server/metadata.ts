import { CLIENT_AUTHENTICATION_METHODS } from "../core/client.ts";
import { authorizationServerMetadata } from "../core/metadata.ts";
import { ASSERTION_ALGORITHMS } from "./clients/client-assertion.ts";
import type { Deps } from "./deps.ts";
import { JWKS_MAX_AGE_SECONDS } from "./tokens/signing-keys.ts";
import { GRANT_TYPES } from "./tokens/token.ts";

/** Long enough to spare a round trip, short enough that a changed setting is seen soon. */
const METADATA_MAX_AGE_SECONDS = 60;

/** GET the authorization server metadata (RFC 8414 §3). */
export async function metadata(_request: Request, { settings }: Deps): Promise<Response> {
  const document = authorizationServerMetadata({
    issuer: settings.issuer,
    scopes: [...settings.catalogue.descriptions.keys()],
    grantTypes: [...GRANT_TYPES.keys()],
    authenticationMethods: CLIENT_AUTHENTICATION_METHODS,
    assertionAlgorithms: ASSERTION_ALGORITHMS,
    registration: settings.registration,
    clientIdMetadataDocuments: settings.clientIdMetadataDocuments,
  });
  return publicJson(document, METADATA_MAX_AGE_SECONDS);
}

/** GET /oauth/jwks (RFC 7517 §5). */
export async function jwks(_request: Request, { keys }: Deps): Promise<Response> {
  return publicJson(keys.jwks(), JWKS_MAX_AGE_SECONDS);
}

function publicJson(document: unknown, maxAgeSeconds: number): Response {
  return Response.json(document, { headers: { "Cache-Control": `public, max-age=${maxAgeSeconds}` } });
}
