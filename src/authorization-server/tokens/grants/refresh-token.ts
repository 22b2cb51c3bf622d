import type { Client } from "../../../core/client.ts";
import { OAuthError, quoted } from "../../../core/errors.ts";
import type { OwnFields, UnauditedEvent } from "../../../core/events.ts";
import { decideRotation, type Grant, type Rotation, type RotationDecision } from "../../../core/grant.ts";
import { type Params, requireParam } from "../../../core/params.ts";
import { formatScopes, parseScopes, refreshedScopes, type ScopeCatalogue } from "../../../core/scopes.ts";
import type { Peer } from "../../../http/peer.ts";
import type { Clock } from "../../../platform/clock.ts";
import type { Log } from "../../../platform/logging.ts";
import type { RefreshRotation } from "../../../store/grant-records.ts";
import type { GrantUses } from "../../../store/grant-uses.ts";
import type { Store } from "../../../store/store.ts";
import type { IssueTokens, TokenResponse } from "../issue-tokens.ts";
import type { NoteRefusal } from "../note-refusal.ts";
import type { RevokeGrant } from "../revoke-grant.ts";
import { type Minter, readRefreshToken } from "../tokens.ts";
import type { GrantType } from "./grant-type.ts";
import { askedResource } from "./resource.ts";
import { asksOperator, type OperatorsWord, whyEnded } from "./why-ended.ts";

type RotationParts = {
  readonly store: Pick<Store, "findGrant" | "rotateRefresh">;
  readonly clock: Clock;
  readonly log: Log<UnauditedEvent>;
  readonly uses: Pick<GrantUses, "isWaiting">;
  readonly revokeGrant: RevokeGrant;
  readonly noteRefusal: NoteRefusal;
  readonly catalogue: ScopeCatalogue;
  readonly refreshTokenSeconds: number;
  readonly refreshGraceSeconds: number;
  readonly accessTokensCheckedElsewhere: boolean;
};

/** Where the operator has none of the functions, an ordinary refresh asks nothing, is one write, and reads nothing. */
export type RefreshTokenParts = RotationParts &
  OperatorsWord & {
    readonly minter: Minter;
    readonly issueTokens: IssueTokens;
    readonly resource: string;
  };

/** `grant_type=refresh_token` (RFC 6749 §6), rotating (OAuth 2.1 §4.3.1). */
export function refreshToken(parts: RefreshTokenParts): GrantType {
  return (client, params, peer) => rotateRefresh(client, params, peer, parts);
}

async function rotateRefresh(
  client: Client,
  params: Params,
  peer: Peer,
  parts: RefreshTokenParts,
): Promise<TokenResponse> {
  const { minter, store, issueTokens } = parts;
  const presented = readRefreshToken(requireParam(params, "refresh_token"), minter);
  if (!presented) throw invalidToken("the token's MAC is wrong");
  const rotation = {
    clientId: client.id,
    generation: presented.generation,
    resource: askedResource(params, parts.resource),
  };
  const narrowed = params.get("scope");
  if (asksOperator(parts)) await requireAllowed(presented.grantId, rotation, peer, parts);
  const rotated =
    (await rotateAtOnce(presented.grantId, rotation, narrowed, parts)) ??
    (await rotate(await store.findGrant(presented.grantId), rotation, narrowed, peer, parts));
  return issueTokens(rotated, await narrow(narrowed, rotated, parts), rotated.generation);
}

/**
 * Asks about the person and the organization of a grant that this refresh would get tokens for, also where it repeats a lost answer.
 * It comes before the first write: where there is no answer, the same refresh token works again later.
 */
async function requireAllowed(
  grantId: string,
  rotation: Rotation,
  peer: Peer,
  parts: RefreshTokenParts,
): Promise<void> {
  const grant = await parts.store.findGrant(grantId);
  const { kind } = decide(grant, rotation, parts);
  // What is refused or theft is so without asking. It is decided again later, since asking takes its time.
  if (!grant || kind === "refuse" || kind === "reuse") return;
  const ended = await whyEnded(grant, parts);
  if (!ended) return;
  await parts.revokeGrant(grant, ended.reason, peer);
  throw invalidToken(`${ended.why}; the grant is revoked`);
}

/**
 * The ordinary refresh, in one write and without a read before it: its conditions are those of {@link decideRotation}
 * for a token that is the grant's latest. Undefined where one of them does not hold, and then nothing has changed.
 */
async function rotateAtOnce(
  grantId: string,
  rotation: Rotation,
  narrowed: string | undefined,
  parts: RotationParts,
): Promise<Grant | undefined> {
  // What it can be narrowed to, only the grant says.
  if (narrowed !== undefined) return undefined;
  const { generation: atLeast, resource } = rotation;
  const rotated = await write(grantId, rotation, parts, { atLeast, resource });
  if (rotated) parts.log.event("refresh.rotated", { ...fieldsOf(rotated), generation: rotated.generation });
  return rotated;
}

/** The grant with the generation to issue: moved on, or as a parallel request has moved it. */
async function rotate(
  grant: Grant | undefined,
  rotation: Rotation,
  narrowed: string | undefined,
  peer: Peer,
  parts: RotationParts,
): Promise<Grant> {
  const { store, log, revokeGrant, noteRefusal } = parts;
  const decision = decide(grant, rotation, parts);
  if (!grant) throw invalidToken("no such grant");
  const fields = fieldsOf(grant);
  switch (decision.kind) {
    case "refuse":
      if (decision.refusal) await noteRefusal(grant, decision.refusal);
      throw invalidToken(decision.why);
    case "repeat":
      log.event("refresh.repeated", { ...fields, generation: grant.generation, address: peer.address });
      return grant;
    case "reuse":
      log.event("refresh.reused", { ...fields, presented: rotation.generation, address: peer.address });
      await revokeGrant(grant, "refresh_reuse", peer);
      throw invalidToken("an old refresh token was used again; the grant is revoked");
    case "rotate": {
      // Before the write: a refused request changes nothing.
      await narrow(narrowed, grant, parts);
      const rotated = await write(grant.id, rotation, parts);
      // A parallel request was first. What it left behind decides; a generation never goes back, so this ends.
      if (!rotated) return rotate(await store.findGrant(grant.id), rotation, narrowed, peer, parts);
      log.event(decision.healed ? "refresh.healed" : "refresh.rotated", {
        ...fields,
        generation: rotated.generation,
      });
      return rotated;
    }
  }
}

function decide(grant: Grant | undefined, rotation: Rotation, parts: RotationParts): RotationDecision {
  const known = grant && withUsesHere(grant, parts);
  return decideRotation(known, rotation, parts.clock(), parts.refreshGraceSeconds);
}

/** The grant with what this instance knows better than its row. */
function withUsesHere(
  grant: Grant,
  { uses, accessTokensCheckedElsewhere }: Pick<RotationParts, "uses" | "accessTokensCheckedElsewhere">,
): Grant {
  // Tokens that are checked elsewhere are used, and nobody here sees it.
  const mayBeUsed = accessTokensCheckedElsewhere || uses.isWaiting(grant.id, grant.generation);
  return mayBeUsed ? { ...grant, unusedGeneration: null } : grant;
}

function write(
  id: string,
  { clientId, generation: presented }: Rotation,
  { store, clock, refreshTokenSeconds }: Pick<RotationParts, "store" | "clock" | "refreshTokenSeconds">,
  further: Pick<RefreshRotation, "atLeast" | "resource"> = {},
): Promise<Grant | undefined> {
  const now = clock();
  // Where the grant ends before that, its own end holds.
  const refreshExpiresAt = now + refreshTokenSeconds * 1000;
  return store.rotateRefresh({ id, clientId, presented, refreshExpiresAt, now, ...further });
}

function fieldsOf(grant: Grant): Omit<OwnFields<"refresh.rotated">, "generation"> {
  return { grant: grant.id, client: grant.clientId, person: grant.person.id };
}

/** The scopes of the new access token. The grant keeps all of its own (RFC 6749 §6). */
async function narrow(
  requested: string | undefined,
  grant: Grant,
  { catalogue, noteRefusal }: Pick<RotationParts, "catalogue" | "noteRefusal">,
): Promise<readonly string[]> {
  const scopes = refreshedScopes(parseScopes(requested), grant.scopes, catalogue);
  if (scopes.length > 0) return scopes;
  await noteRefusal(grant, "scope_not_granted");
  throw new OAuthError(
    "invalid_scope",
    `None of these scopes was granted. The grant has: ${formatScopes(grant.scopes)}`,
    { detail: `scope ${quoted(requested ?? "")}` },
  );
}

function invalidToken(why: string): OAuthError {
  return new OAuthError(
    "invalid_grant",
    "The refresh token is not valid, has expired, or was revoked. Sign in again.",
    { detail: why },
  );
}
