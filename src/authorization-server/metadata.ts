import { CLIENT_AUTHENTICATION_METHODS } from "../core/client.ts";
import { authorizationServerMetadata, authorizationServerMetadataPaths } from "../core/metadata.ts";
import { publicJson } from "../http/responses.ts";
import { type Route, urlOf } from "../http/route.ts";
import { ASSERTION_ALGORITHMS } from "./clients/client-assertion.ts";

/** Long enough to spare a round trip, short enough that a changed setting is seen soon. */
const METADATA_MAX_AGE_SECONDS = 60;

export type MetadataParts = {
  readonly issuer: string;
  readonly scopes: readonly string[];
  readonly grantTypes: readonly string[];
  /** Whether a `client_id` may be the URL of a metadata document. */
  readonly clientIdMetadataDocuments: boolean;
};

/** GET the authorization server metadata (RFC 8414 §3). @param routes whose URLs it says */
export function metadataRoute(parts: MetadataParts, routes: readonly Route[]): Route {
  const { issuer } = parts;
  const document = authorizationServerMetadata({
    ...parts,
    endpoints: Object.fromEntries(
      routes.flatMap(({ metadata, paths: [path] }) =>
        metadata === undefined ? [] : [[metadata, urlOf(issuer, path)]],
      ),
    ),
    authenticationMethods: CLIENT_AUTHENTICATION_METHODS,
    assertionAlgorithms: ASSERTION_ALGORITHMS,
  });
  return {
    name: "authorization_server_metadata",
    paths: authorizationServerMetadataPaths(issuer),
    isAtRoot: true,
    methods: { GET: async () => publicJson(document, METADATA_MAX_AGE_SECONDS) },
    refusals: "json",
    cors: "*",
  };
}
