import { OAuthError, quoted } from "../../core/errors.ts";
import { requireParam } from "../../core/params.ts";
import type { CorsPolicy } from "../../http/cors.ts";
import { readForm } from "../../http/form.ts";
import type { Peer } from "../../http/peer.ts";
import { jsonResponse } from "../../http/responses.ts";
import type { Route } from "../../http/route.ts";
import type { AuthenticateClient } from "../clients/client-authentication.ts";
import type { GrantTypes } from "./grants/grant-type.ts";

/** The token endpoint is also what clients name as the audience of their assertions. */
export const TOKEN_PATH = "/oauth/token";

export type TokenParts = {
  readonly authenticateClient: AuthenticateClient;
  readonly grantTypes: GrantTypes;
};

/** POST /oauth/token (RFC 6749 §3.2). Never throttled: many people share a hosted client's addresses. */
export function tokenRoute(parts: TokenParts, cors: CorsPolicy): Route {
  return {
    name: "token",
    // The bare one is for clients of 2025-03-26 that guess when they find no metadata.
    paths: [TOKEN_PATH, "/token"],
    methods: { POST: (request, peer) => token(request, peer, parts) },
    refusals: "json",
    refusedAs: "token.refused",
    cors,
    metadata: "token_endpoint",
  };
}

async function token(request: Request, peer: Peer, parts: TokenParts): Promise<Response> {
  const { authenticateClient, grantTypes } = parts;
  const params = await readForm(request, RESOURCE_MAY_REPEAT);
  // The client first: nobody else's request may read a grant, let alone change one.
  const client = await authenticateClient(request, params, peer);
  const type = requireParam(params, "grant_type");
  const exchange = grantTypes.get(type);
  if (!exchange) {
    throw new OAuthError(
      "unsupported_grant_type",
      `The grant type ${quoted(type)} is not supported here. Use ${[...grantTypes.keys()].join(" or ")}.`,
    );
  }
  if (!client.grantTypes.includes(type)) {
    throw new OAuthError("unauthorized_client", `This client is not registered for the grant type ${type}.`);
  }
  return jsonResponse(await exchange(client, params, peer));
}

const RESOURCE_MAY_REPEAT = new Set(["resource"]);
