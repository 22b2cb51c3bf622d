import { requireParam } from "../../core/params.ts";
import type { CorsPolicy } from "../../http/cors.ts";
import { readForm } from "../../http/form.ts";
import type { Peer } from "../../http/peer.ts";
import type { Route } from "../../http/route.ts";
import type { Store } from "../../store/store.ts";
import type { AuthenticateClient } from "../clients/client-authentication.ts";
import { readPresentedToken, type TokenReader } from "./presented-token.ts";
import type { RevokeGrant } from "./revoke-grant.ts";

export type RevokeParts = {
  readonly authenticateClient: AuthenticateClient;
  readonly tokenReader: TokenReader;
  readonly store: Pick<Store, "findGrant">;
  readonly revokeGrant: RevokeGrant;
};

/**
 * POST /oauth/revoke (RFC 7009). Either token ends the grant, whatever its age: a client that signs a person out must
 * not leave a newer token behind. Unknown tokens, and other clients' tokens, get the same 200 and change nothing.
 */
export function revokeRoute(parts: RevokeParts, cors: CorsPolicy): Route {
  return {
    name: "revoke",
    paths: ["/oauth/revoke"],
    methods: { POST: (request, peer) => revoke(request, peer, parts) },
    refusals: "json",
    cors,
    metadata: "revocation_endpoint",
  };
}

async function revoke(request: Request, peer: Peer, parts: RevokeParts): Promise<Response> {
  const { authenticateClient, tokenReader, store, revokeGrant } = parts;
  const params = await readForm(request);
  const client = await authenticateClient(request, params, peer);
  const presented = readPresentedToken(requireParam(params, "token"), tokenReader);
  const grant = presented && (await store.findGrant(presented.grantId));
  if (grant && grant.clientId === client.id) await revokeGrant(grant, "client_request", peer);
  return new Response(null, { status: 200, headers: { "Cache-Control": "no-store" } });
}
