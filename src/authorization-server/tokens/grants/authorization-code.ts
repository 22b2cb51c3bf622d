import type { Client } from "../../../core/client.ts";
import { OAuthError } from "../../../core/errors.ts";
import { decideRedemption, type Grant } from "../../../core/grant.ts";
import { type Params, requireParam } from "../../../core/params.ts";
import { codeChallenge, isCodeVerifier } from "../../../core/pkce.ts";
import type { Peer } from "../../../http/peer.ts";
import { type Deps, sealerOf } from "../../deps.ts";
import { revokeGrant } from "../revoke-grant.ts";
import { issueTokens, readCode, type TokenResponse } from "../tokens.ts";
import { askedResource } from "./resource.ts";

/** `grant_type=authorization_code` (OAuth 2.1 §4.1.3). A code is good once; a second use ends the grant (§4.1.2). */
export async function redeemCode(
  client: Client,
  params: Params,
  deps: Deps,
  peer: Peer,
): Promise<TokenResponse> {
  const { store, clock, settings, recorder } = deps;
  const grantId = readCode(requireParam(params, "code"), sealerOf(deps));
  const redemption = {
    clientId: client.id,
    redirectUri: params.get("redirect_uri"),
    codeChallenge: codeChallenge(requireVerifier(params)),
    resource: askedResource(params, settings.resource),
  };
  if (grantId === undefined) throw invalidCode("the code's MAC is wrong");
  const now = clock();
  const decision = decideRedemption(await store.findGrant(grantId), redemption, now);
  switch (decision.kind) {
    case "refuse":
      throw invalidCode(decision.why, grantId);
    case "reuse":
      return reused(decision.grant, deps, peer);
    case "redeem": {
      const refreshExpiresAt =
        now + Math.max(settings.refreshTokenSeconds, settings.accessTokenSeconds) * 1000;
      const fields = { grant: grantId, client: client.id, person: decision.grant.person.id };
      const { entry, log } = recorder.prepare("code.redeemed", fields, peer);
      const redeemed = await store.redeemCode(grantId, refreshExpiresAt, now, entry);
      // Another request was first, so this is a second use.
      if (!redeemed) return reused(decision.grant, deps, peer);
      log();
      return issueTokens(redeemed, redeemed.scopes, refreshGeneration(client, redeemed), deps);
    }
  }
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

async function reused(grant: Grant, deps: Deps, peer: Peer): Promise<never> {
  deps.log.event("code.reused", { grant: grant.id, client: grant.clientId, address: peer.address });
  await revokeGrant(grant, "code_reuse", deps, peer);
  throw invalidCode("the code was used before; the grant is revoked", grant.id);
}

function invalidCode(why: string, grantId?: string): OAuthError {
  return new OAuthError(
    "invalid_grant",
    "The code is not valid for this request, has expired, or was used before.",
    { detail: grantId === undefined ? why : `${why} (grant ${grantId})` },
  );
}
