import type { Client } from "../../core/client.ts";
import { OAuthError } from "../../core/errors.ts";
import { decideRedemption, type Grant } from "../../core/grant.ts";
import { type Params, requireParam } from "../../core/params.ts";
import { codeChallenge, isCodeVerifier } from "../../core/pkce.ts";
import { type Deps, type Peer, sealerOf } from "../deps.ts";
import { endGrant } from "../end-grant.ts";
import { issueTokens, readCode, type TokenResponse } from "../tokens.ts";
import { singleResource } from "./resource.ts";

/** `grant_type=authorization_code` (OAuth 2.1 §4.1.3). A code is good once; a second use ends the grant (§4.1.2). */
export async function redeemCode(
  client: Client,
  params: Params,
  deps: Deps,
  peer: Peer,
): Promise<TokenResponse> {
  const { store, clock, settings, log } = deps;
  const grantId = readCode(requireParam(params, "code"), sealerOf(deps));
  const redemption = {
    clientId: client.id,
    redirectUri: params.get("redirect_uri"),
    codeChallenge: codeChallenge(requireVerifier(params)),
    resource: singleResource(params),
  };
  if (grantId === undefined) throw invalidCode("the code's MAC is wrong");
  const now = clock();
  const grant = await store.findGrant(grantId);
  const decision = decideRedemption(grant, redemption, now);
  switch (decision.kind) {
    case "refuse":
      throw invalidCode(decision.why, decision.code, grantId);
    case "reuse":
      return reused(grantId, client, deps, peer);
    case "redeem": {
      const refreshExpiresAt =
        now + Math.max(settings.refreshTokenSeconds, settings.accessTokenSeconds) * 1000;
      const redeemed = await store.redeemCode(grantId, refreshExpiresAt, now);
      // Another request was first, so this is a second use.
      if (!redeemed) return reused(grantId, client, deps, peer);
      log.event("code.redeemed", { grant: grantId, client: client.id, person: redeemed.person.id });
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
      "The code_verifier is not 43 to 128 unreserved characters (RFC 7636 §4.1).",
    );
  }
  return verifier;
}

/** A refresh token for every client whose registration allows one, asked for or not: else people sign in hourly. */
function refreshGeneration(client: Client, grant: Grant): number | undefined {
  return client.grantTypes.includes("refresh_token") ? grant.generation : undefined;
}

async function reused(grantId: string, client: Client, deps: Deps, peer: Peer): Promise<never> {
  deps.log.event("code.reused", { grant: grantId, client: client.id, address: peer.address });
  await endGrant(grantId, "code_reuse", deps);
  throw invalidCode("the code was used before; the grant is revoked", "invalid_grant", grantId);
}

function invalidCode(
  why: string,
  code: "invalid_grant" | "invalid_target" = "invalid_grant",
  grantId?: string,
): OAuthError {
  return new OAuthError(code, "The code is not valid for this request, has expired, or was used before.", {
    detail: grantId === undefined ? why : `${why} (grant ${grantId})`,
  });
}
