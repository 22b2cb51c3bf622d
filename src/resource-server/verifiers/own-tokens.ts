import type { KeyObject } from "node:crypto";
import type { z } from "zod";
import { ACCESS_TOKEN_TYPE, accessTokenClaims, hasExpired, refuseClaims } from "../../core/access-token.ts";
import type { Auth } from "../../core/auth.ts";
import { CLOCK_SKEW_SECONDS } from "../../core/clock-skew.ts";
import { parseScopes } from "../../core/scopes.ts";
import { clipped, shown } from "../../core/shown.ts";
import type { Clock } from "../../platform/clock.ts";
import { type ParsedJws, parseJws, verifyJws } from "../../platform/jws.ts";
import type { GrantUses } from "../../store/grant-uses.ts";
import type { Store } from "../../store/store.ts";
import type { Verification } from "../guard.ts";
import type { RefusalFields } from "../refusals.ts";

/**
 * Verifies the tokens of the authorization server in this house: the signature, every claim, that the grant behind it
 * lives, and that its client is still one.
 */
export function verifyOwnTokens(parts: {
  readonly issuer: string;
  readonly resource: string;
  readonly verificationKey: (kid: string) => KeyObject | undefined;
  readonly store: Pick<Store, "findGrant">;
  readonly isKnownClient: (clientId: string) => Promise<boolean>;
  /** Hears of each token that was accepted. */
  readonly seen: GrantUses["seen"];
  readonly clock: Clock;
}): (token: string) => Promise<Verification> {
  const { issuer, resource, verificationKey, store, isKnownClient, seen, clock } = parts;
  const expected = { issuer, resource, leewaySeconds: CLOCK_SKEW_SECONDS, expiryLeewaySeconds: 0 };
  return async (token) => {
    const jws = parseJws(token);
    if (!jws) return refused("not a JWT", {});
    const { alg, typ, kid } = jws.header;
    const claimed = claimedBy(jws);
    // Before the key is looked at: the header must not choose how it is verified (RFC 8725 §3.1).
    if (alg !== "ES256") return refused(`alg ${shown(alg)} is not accepted`, claimed);
    if (typ !== ACCESS_TOKEN_TYPE) return refused(`typ ${shown(typ)} is not ${ACCESS_TOKEN_TYPE}`, claimed);
    const key = typeof kid === "string" ? verificationKey(kid) : undefined;
    if (!key) return refused(`unknown kid ${shown(kid)}`, claimed);
    if (!verifyJws(jws, key)) return refused("wrong signature", claimed);
    const parsed = accessTokenClaims.safeParse(jws.payload);
    if (!parsed.success) return refused(`claims are missing: ${missingIn(parsed.error)}`, claimed);
    const claims = parsed.data;
    const proven = { ...claimed, grant: claims.gid, client: claims.client_id, person: claims.sub };
    const now = clock() / 1000;
    const wrong = refuseClaims(claims, expected, now);
    if (wrong !== undefined) {
      return refused(wrong, proven, hasExpired(claims, expected, now) ? "expired" : undefined);
    }
    const grant = await store.findGrant(claims.gid);
    if (!grant) return refused("the grant is gone", proven);
    if (grant.revokedAt !== null)
      return refused(`the grant was revoked (${grant.revokedReason})`, proven, "revoked");
    // A restored backup may have lost the approval of this token, and then got another one under the same id.
    if (claims.org_id !== grant.organization?.id)
      return refused("the grant is for another organization", proven);
    if (!(await isKnownClient(grant.clientId)))
      return refused("its client is not known here any more", proven);
    seen(grant, claims.gen);
    const auth: Auth = {
      person: grant.person,
      organization: grant.organization,
      client: { id: grant.clientId, name: grant.clientName },
      scopes: parseScopes(claims.scope),
      issuer: claims.iss,
      audience: resource,
      issuedAt: claims.iat,
      expiresAt: claims.exp,
      tokenId: claims.jti,
      grantId: grant.id,
      claims: jws.payload,
      token,
    };
    return { kind: "verified", auth };
  };
}

function refused(why: string, about: RefusalFields, ended?: "expired" | "revoked"): Verification {
  return { kind: "refused", why, about, ended };
}

/** Whose token it says it is. Nothing of it is proven. */
function claimedBy({ header: { kid }, payload: { iss } }: ParsedJws): RefusalFields {
  return {
    ...(typeof iss === "string" && { issuer: clipped(iss) }),
    ...(typeof kid === "string" && { kid: clipped(kid) }),
  };
}

function missingIn({ issues }: z.ZodError): string {
  return issues.map(({ path }) => path.join(".")).join(", ");
}
