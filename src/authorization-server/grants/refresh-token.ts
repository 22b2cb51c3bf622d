import type { Client } from "../../core/client.ts";
import { OAuthError } from "../../core/errors.ts";
import { decideRotation, type Grant, type Rotation } from "../../core/grant.ts";
import { type Params, requireParam } from "../../core/params.ts";
import { missingScopes, parseScopes } from "../../core/scopes.ts";
import { type Caller, type Deps, sealerOf } from "../deps.ts";
import { endGrant } from "../end-grant.ts";
import { issueTokens, readRefreshToken, type TokenResponse } from "../tokens.ts";
import { singleResource } from "./resource.ts";

/** `grant_type=refresh_token` (RFC 6749 §6), rotating (OAuth 2.1 §4.3.1). */
export async function rotateRefresh(
  client: Client,
  params: Params,
  deps: Deps,
  caller: Caller,
): Promise<TokenResponse> {
  const presented = readRefreshToken(requireParam(params, "refresh_token"), sealerOf(deps));
  if (!presented) throw invalidToken("the token's MAC is wrong");
  const rotation = {
    clientId: client.id,
    generation: presented.generation,
    resource: singleResource(params),
  };
  const narrowed = params.get("scope");
  const grant = await deps.store.findGrant(presented.grantId);
  const rotated = await rotate(grant, rotation, narrowed, deps, caller);
  return issueTokens(rotated, narrow(narrowed, rotated), rotated.generation, deps);
}

/** The grant with the generation to issue: moved on, or as a parallel request has moved it. */
async function rotate(
  grant: Grant | undefined,
  rotation: Rotation,
  narrowed: string | undefined,
  deps: Deps,
  caller: Caller,
): Promise<Grant> {
  const { store, clock, settings, log } = deps;
  const now = clock();
  const decision = decideRotation(grant, rotation, now, settings.refreshGraceSeconds);
  if (decision.kind === "refuse" || !grant) throw invalidToken(...reasonOf(decision));
  const fields = { grant: grant.id, client: grant.clientId, person: grant.person.id };
  switch (decision.kind) {
    case "repeat":
      log.event("refresh.repeated", { ...fields, generation: grant.generation, address: caller.address });
      return grant;
    case "reuse":
      log.event("refresh.reused", { ...fields, presented: rotation.generation, address: caller.address });
      await endGrant(grant.id, "refresh_reuse", deps);
      throw invalidToken("an old refresh token was used again; the grant is revoked");
    case "rotate": {
      // Before the write: a refused request changes nothing.
      narrow(narrowed, grant);
      const rotated = await store.rotateRefresh({
        id: grant.id,
        clientId: rotation.clientId,
        presented: rotation.generation,
        refreshExpiresAt: Math.min(now + settings.refreshTokenSeconds * 1000, grant.endsAt),
        now,
      });
      // A parallel request was first. What it left behind decides; a generation never goes back, so this ends.
      if (!rotated) return rotate(await store.findGrant(grant.id), rotation, narrowed, deps, caller);
      log.event(decision.healed ? "refresh.healed" : "refresh.rotated", {
        ...fields,
        generation: rotated.generation,
      });
      return rotated;
    }
  }
}

/** The scopes of the new access token: the grant's, or fewer. The grant keeps all of its own (RFC 6749 §6). */
function narrow(requested: string | undefined, grant: Grant): readonly string[] {
  if (requested === undefined) return grant.scopes;
  const scopes = parseScopes(requested).filter((scope) => scope !== "offline_access");
  const [beyond] = missingScopes(scopes, grant.scopes);
  if (beyond !== undefined) {
    throw new OAuthError("invalid_scope", `The scope ${beyond} was not granted; a refresh can only narrow.`);
  }
  return scopes.length > 0 ? scopes : grant.scopes;
}

function reasonOf(decision: ReturnType<typeof decideRotation>): Parameters<typeof invalidToken> {
  return decision.kind === "refuse" ? [decision.why, decision.code] : ["no such grant"];
}

function invalidToken(why: string, code: "invalid_grant" | "invalid_target" = "invalid_grant"): OAuthError {
  return new OAuthError(code, "The refresh token is not valid, has expired, or was revoked. Sign in again.", {
    detail: why,
  });
}
