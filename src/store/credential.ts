import type { Identity } from "../core/identity.ts";

export type CredentialKind = "password" | "passkey" | "totp" | "recovery_code";

export type Credential = {
  readonly personId: string;
  readonly kind: CredentialKind;
  /** Where a person has several of one kind; "" where only one is possible. */
  readonly id: string;
  /**
   * For a password its PHC string, for one-time codes their secret as the keyring seals it, for a recovery code its hash; for a
   * passkey its public key and what is known of it, as JSON. Never what someone could sign in with.
   */
  readonly secret: string;
  /** Of a passkey its signature counter, of one-time codes the step of the last one; null for the others. */
  readonly counter: number | null;
  readonly createdAt: number;
  readonly usedAt: number | null;
};

/** Another form of the same secret, in the place of the one that it was. */
export type ReplacedSecret = {
  readonly personId: string;
  readonly kind: CredentialKind;
  readonly before: string;
  readonly secret: string;
};

export type NewCredentials = {
  readonly personId: string;
  /** All of this person. */
  readonly credentials: readonly Credential[];
  /** All that the person has of these kinds goes with it: new recovery codes take the place of the old ones. */
  readonly replacing?: readonly CredentialKind[] | undefined;
  /** What must still be there as it was read: recovery codes are worth nothing without the app that they stand in for. */
  readonly beside?: Pick<Credential, "kind" | "id" | "createdAt"> | undefined;
  readonly identity?: (Identity & { readonly label: string }) | undefined;
  /** How many credentials of each of these kinds the person may have afterwards. */
  readonly most?: number | undefined;
  /** The hash of the session in which the person asks for it. */
  readonly session: string;
  /**
   * The second factor that these are, where it signs the person out like a new password: their other sessions end, and what was
   * asked for before does not count. This session begins anew, and has passed it.
   */
  readonly signsOut?: { readonly secondFactor: string } | undefined;
  readonly now: number;
};

export type RemovedCredentials = {
  readonly personId: string;
  readonly kind: CredentialKind;
  /** Undefined: all of the kind, of which there must be one. */
  readonly ids?: readonly string[] | undefined;
  /** What there is of these kinds goes with it: with one-time codes, the recovery codes. */
  readonly also?: readonly CredentialKind[] | undefined;
  /** The identity that goes with it, only while `keeping` stays. */
  readonly identity?: Identity | undefined;
  readonly keeping?: Identity | undefined;
  /** The hash of the session in which the person asks for it; undefined where the operator does. */
  readonly session?: string | undefined;
  readonly now: number;
};

/** What may happen once, in the commit of the sign-in that it proves. */
export type CredentialUse =
  /** The step of a one-time code: later than the one before. */
  | { readonly kind: "totp"; readonly id: ""; readonly counter: number }
  /** A signature: its counter is higher than the one before, or both are 0. `secret` says the flags as they are now. */
  | { readonly kind: "passkey"; readonly id: string; readonly counter: number; readonly secret: string }
  /** It is deleted. */
  | { readonly kind: "recovery_code"; readonly id: string };

/** A passkey, and how its person calls it. */
export type NewPasskey = {
  readonly identity: Identity & { readonly label: string };
  readonly credential: Omit<Credential, "personId">;
};
