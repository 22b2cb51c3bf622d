import type { Grant, RevocationReason } from "../core/grant.ts";

// What the verbs about grants take and give.

/** Everything of a grant but what happens later. */
export type ProgramGrant = Omit<
  Grant,
  | "redeemedAt"
  | "generation"
  | "rotatedAt"
  | "unusedGeneration"
  | "usedAt"
  | "revokedAt"
  | "revokedReason"
  | "refusedAt"
  | "refusal"
>;

/** What a person approved. */
export type Approval = ProgramGrant & {
  /** The sign-in that it counts on. Where the person was signed out at that time or later, they approve nothing. */
  readonly signedInAt: number;
  /** The id of the grant that the person approved before, where this approval rests on it. */
  readonly restsOn?: string | undefined;
};

export type GrantUse = {
  readonly grantId: string;
  /** The generation that the access token came with; 0 where it came with no refresh token. */
  readonly generation: number;
};

export type RefreshRotation = {
  readonly id: string;
  readonly clientId: string;
  readonly presented: number;
  /** The least generation that the row must have. Where it is `presented`, a lost write is not healed. Default 0. */
  readonly atLeast?: number;
  /** Where it is given, the grant must be for this resource, byte for byte. */
  readonly resource?: string | undefined;
  readonly refreshExpiresAt: number;
  readonly now: number;
};

export type GrantFilter = {
  readonly clientId?: string;
  readonly personId?: string;
  /** Only grants that are neither revoked nor expired at this time. */
  readonly liveAt?: number;
  /** Only grants for which a person clicked Approve. */
  readonly isClicked?: true;
  /** Only grants that a person approved, and none of a program, which can have a person's id. */
  readonly isPersons?: true;
  /** Only these. */
  readonly ids?: readonly string[];
  /** Only grants that come after this one, in the list's order. */
  readonly after?: Pick<Grant, "createdAt" | "id">;
  readonly limit?: number;
};

/** A grant that is over, by the entry of its approval. */
export type EndedGrant = {
  readonly id: string;
  readonly clientId: string;
  readonly approvedAt: number;
};

export type GrantEnd = { readonly at: number; readonly reason: RevocationReason };

export type RefreshTokenPage = {
  /** The last id of the page before, "" for the first one. */
  readonly after: string;
  readonly limit: number;
  readonly madeUntil: number;
  readonly now: number;
};

export type RefreshTokenCount = {
  /** The last id of this page. */
  readonly last: string;
  readonly count: number;
  /** When the last of them ends; null where there are none. */
  readonly lastEndsAt: number | null;
};
