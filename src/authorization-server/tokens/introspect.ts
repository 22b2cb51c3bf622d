import { isConfidential } from "../../core/client.ts";
import { OAuthError } from "../../core/errors.ts";
import type { Grant } from "../../core/grant.ts";
import { requireParam } from "../../core/params.ts";
import { formatScopes } from "../../core/scopes.ts";
import type { CorsPolicy } from "../../http/cors.ts";
import { readForm } from "../../http/form.ts";
import type { Peer } from "../../http/peer.ts";
import { jsonResponse } from "../../http/responses.ts";
import type { Route } from "../../http/route.ts";
import type { Clock } from "../../platform/clock.ts";
import type { GrantUses } from "../../store/grant-uses.ts";
import type { Store } from "../../store/store.ts";
import type { AuthenticateClient } from "../clients/client-authentication.ts";
import { type PresentedToken, readPresentedToken, type TokenReader } from "./presented-token.ts";

type TokenStateParts = {
  readonly issuer: string;
  readonly uses: Pick<GrantUses, "seen">;
  readonly clock: Clock;
};

export type IntrospectParts = TokenStateParts & {
  readonly authenticateClient: AuthenticateClient;
  readonly tokenReader: TokenReader;
  readonly store: Pick<Store, "findGrant">;
};

const INACTIVE = { active: false } as const;

/**
 * POST /oauth/introspect (RFC 7662). A confidential client sees its own live tokens; everything else is
 * `{"active": false}`, with nothing that tells one reason from another (§2.2).
 */
export function introspectRoute(parts: IntrospectParts, cors: CorsPolicy): Route {
  return {
    name: "introspect",
    paths: ["/oauth/introspect"],
    methods: { POST: (request, peer) => introspect(request, peer, parts) },
    refusals: "json",
    cors,
    metadata: "introspection_endpoint",
  };
}

async function introspect(request: Request, peer: Peer, parts: IntrospectParts): Promise<Response> {
  const { authenticateClient, tokenReader, store } = parts;
  const params = await readForm(request);
  const client = await authenticateClient(request, params, peer);
  if (!isConfidential(client)) {
    // §2.1: the caller must be authorized, and a public client_id proves nothing.
    throw new OAuthError(
      "invalid_client",
      "Introspection is for clients that authenticate with a secret or a key.",
    );
  }
  const presented = readPresentedToken(requireParam(params, "token"), tokenReader);
  const grant = presented && (await store.findGrant(presented.grantId));
  if (!presented || !grant || grant.clientId !== client.id || grant.revokedAt !== null)
    return jsonResponse(INACTIVE);
  return jsonResponse(stateOf(presented, grant, parts));
}

function stateOf(presented: PresentedToken, grant: Grant, parts: TokenStateParts): object {
  return presented.kind === "access"
    ? accessToken(presented, grant, parts)
    : refreshToken(presented, grant, parts);
}

function accessToken(
  { claims }: PresentedToken & { kind: "access" },
  grant: Grant,
  { clock, uses }: TokenStateParts,
): object {
  if (clock() / 1000 >= claims.exp) return INACTIVE;
  // Whoever asks has been sent it, or holds it. Who asks about a refresh token has used nothing.
  uses.seen(grant, claims.gen);
  const { gid: _internal, ...shown } = claims;
  return { active: true, token_type: "Bearer", ...shown };
}

function refreshToken(
  { generation }: PresentedToken & { kind: "refresh" },
  grant: Grant,
  { issuer, clock }: TokenStateParts,
): object {
  const endsAt = Math.min(grant.refreshExpiresAt, grant.endsAt);
  if (generation !== grant.generation || clock() >= endsAt) return INACTIVE;
  return {
    active: true,
    token_type: "refresh_token",
    iss: issuer,
    sub: grant.person.id,
    aud: grant.resource,
    client_id: grant.clientId,
    scope: formatScopes(grant.scopes),
    ...(grant.organization === null ? {} : { org_id: grant.organization.id }),
    exp: Math.floor(endsAt / 1000),
  };
}
