import { type Client, isConfidential } from "../../../core/client.ts";
import { OAuthError } from "../../../core/errors.ts";
import type { Grant } from "../../../core/grant.ts";
import type { Params } from "../../../core/params.ts";
import { requireResource } from "../../../core/resource.ts";
import {
  formatScopes,
  missingScopes,
  parseScopes,
  type ScopeCatalogue,
  union,
} from "../../../core/scopes.ts";
import type { Peer } from "../../../http/peer.ts";
import { randomId } from "../../../platform/random.ts";
import type { Approval } from "../../../store/store.ts";
import type { Deps } from "../../deps.ts";
import { revokeGrant } from "../revoke-grant.ts";
import { issueTokens, type TokenResponse } from "../tokens.ts";

/**
 * `grant_type=client_credentials` (RFC 6749 §4.4): a client acts for itself, and is the subject of its token. There is
 * no refresh token: whoever can ask for one can ask for another token (§4.4.3).
 */
export async function issueToClient(
  client: Client,
  params: Params,
  deps: Deps,
  peer: Peer,
): Promise<TokenResponse> {
  const { settings, log } = deps;
  // The operator's rules see to that as well. What is let through here has nobody's approval but this.
  if (!isConfidential(client) || client.origin !== "preregistered") {
    throw new OAuthError(
      "unauthorized_client",
      "This client has no credentials with which to act for itself.",
    );
  }
  requireResource(params.all("resource"), settings.resource);
  const allowed = allowedScopes(client, settings.catalogue);
  const scopes = narrow(params.get("scope"), allowed, settings.catalogue);
  const grant = await ownGrant(client, allowed, deps, peer);
  log.event("client.token", { grant: grant.id, client: client.id, scopes, address: peer.address });
  return issueTokens(grant, scopes, undefined, deps);
}

/** Nobody approves, so what the operator did not name is not given: without scopes of its own, it has what all have. */
function allowedScopes(client: Client, catalogue: ScopeCatalogue): readonly string[] {
  const known = client.scopes.filter((scope) => catalogue.descriptions.has(scope));
  return union(catalogue.required, known);
}

/** All that is allowed, or what is asked of it. What is beyond it is left out, as for people; the answer says so. */
function narrow(
  requested: string | undefined,
  allowed: readonly string[],
  catalogue: ScopeCatalogue,
): readonly string[] {
  if (requested === undefined) return allowed;
  const held = parseScopes(requested).filter(
    (scope) =>
      catalogue.descriptions.has(scope) && missingScopes([scope], allowed, catalogue.implies).length === 0,
  );
  return union(catalogue.required, held);
}

/**
 * The grant that a client has on its own: one row for all its tokens, so that revoking it or removing the client ends
 * them at once. It is made at the first request, and again after it was revoked, is about to end, or fits no longer.
 */
async function ownGrant(client: Client, scopes: readonly string[], deps: Deps, peer: Peer): Promise<Grant> {
  const { store, clock, settings, clients, recorder } = deps;
  const now = clock();
  const standing = await store.listGrants({
    clientId: client.id,
    personId: client.id,
    liveAt: now + settings.accessTokenSeconds * 1000,
  });
  const fitting = standing.find(
    (grant) =>
      grant.redirectUri === NO_REDIRECT &&
      grant.resource === settings.resource &&
      formatScopes(grant.scopes) === formatScopes(scopes),
  );
  if (fitting) return fitting;
  const endsAt = now + Math.max(settings.grantSeconds, 2 * settings.accessTokenSeconds) * 1000;
  const id = randomId();
  const { entry } = recorder.prepare("client.granted", { grant: id, client: client.id, scopes }, peer);
  const approval: Approval = {
    id,
    clientId: client.id,
    clientName: client.name,
    person: { id: client.id, ...(client.name === null ? {} : { name: client.name }) },
    resource: settings.resource,
    scopes,
    redirectUri: NO_REDIRECT,
    codeChallenge: "",
    codeExpiresAt: endsAt,
    refreshExpiresAt: endsAt,
    endsAt,
    createdAt: now,
  };
  const grant = await store.approve(approval, entry);
  // Whoever removed the client before the row was there could not revoke it. After it, they have.
  clients.invalidate(client.id);
  if (await clients.find(client.id)) return grant;
  await revokeGrant(grant, "client_removed", deps, peer);
  throw new OAuthError("invalid_client", "This client has been removed in the meantime.");
}

/** Nobody was sent back anywhere. */
const NO_REDIRECT = "";
