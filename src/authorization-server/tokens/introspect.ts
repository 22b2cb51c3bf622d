import { isConfidential } from "../../core/client.ts";
import { OAuthError } from "../../core/errors.ts";
import type { Grant } from "../../core/grant.ts";
import { requireParam } from "../../core/params.ts";
import { formatScopes } from "../../core/scopes.ts";
import { readForm } from "../../http/form.ts";
import type { Peer } from "../../http/peer.ts";
import { jsonResponse } from "../../http/responses.ts";
import { authenticateClient } from "../clients/client-authentication.ts";
import type { Deps } from "../deps.ts";
import { type PresentedToken, readPresentedToken } from "./presented-token.ts";

const INACTIVE = { active: false } as const;

/**
 * POST /oauth/introspect (RFC 7662). A confidential client sees its own live tokens; everything else is
 * `{"active": false}`, with nothing that tells one reason from another (§2.2).
 */
export async function introspect(request: Request, deps: Deps, peer: Peer): Promise<Response> {
  const params = await readForm(request);
  const client = await authenticateClient(request, params, deps, peer);
  if (!isConfidential(client)) {
    // §2.1: the caller must be authorized, and a public client_id proves nothing.
    throw new OAuthError(
      "invalid_client",
      "Introspection is for clients that authenticate with a secret or a key.",
    );
  }
  const presented = readPresentedToken(requireParam(params, "token"), deps);
  const grant = presented && (await deps.store.findGrant(presented.grantId));
  if (!presented || !grant || grant.clientId !== client.id || grant.revokedAt !== null)
    return jsonResponse(INACTIVE);
  return jsonResponse(
    presented.kind === "access" ? accessToken(presented, grant, deps) : refreshToken(presented, grant, deps),
  );
}

function accessToken(
  { claims }: PresentedToken & { kind: "access" },
  grant: Grant,
  { clock, uses }: Deps,
): object {
  if (clock() / 1000 >= claims.exp) return INACTIVE;
  // Whoever asks has been sent it, or holds it. Who asks about a refresh token has used nothing.
  uses.seen(grant, claims.gen);
  const { gid: _internal, ...shown } = claims;
  return { active: true, token_type: "Bearer", ...shown };
}

function refreshToken(presented: PresentedToken & { kind: "refresh" }, grant: Grant, deps: Deps): object {
  const endsAt = Math.min(grant.refreshExpiresAt, grant.endsAt);
  if (presented.generation !== grant.generation || deps.clock() >= endsAt) return INACTIVE;
  return {
    active: true,
    token_type: "refresh_token",
    iss: deps.settings.issuer,
    sub: grant.person.id,
    aud: grant.resource,
    client_id: grant.clientId,
    scope: formatScopes(grant.scopes),
    exp: Math.floor(endsAt / 1000),
  };
}
