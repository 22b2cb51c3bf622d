import { requireParam } from "../../core/params.ts";
import { authenticateClient } from "../client-authentication.ts";
import type { Deps, Peer } from "../deps.ts";
import { endGrant } from "../end-grant.ts";
import { readForm } from "../form.ts";
import { readPresentedToken } from "../presented-token.ts";

/**
 * POST /oauth/revoke (RFC 7009). Either token ends the grant, whatever its age: a client that signs a person out must
 * not leave a newer token behind. Unknown tokens, and other clients' tokens, get the same 200 and change nothing.
 */
export async function revoke(request: Request, deps: Deps, peer: Peer): Promise<Response> {
  const params = await readForm(request);
  const client = await authenticateClient(request, params, deps, peer);
  const presented = readPresentedToken(requireParam(params, "token"), deps);
  const grant = presented && (await deps.store.findGrant(presented.grantId));
  if (grant && grant.clientId === client.id) await endGrant(grant, "client_request", deps, peer);
  return new Response(null, { status: 200, headers: { "Cache-Control": "no-store" } });
}
