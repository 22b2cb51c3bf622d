import type { Client } from "../../../core/client.ts";
import { OAuthError, quoted } from "../../../core/errors.ts";
import { decideRotation, type Grant, type Rotation } from "../../../core/grant.ts";
import { type Params, requireParam } from "../../../core/params.ts";
import { formatScopes, parseScopes, refreshedScopes } from "../../../core/scopes.ts";
import type { Peer } from "../../../http/peer.ts";
import type { RefreshRotation } from "../../../store/store.ts";
import { type Deps, sealerOf } from "../../deps.ts";
import { revokeGrant } from "../revoke-grant.ts";
import { issueTokens, readRefreshToken, type TokenResponse } from "../tokens.ts";
import { askedResource } from "./resource.ts";

/** `grant_type=refresh_token` (RFC 6749 §6), rotating (OAuth 2.1 §4.3.1). */
export async function rotateRefresh(
  client: Client,
  params: Params,
  deps: Deps,
  peer: Peer,
): Promise<TokenResponse> {
  const presented = readRefreshToken(requireParam(params, "refresh_token"), sealerOf(deps));
  if (!presented) throw invalidToken("the token's MAC is wrong");
  const rotation = {
    clientId: client.id,
    generation: presented.generation,
    resource: askedResource(params, deps.settings.resource),
  };
  const narrowed = params.get("scope");
  const rotated =
    (await rotateAtOnce(presented.grantId, rotation, narrowed, deps)) ??
    (await rotate(await deps.store.findGrant(presented.grantId), rotation, narrowed, deps, peer));
  return issueTokens(rotated, narrow(narrowed, rotated, deps), rotated.generation, deps);
}

/**
 * The ordinary refresh, in one write and without a read before it: its conditions are those of {@link decideRotation}
 * for a token that is the grant's latest. Undefined where one of them does not hold, and then nothing has changed.
 */
async function rotateAtOnce(
  grantId: string,
  rotation: Rotation,
  narrowed: string | undefined,
  deps: Deps,
): Promise<Grant | undefined> {
  // What it can be narrowed to, only the grant says.
  if (narrowed !== undefined) return undefined;
  const { generation: atLeast, resource } = rotation;
  const rotated = await write(grantId, rotation, deps, { atLeast, resource });
  if (rotated) deps.log.event("refresh.rotated", { ...fieldsOf(rotated), generation: rotated.generation });
  return rotated;
}

/** The grant with the generation to issue: moved on, or as a parallel request has moved it. */
async function rotate(
  grant: Grant | undefined,
  rotation: Rotation,
  narrowed: string | undefined,
  deps: Deps,
  peer: Peer,
): Promise<Grant> {
  const { store, clock, settings, log } = deps;
  const now = clock();
  const known = grant && withUsesHere(grant, deps);
  const decision = decideRotation(known, rotation, now, settings.refreshGraceSeconds);
  if (decision.kind === "refuse" || !grant) throw invalidToken(reasonOf(decision));
  const fields = fieldsOf(grant);
  switch (decision.kind) {
    case "repeat":
      log.event("refresh.repeated", { ...fields, generation: grant.generation, address: peer.address });
      return grant;
    case "reuse":
      log.event("refresh.reused", { ...fields, presented: rotation.generation, address: peer.address });
      await revokeGrant(grant, "refresh_reuse", deps, peer);
      throw invalidToken("an old refresh token was used again; the grant is revoked");
    case "rotate": {
      // Before the write: a refused request changes nothing.
      narrow(narrowed, grant, deps);
      const rotated = await write(grant.id, rotation, deps);
      // A parallel request was first. What it left behind decides; a generation never goes back, so this ends.
      if (!rotated) return rotate(await store.findGrant(grant.id), rotation, narrowed, deps, peer);
      log.event(decision.healed ? "refresh.healed" : "refresh.rotated", {
        ...fields,
        generation: rotated.generation,
      });
      return rotated;
    }
  }
}

/** The grant with what this instance knows better than its row. */
function withUsesHere(grant: Grant, { settings, uses }: Deps): Grant {
  // Tokens that are checked elsewhere are used, and nobody here sees it.
  const mayBeUsed = settings.accessTokensCheckedElsewhere || uses.isWaiting(grant.id, grant.generation);
  return mayBeUsed ? { ...grant, unusedGeneration: null } : grant;
}

function write(
  id: string,
  { clientId, generation: presented }: Rotation,
  { store, clock, settings }: Deps,
  further: Pick<RefreshRotation, "atLeast" | "resource"> = {},
): Promise<Grant | undefined> {
  const now = clock();
  // Where the grant ends before that, its own end holds.
  const refreshExpiresAt = now + settings.refreshTokenSeconds * 1000;
  return store.rotateRefresh({ id, clientId, presented, refreshExpiresAt, now, ...further });
}

function fieldsOf(grant: Grant): Readonly<Record<string, string>> {
  return { grant: grant.id, client: grant.clientId, person: grant.person.id };
}

/** The scopes of the new access token. The grant keeps all of its own (RFC 6749 §6). */
function narrow(requested: string | undefined, grant: Grant, { settings }: Deps): readonly string[] {
  const scopes = refreshedScopes(parseScopes(requested), grant.scopes, settings.catalogue);
  if (scopes.length > 0) return scopes;
  throw new OAuthError(
    "invalid_scope",
    `None of these scopes was granted. The grant has: ${formatScopes(grant.scopes)}`,
    { detail: `scope ${quoted(requested ?? "")}` },
  );
}

function reasonOf(decision: ReturnType<typeof decideRotation>): string {
  return decision.kind === "refuse" ? decision.why : "no such grant";
}

function invalidToken(why: string): OAuthError {
  return new OAuthError(
    "invalid_grant",
    "The refresh token is not valid, has expired, or was revoked. Sign in again.",
    { detail: why },
  );
}
