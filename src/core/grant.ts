import type { Organization } from "./organization.ts";
import type { Person } from "./person.ts";

/**
 * One authorization of one client by one person on one device: its code, its refresh tokens and its revocation. A client
 * that acts for itself has one of its own, in which it is the person and which has no redirect URI and no code.
 * Times are epoch milliseconds.
 */
export type Grant = {
  readonly id: string;
  readonly clientId: string;
  readonly clientName: string | null;
  readonly person: Person;
  /** What the person chose for it, as it was then; null where there was nothing to choose. */
  readonly organization: Organization | null;
  readonly resource: string;
  readonly scopes: readonly string[];
  readonly redirectUri: string;
  readonly codeChallenge: string;
  readonly codeExpiresAt: number;
  readonly redeemedAt: number | null;
  /** The number of the live refresh token: 0 before the code is redeemed, then one more for each rotation. */
  readonly generation: number;
  readonly rotatedAt: number | null;
  /**
   * The live generation, while no use of an access token that came with it was seen. Null, or an earlier one, where a use
   * was seen or none can be told.
   */
  readonly unusedGeneration: number | null;
  /** When the use of an access token was last recorded. Not each use is: the guard remembers tokens. */
  readonly usedAt: number | null;
  /** When the refresh token ends unless it is used before (moves on with each use). */
  readonly refreshExpiresAt: number;
  /** When the grant ends, however much it is used. */
  readonly endsAt: number;
  readonly createdAt: number;
  readonly revokedAt: number | null;
  readonly revokedReason: RevocationReason | null;
  /** When its client was last refused tokens, and why; null where it never was. To the minute, where it is refused again and again. */
  readonly refusedAt: number | null;
  readonly refusal: GrantRefusal | null;
  /**
   * What the client was when the person clicked Approve, as a hash: later requests can rest on the click while the client is the
   * same. Null where no one clicked.
   */
  readonly approvedAs: string | null;
};

export const REVOCATION_REASONS = [
  "code_reuse",
  "refresh_reuse",
  "client_request",
  "operator",
  "client_removed",
  "client_disabled",
  "person_disabled",
  "person_signed_out",
  "person_removed",
  "person_inactive",
  "upstream_logout",
  "organization_left",
  "organization_missing",
  "person",
] as const;
export type RevocationReason = (typeof REVOCATION_REASONS)[number];

/** Why the client of a grant gets no tokens for it. The person of the grant may see it: it says nothing of the request. */
export const GRANT_REFUSALS = [
  "redirect_mismatch",
  "verifier_mismatch",
  "resource_mismatch",
  "scope_not_granted",
  "code_expired",
  "expired",
  "revoked",
] as const;
export type GrantRefusal = (typeof GRANT_REFUSALS)[number];

/** For the log alone: `why`. For the person too: `refusal`, which only a request of the grant's own client has. */
export type Refused = {
  readonly kind: "refuse";
  readonly why: string;
  readonly refusal?: GrantRefusal;
};

/** How a grant ended. */
export type GrantOver = {
  readonly at: number;
  readonly reason: RevocationReason | "expired" | "not_redeemed";
};

/** When and why a grant is over at this time; undefined while it is live. */
export function overAt(grant: Grant, now: number): GrantOver | undefined {
  const { revokedAt, revokedReason, redeemedAt, codeExpiresAt, refreshExpiresAt, endsAt } = grant;
  if (revokedAt !== null && revokedReason !== null) return { at: revokedAt, reason: revokedReason };
  if (redeemedAt === null) {
    return now < codeExpiresAt ? undefined : { at: codeExpiresAt, reason: "not_redeemed" };
  }
  const at = Math.min(refreshExpiresAt, endsAt);
  return now < at ? undefined : { at, reason: "expired" };
}

/** A code exchange whose code had a valid MAC and whose client is authenticated (RFC 6749 §4.1.3). */
export type Redemption = {
  readonly clientId: string;
  /** Absent is allowed by OAuth 2.1 §4.1.3; where it is sent, it must be the one of the authorization request. */
  readonly redirectUri: string | undefined;
  /** The S256 challenge computed from the verifier that was sent. */
  readonly codeChallenge: string;
  /** This server's, where the request names it: another one was refused before. */
  readonly resource: string | undefined;
};

export type RedemptionDecision =
  | { readonly kind: "redeem"; readonly grant: Grant }
  | { readonly kind: "reuse"; readonly grant: Grant }
  | Refused;

/**
 * What a code exchange comes to. Everything that proves the rightful client is checked before reuse is: nobody
 * else's request may revoke or burn the grant.
 */
export function decideRedemption(
  grant: Grant | undefined,
  redemption: Redemption,
  now: number,
): RedemptionDecision {
  if (!grant) return refuse("no such grant");
  if (grant.clientId !== redemption.clientId) return refuse("the code was issued to another client");
  if (redemption.redirectUri !== undefined && redemption.redirectUri !== grant.redirectUri) {
    return refuse("redirect_uri is not the one of the authorization request", "redirect_mismatch");
  }
  if (redemption.codeChallenge !== grant.codeChallenge) {
    return refuse("code_verifier does not match", "verifier_mismatch");
  }
  if (redemption.resource !== undefined && !sameResource(redemption.resource, grant.resource)) {
    return otherResource(grant);
  }
  if (grant.revokedAt !== null) return revoked(grant);
  if (grant.redeemedAt !== null) return { kind: "reuse", grant };
  if (now >= grant.codeExpiresAt) return refuse("the code has expired", "code_expired");
  return { kind: "redeem", grant };
}

/** A refresh whose token had a valid MAC and whose client is authenticated (RFC 6749 §6). */
export type Rotation = {
  readonly clientId: string;
  readonly generation: number;
  /** This server's, where the request names it: another one was refused before. */
  readonly resource: string | undefined;
};

export type RotationDecision =
  /** Issue `generation`, which the row does not have yet. `healed`: the row was behind (a lost write). */
  | { readonly kind: "rotate"; readonly generation: number; readonly healed: boolean }
  /** Issue `generation` again: a parallel refresh, or one whose answer was lost. */
  | { readonly kind: "repeat"; readonly generation: number }
  | { readonly kind: "reuse" }
  | Refused;

/**
 * What a refresh comes to. A token one generation old gets the same successor inside the grace window, and after it
 * while nothing of that successor was used: its client never got the answer. Otherwise it is theft, as any older one
 * is. A token ahead of the row can only be ours (it has our MAC): the write that recorded it was lost, and the row
 * catches up.
 */
export function decideRotation(
  grant: Grant | undefined,
  rotation: Rotation,
  now: number,
  graceSeconds: number,
): RotationDecision {
  if (!grant) return refuse("no such grant");
  if (grant.clientId !== rotation.clientId) return refuse("the token was issued to another client");
  if (rotation.resource !== undefined && !sameResource(rotation.resource, grant.resource)) {
    return otherResource(grant);
  }
  if (grant.revokedAt !== null) return revoked(grant);
  if (now >= grant.endsAt || now >= grant.refreshExpiresAt) {
    return refuse("the refresh token has expired", "expired");
  }
  if (rotation.generation >= grant.generation) {
    return {
      kind: "rotate",
      generation: rotation.generation + 1,
      healed: rotation.generation > grant.generation,
    };
  }
  const isPrevious = rotation.generation === grant.generation - 1;
  const isInGrace = grant.rotatedAt !== null && now - grant.rotatedAt <= graceSeconds * 1000;
  const isUnused = grant.unusedGeneration === grant.generation;
  return isPrevious && (isInGrace || isUnused)
    ? { kind: "repeat", generation: grant.generation }
    : { kind: "reuse" };
}

/** Whether two resource identifiers name the same resource: byte for byte, one trailing slash forgiven. */
export function sameResource(left: string, right: string): boolean {
  return left === right || withoutSlash(left) === withoutSlash(right);
}

function withoutSlash(resource: string): string {
  return resource.endsWith("/") ? resource.slice(0, -1) : resource;
}

function otherResource({ resource }: Grant): Refused {
  return refuse(`the grant is for another resource: ${resource}`, "resource_mismatch");
}

function revoked({ revokedReason }: Grant): Refused {
  return refuse(`the grant was revoked (${revokedReason})`, "revoked");
}

function refuse(why: string, refusal?: GrantRefusal): Refused {
  return { kind: "refuse", why, ...(refusal && { refusal }) };
}
