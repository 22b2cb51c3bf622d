import { requireParam } from "../../core/params.ts";
import { readForm } from "../../http/form.ts";
import type { Peer } from "../../http/peer.ts";
import { authenticateClient } from "../clients/client-authentication.ts";
import type { Deps } from "../deps.ts";
import { readPresentedToken } from "./presented-token.ts";
import { revokeGrant } from "./revoke-grant.ts";

/**
 * POST /oauth/revoke (RFC 7009). Either token ends the grant, whatever its age: a client that signs a person out must
 * not leave a newer token behind. Unknown tokens, and other clients' tokens, get the same 200 and change nothing.
 */
export async function revoke(request: Request, deps: Deps, peer: Peer): Promise<Response> {
  const params = await readForm(request);
  const client = await authenticateClient(request, params, deps, peer);
  const presented = readPresentedToken(requireParam(params, "token"), deps);
  const grant = presented && (await deps.store.findGrant(presented.grantId));
  if (grant && grant.clientId === client.id) await revokeGrant(grant, "client_request", deps, peer);
  return new Response(null, { status: 200, headers: { "Cache-Control": "no-store" } });
}
