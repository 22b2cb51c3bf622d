import type { AuditEntry } from "../core/events.ts";

/** What people have at other services. Part of {@link Store}, under its contract. */
export type UpstreamStore = {
  /**
   * Keeps what a person has at a service, in the place of what they had there. False, and nothing is written, where the person is
   * gone or disabled, was signed out since `askedAt`, the session in which they ask is over, or what is there is not what `before` says.
   */
  saveUpstreamCredential(
    saved: NewUpstreamCredential,
    entry: AuditEntry<"upstream.connected">,
  ): Promise<boolean>;
  findUpstreamCredential(personId: string, upstream: string): Promise<UpstreamCredential | undefined>;
  /** All of a person, by the names of the services, without what is sealed. */
  listUpstreamCredentials(personId: string): Promise<readonly UpstreamCredentialSummary[]>;
  /**
   * Takes the lease for refreshing it: until it ends, or {@link UpstreamStore.endUpstreamRefresh}, no one else gets it. False where
   * someone else has it, or the credential is not of this version any more, or dead.
   */
  beginUpstreamRefresh(lease: UpstreamRefresh): Promise<boolean>;
  /** Gives the lease back, with nothing changed. */
  endUpstreamRefresh(lease: Omit<UpstreamRefresh, "now">): Promise<void>;
  /**
   * Keeps what a refresh brought, and gives the lease back. False, and nothing is written, where what is there is not of the version that
   * was refreshed: the person has connected anew or disconnected.
   */
  replaceUpstreamTokens(replaced: RefreshedUpstreamTokens): Promise<boolean>;
  /** Notes that the service does not take it any more, and forgets what is sealed. False where it is not of this version any more. */
  endUpstreamCredential(ended: UpstreamVersion & { readonly now: number }): Promise<boolean>;
  /** Notes a use. */
  touchUpstreamCredential(personId: string, upstream: string, usedAt: number): Promise<void>;
  /**
   * Ends what a person has at a service.
   * @param session the one in which the person asks for it; undefined where the operator does. Where it is over, nothing is removed
   * @returns false where nothing was removed
   */
  removeUpstreamCredential(
    removed: {
      readonly personId: string;
      readonly upstream: string;
      readonly session?: string | undefined;
      readonly now: number;
    },
    entry: AuditEntry<"upstream.disconnected">,
  ): Promise<boolean>;
  /** A page of everyone's that are sealed, by person and service. */
  listUpstreamCredentialsAfter(
    after: Pick<UpstreamCredential, "personId" | "upstream">,
    limit: number,
  ): Promise<readonly Pick<UpstreamCredential, "personId" | "upstream" | "sealed">[]>;
  /** Seals one anew, where it is still sealed as it was: that is no new version. False where it is not. */
  resealUpstreamCredential(resealed: {
    readonly personId: string;
    readonly upstream: string;
    readonly before: string;
    readonly sealed: string;
  }): Promise<boolean>;
};

/** Tokens, or a key that the person stored. Times are epoch milliseconds. */
export type UpstreamCredential = UpstreamCredentialSummary & {
  /** Under the master secret; "" where it is dead. */
  readonly sealed: string;
  /** Random, and another one each time that what is sealed changes. */
  readonly version: string;
  /** Until when someone refreshes it; null while no one does. */
  readonly refreshingUntil: number | null;
};

/** What may be told of it. */
export type UpstreamCredentialSummary = {
  readonly personId: string;
  /** The name of the service, as the operator's options have it. */
  readonly upstream: string;
  readonly kind: "token" | "key";
  /** Those that the service granted. */
  readonly scopes: readonly string[];
  /** How the person is called there; "" where that is not known. */
  readonly account: string;
  readonly createdAt: number;
  readonly usedAt: number | null;
  /** When the access token ends; null where that is not said, and for a key. */
  readonly expiresAt: number | null;
  /** Since when the service does not take it any more: the person has to connect again. Null while it may. */
  readonly deadAt: number | null;
};

export type NewUpstreamCredential = Pick<
  UpstreamCredential,
  "personId" | "upstream" | "kind" | "sealed" | "scopes" | "account" | "version" | "expiresAt"
> & {
  /** The hash of the session in which the person asks for it; undefined where there is none. */
  readonly session?: string | undefined;
  /** When the person asked for it: a sign-out since then ends this too. Undefined where that does not matter. */
  readonly askedAt?: number | undefined;
  /** The version in whose place it comes; null where nothing may be there. Undefined where it takes the place of anything. */
  readonly before?: string | null | undefined;
  readonly now: number;
};

export type UpstreamVersion = Pick<UpstreamCredential, "personId" | "upstream" | "version">;

/** The lease of one who refreshes. */
export type UpstreamRefresh = UpstreamVersion & {
  readonly until: number;
  readonly now: number;
};

export type RefreshedUpstreamTokens = Pick<UpstreamCredential, "personId" | "upstream"> & {
  /** What was refreshed. */
  readonly before: string;
} & Pick<UpstreamCredential, "version" | "sealed" | "scopes" | "expiresAt">;
