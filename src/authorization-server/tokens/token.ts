import type { Client } from "../../core/client.ts";
import { CLIENT_CREDENTIALS } from "../../core/client-metadata.ts";
import { OAuthError, quoted } from "../../core/errors.ts";
import { type Params, requireParam } from "../../core/params.ts";
import { readForm } from "../../http/form.ts";
import type { Peer } from "../../http/peer.ts";
import { jsonResponse } from "../../http/responses.ts";
import { authenticateClient } from "../clients/client-authentication.ts";
import type { Deps } from "../deps.ts";
import { redeemCode } from "./grants/authorization-code.ts";
import { issueToClient } from "./grants/client-credentials.ts";
import { rotateRefresh } from "./grants/refresh-token.ts";
import type { TokenResponse } from "./tokens.ts";

type GrantType = (client: Client, params: Params, deps: Deps, peer: Peer) => Promise<TokenResponse>;

export const GRANT_TYPES: ReadonlyMap<string, GrantType> = new Map([
  ["authorization_code", redeemCode],
  ["refresh_token", rotateRefresh],
  [CLIENT_CREDENTIALS, issueToClient],
]);

/** POST /oauth/token (RFC 6749 §3.2). Never throttled: many people share a hosted client's addresses. */
export async function token(request: Request, deps: Deps, peer: Peer): Promise<Response> {
  const params = await readForm(request, RESOURCE_MAY_REPEAT);
  // The client first: nobody else's request may read a grant, let alone change one.
  const client = await authenticateClient(request, params, deps, peer);
  const type = requireParam(params, "grant_type");
  const exchange = GRANT_TYPES.get(type);
  if (!exchange) {
    throw new OAuthError(
      "unsupported_grant_type",
      `The grant type ${quoted(type)} is not supported here. Use ${[...GRANT_TYPES.keys()].join(" or ")}.`,
    );
  }
  if (!client.grantTypes.includes(type)) {
    throw new OAuthError("unauthorized_client", `This client is not registered for the grant type ${type}.`);
  }
  return jsonResponse(await exchange(client, params, deps, peer));
}

const RESOURCE_MAY_REPEAT = new Set(["resource"]);
