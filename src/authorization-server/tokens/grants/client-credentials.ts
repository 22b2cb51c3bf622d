import { type Client, isConfidential } from "../../../core/client.ts";
import { OAuthError } from "../../../core/errors.ts";
import type { UnauditedEvent } from "../../../core/events.ts";
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
import type { Clock } from "../../../platform/clock.ts";
import type { Log } from "../../../platform/logging.ts";
import { randomId } from "../../../platform/random.ts";
import type { ProgramGrant } from "../../../store/grant-records.ts";
import type { Store } from "../../../store/store.ts";
import type { Clients } from "../../clients/clients.ts";
import type { Recorder } from "../../recorder.ts";
import type { IssueTokens, TokenResponse } from "../issue-tokens.ts";
import type { RevokeGrant } from "../revoke-grant.ts";
import type { GrantType } from "./grant-type.ts";

type OwnGrantParts = {
  readonly store: Pick<Store, "listGrants" | "grantToProgram">;
  readonly clock: Clock;
  readonly clients: Pick<Clients, "find" | "invalidate">;
  readonly recorder: Recorder;
  readonly revokeGrant: RevokeGrant;
  readonly resource: string;
  readonly accessTokenSeconds: number;
  readonly grantSeconds: number;
};

export type ClientCredentialsParts = OwnGrantParts & {
  readonly log: Log<UnauditedEvent>;
  readonly issueTokens: IssueTokens;
  readonly catalogue: ScopeCatalogue;
};

/**
 * `grant_type=client_credentials` (RFC 6749 §4.4): a client acts for itself, and is the subject of its token. There is
 * no refresh token: whoever can ask for one can ask for another token (§4.4.3).
 */
export function clientCredentials(parts: ClientCredentialsParts): GrantType {
  return (client, params, peer) => issueToClient(client, params, peer, parts);
}

async function issueToClient(
  client: Client,
  params: Params,
  peer: Peer,
  parts: ClientCredentialsParts,
): Promise<TokenResponse> {
  const { catalogue, resource, log, issueTokens } = parts;
  // The operator's rules see to that as well. What is let through here has nobody's approval but this.
  if (!isConfidential(client) || client.origin !== "preregistered") {
    throw new OAuthError("unauthorized_client", "This client has no credentials to act for itself.");
  }
  requireResource(params.all("resource"), resource);
  const allowed = allowedScopes(client, catalogue);
  const scopes = narrow(params.get("scope"), allowed, catalogue);
  const grant = await ownGrant(client, allowed, peer, parts);
  log.event("client.token", { grant: grant.id, client: client.id, scopes, address: peer.address });
  return issueTokens(grant, scopes, undefined);
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
async function ownGrant(
  client: Client,
  scopes: readonly string[],
  peer: Peer,
  parts: OwnGrantParts,
): Promise<Grant> {
  const { store, clock, clients, recorder, resource, accessTokenSeconds } = parts;
  const now = clock();
  const standing = await store.listGrants({
    clientId: client.id,
    personId: client.id,
    liveAt: now + accessTokenSeconds * 1000,
  });
  const fitting = standing.find(
    (grant) =>
      grant.redirectUri === NO_REDIRECT &&
      grant.resource === resource &&
      formatScopes(grant.scopes) === formatScopes(scopes),
  );
  if (fitting) return fitting;
  const endsAt = now + Math.max(parts.grantSeconds, 2 * accessTokenSeconds) * 1000;
  const own: ProgramGrant = {
    id: randomId(),
    clientId: client.id,
    clientName: client.name,
    person: { id: client.id, ...(client.name === null ? {} : { name: client.name }) },
    organization: null,
    resource,
    scopes,
    redirectUri: NO_REDIRECT,
    codeChallenge: "",
    codeExpiresAt: endsAt,
    refreshExpiresAt: endsAt,
    endsAt,
    createdAt: now,
    approvedAs: null,
  };
  const { entry } = recorder.prepare("client.granted", { grant: own.id, client: client.id, scopes }, peer);
  const grant = await store.grantToProgram(own, entry);
  // Whoever removed the client before the row was there could not revoke it. After it, they have.
  clients.invalidate(client.id);
  if (await clients.find(client.id)) return grant;
  await parts.revokeGrant(grant, "client_removed", peer);
  throw new OAuthError("invalid_client", "This client has been removed.");
}

/** Nobody was sent back anywhere. */
const NO_REDIRECT = "";
