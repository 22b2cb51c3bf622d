import type { Client } from "../../../core/client.ts";
import { OAuthError } from "../../../core/errors.ts";
import type { UnauditedEvent } from "../../../core/events.ts";
import { decideRedemption, type Grant, type Redemption } from "../../../core/grant.ts";
import { type Params, requireParam } from "../../../core/params.ts";
import { codeChallenge, isCodeVerifier } from "../../../core/pkce.ts";
import type { Peer } from "../../../http/peer.ts";
import type { Clock } from "../../../platform/clock.ts";
import type { Log } from "../../../platform/logging.ts";
import type { Store } from "../../../store/store.ts";
import type { Recorder } from "../../recorder.ts";
import type { IssueTokens, TokenResponse } from "../issue-tokens.ts";
import type { NoteRefusal } from "../note-refusal.ts";
import type { RevokeGrant } from "../revoke-grant.ts";
import { type Minter, readCode } from "../tokens.ts";
import type { GrantType } from "./grant-type.ts";
import { askedResource } from "./resource.ts";
import { asksOperator, type OperatorsWord, whyEnded } from "./why-ended.ts";

/** Where the operator has none of the functions, nothing is asked. */
export type AuthorizationCodeParts = OperatorsWord & {
  readonly minter: Minter;
  readonly store: Pick<Store, "findGrant" | "redeemCode">;
  readonly clock: Clock;
  readonly recorder: Recorder;
  readonly log: Log<UnauditedEvent>;
  readonly revokeGrant: RevokeGrant;
  readonly noteRefusal: NoteRefusal;
  readonly issueTokens: IssueTokens;
  readonly resource: string;
  readonly accessTokenSeconds: number;
  readonly refreshTokenSeconds: number;
};

/** `grant_type=authorization_code` (OAuth 2.1 §4.1.3). A code is good once; a second use ends the grant (§4.1.2). */
export function authorizationCode(parts: AuthorizationCodeParts): GrantType {
  return (client, params, peer) => redeemCode(client, params, peer, parts);
}

async function redeemCode(
  client: Client,
  params: Params,
  peer: Peer,
  parts: AuthorizationCodeParts,
): Promise<TokenResponse> {
  const { minter, store, clock, recorder, issueTokens, noteRefusal } = parts;
  const grantId = readCode(requireParam(params, "code"), minter);
  const redemption = {
    clientId: client.id,
    redirectUri: params.get("redirect_uri"),
    codeChallenge: codeChallenge(requireVerifier(params)),
    resource: askedResource(params, parts.resource),
  };
  if (grantId === undefined) throw invalidCode("the code's MAC is wrong");
  if (asksOperator(parts)) await requireAllowed(grantId, redemption, peer, parts);
  const now = clock();
  const grant = await store.findGrant(grantId);
  const decision = decideRedemption(grant, redemption, now);
  switch (decision.kind) {
    case "refuse":
      if (grant && decision.refusal) await noteRefusal(grant, decision.refusal);
      throw invalidCode(decision.why, grantId);
    case "reuse":
      return reused(decision.grant, peer, parts);
    case "redeem": {
      const refreshSeconds = Math.max(parts.refreshTokenSeconds, parts.accessTokenSeconds);
      const fields = { grant: grantId, client: client.id, person: decision.grant.person.id };
      const { entry, log } = recorder.prepare("code.redeemed", fields, peer);
      const redeemed = await store.redeemCode(grantId, now + refreshSeconds * 1000, now, entry);
      // Another request was first, so this is a second use.
      if (!redeemed) return reused(decision.grant, peer, parts);
      log();
      return issueTokens(redeemed, redeemed.scopes, refreshGeneration(client, redeemed));
    }
  }
}

/**
 * Asks about the person and the organization of a grant that this code would get tokens for: the approval may be minutes old.
 * It comes before the first write: where there is no answer, the same code works again while it lasts.
 */
async function requireAllowed(
  grantId: string,
  redemption: Redemption,
  peer: Peer,
  parts: AuthorizationCodeParts,
): Promise<void> {
  const grant = await parts.store.findGrant(grantId);
  const { kind } = decideRedemption(grant, redemption, parts.clock());
  // What is refused or a second use is so without asking. It is decided again later, since asking takes its time.
  if (!grant || kind !== "redeem") return;
  const ended = await whyEnded(grant, parts);
  if (!ended) return;
  await parts.revokeGrant(grant, ended.reason, peer);
  throw invalidCode(`${ended.why}; the grant is revoked`, grantId);
}

function requireVerifier(params: Params): string {
  const verifier = params.get("code_verifier");
  if (verifier === undefined) {
    throw new OAuthError(
      "invalid_request",
      "The parameter code_verifier is missing: this server requires PKCE.",
    );
  }
  if (!isCodeVerifier(verifier)) {
    throw new OAuthError(
      "invalid_grant",
      "The code_verifier must be 43 to 128 unreserved characters (RFC 7636, section 4.1).",
    );
  }
  return verifier;
}

/** A refresh token for every client whose registration allows one, asked for or not: else people sign in hourly. */
function refreshGeneration(client: Client, grant: Grant): number | undefined {
  return client.grantTypes.includes("refresh_token") ? grant.generation : undefined;
}

async function reused(
  grant: Grant,
  peer: Peer,
  { log, revokeGrant }: Pick<AuthorizationCodeParts, "log" | "revokeGrant">,
): Promise<never> {
  log.event("code.reused", { grant: grant.id, client: grant.clientId, address: peer.address });
  await revokeGrant(grant, "code_reuse", peer);
  throw invalidCode("the code was used before; the grant is revoked", grant.id);
}

function invalidCode(why: string, grantId?: string): OAuthError {
  return new OAuthError(
    "invalid_grant",
    "The code is not valid for this request, has expired, or was used before.",
    { detail: grantId === undefined ? why : `${why} (grant ${grantId})` },
  );
}
