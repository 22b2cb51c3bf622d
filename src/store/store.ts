import type { Client } from "../core/client.ts";
import type { AuditEntry, AuditedEvent, AuditRecord } from "../core/events.ts";
import type { Grant, GrantRefusal, RevocationReason } from "../core/grant.ts";
import type { Clock } from "../platform/clock.ts";
import type { Follower } from "./change-feed.ts";
import type { Counters } from "./counters.ts";
import type {
  Approval,
  EndedGrant,
  GrantEnd,
  GrantFilter,
  GrantUse,
  ProgramGrant,
  RefreshRotation,
  RefreshTokenCount,
  RefreshTokenPage,
} from "./grant-records.ts";
import type { MailStore } from "./mail-store.ts";
import type { PeopleStore } from "./people-store.ts";
import type { UpstreamStore } from "./upstream-store.ts";

/** People, the mails that they are sent, and what they have elsewhere. */
type OfPeople = PeopleStore & MailStore & UpstreamStore;

/**
 * Everything that Gatehouse keeps, as the verbs of the domain. One method is at most one write, and every single-use
 * change is one conditional statement. A method resolves only after what it wrote is durable; it rejects with an
 * OAuthError `temporarily_unavailable` where the database does not work (busy, full, gone): that is no bad token.
 * Times are epoch milliseconds and always come in. What a verb changes and its entry for the audit log are in one commit:
 * no change without its entry, and no entry where nothing changed. A verb without an entry changes what the audit log does
 * not promise.
 */
export type Store = OfPeople & {
  // — clients —

  /** Keeps a client, or does nothing where one with its id is there. Says whether it is new. */
  addClient(client: Client, entry: AuditEntry<"client.added"> | Unaudited): Promise<boolean>;
  findClient(id: string): Promise<Client | undefined>;
  /**
   * Of the clients that registered themselves and have never had a grant, deletes the oldest until `most` are left, but none
   * that came after `before`.
   * @returns how many there are now, and since when the oldest is there.
   */
  trimUnapprovedClients(
    most: number,
    before: number,
  ): Promise<{ readonly count: number; readonly oldestAt: number | null }>;
  /** Newest first. */
  listClients(): Promise<readonly ClientSummary[]>;
  /**
   * Revokes the grants of a client and removes it: many grants in several commits, each with an entry of its own, and the
   * last ones with the client. False where there is none.
   */
  removeClient(id: string, now: number, entry: AuditEntry<"client.removed">): Promise<boolean>;
  /** The ids that the operator has disabled. */
  listDisabledClients(): Promise<readonly DisabledClient[]>;
  /**
   * Disables an id, whether a client has it yet or not, and revokes the grants of its client in commits like those of
   * {@link Store.removeClient}. False where it was disabled before.
   */
  disableClient(id: string, now: number, entry: AuditEntry<"client.disabled">): Promise<boolean>;
  /** Lets it be used again; what was revoked stays so. False where it was not disabled. */
  enableClient(id: string, entry: AuditEntry<"client.enabled">): Promise<boolean>;

  // — client ID metadata documents: a cache that outlives the process —

  findDocument(clientId: string): Promise<ClientDocument | undefined>;
  saveDocument(document: ClientDocument): Promise<void>;

  // — grants —

  /**
   * Keeps an approved grant; where one with its id is there (a second click), returns that one. Only its code lives
   * longer, if nobody redeemed it and the decision is the same; that is no new approval, and has an entry only where the callback was shown to the person.
   * @returns undefined, and nothing is kept, where the person may not approve: they are not there, are disabled, or were
   * signed out when they had signed in already. So a live grant is that of a person who is not disabled. Nor is anything kept
   * where the approval rests on an earlier one, and that is not live, or is not the person's.
   */
  approve(
    approval: Approval,
    entry: AuditEntry<"consent.approved" | "consent.remembered">,
  ): Promise<Grant | undefined>;
  /** Keeps the grant of a program, which is its own person and has no row among the people. */
  grantToProgram(grant: ProgramGrant, entry: AuditEntry<"client.granted">): Promise<Grant>;
  findGrant(id: string): Promise<Grant | undefined>;
  /**
   * Marks the code redeemed and starts generation 1, if the code is unredeemed, unexpired and unrevoked.
   * Undefined where another request was first.
   */
  redeemCode(
    id: string,
    refreshExpiresAt: number,
    now: number,
    entry: AuditEntry<"code.redeemed">,
  ): Promise<Grant | undefined>;
  /**
   * Moves to `presented + 1`, if the grant is this client's, live, and its generation is not past `presented` (a smaller
   * one means that a write was lost). Nothing of the new generation was used then. Undefined otherwise.
   */
  rotateRefresh(rotation: RefreshRotation): Promise<Grant | undefined>;
  /** Records uses of access tokens, of many grants in one write, each once. One of an earlier generation changes nothing. */
  recordUses(uses: readonly GrantUse[], now: number): Promise<void>;
  /** Revokes once. False where there is no such grant, or it was revoked before. */
  revokeGrant(
    id: string,
    reason: RevocationReason,
    now: number,
    entry: AuditEntry<"grant.revoked">,
  ): Promise<boolean>;
  /** Keeps why the client of a grant was refused tokens, in place of what was there. */
  recordRefusal(id: string, refusal: GrantRefusal, now: number): Promise<void>;
  /** Newest first. */
  listGrants(filter: GrantFilter): Promise<readonly Grant[]>;

  /**
   * How grants ended whose rows may be gone. Only those are there of which the audit log says it: what ends with its time, or with
   * its person, has no entry of its own.
   */
  findGrantEnds(grants: readonly EndedGrant[]): Promise<ReadonlyMap<string, GrantEnd>>;

  // — signing keys —

  listSigningKeys(): Promise<readonly StoredSigningKey[]>;
  /**
   * Adds a key and retires the others: they sign until it does, and are published until `othersPublishedUntil`. One that
   * ends earlier is left as it is.
   */
  addSigningKey(
    key: StoredSigningKey,
    othersPublishedUntil: number,
    entry: AuditEntry<"key.rotated">,
  ): Promise<void>;
  /**
   * Adds the first key if there is none yet. Two processes may start at once: both get the keys that won. A server that
   * starts does it, nobody decided it, and so it has no entry.
   */
  addFirstSigningKey(key: StoredSigningKey): Promise<readonly StoredSigningKey[]>;
  /** Seals a key anew, if it is still sealed as it was. False where another process was first. */
  resealSigningKey(
    key: { readonly kid: string; readonly before: string; readonly sealed: string },
    entry: AuditEntry<"secret.rotated">,
  ): Promise<boolean>;
  /** Deletes every signing key, whatever it still has to verify, and puts this one in their place. */
  replaceSigningKeys(key: StoredSigningKey, entry: AuditEntry<"secret.rotated">): Promise<void>;

  // — every grant, a page at a time: there may be ten million —

  /**
   * Revokes the live ones of the next `limit` grants, with an entry for all of them.
   * @param after the last id of the page before, "" for the first one.
   * @returns the last id of this page; undefined where there was none.
   */
  revokeNextGrants(
    after: string,
    limit: number,
    now: number,
    entry: AuditEntry<"grant.revoked">,
  ): Promise<string | undefined>;
  /** Of the next `limit` grants, how many have a refresh token that is good now and was made by then. */
  countRefreshTokens(page: RefreshTokenPage): Promise<RefreshTokenCount | undefined>;

  // — assertions —

  /** Records that a client's assertion was used (RFC 7523 §3, `jti`). False where it was used before. */
  useAssertion(clientId: string, jti: string, expiresAt: number): Promise<boolean>;
  /** Whether it was used, for work in several commits, which must be done again where it failed halfway. */
  isAssertionUsed(clientId: string, jti: string): Promise<boolean>;

  // — networks from which people have signed in —

  /** Whether this name has signed in from there. */
  isFamiliarNetwork(name: string, network: string, now: number): Promise<boolean>;
  /** Remembers one. False, and nothing is remembered, while another person has signed in under this name. */
  rememberNetwork(network: FamiliarNetwork, now: number): Promise<boolean>;

  // — the audit log —

  /** Writes an entry that is about no change in the store. */
  recordAudit<Name extends AuditedEvent>(entry: AuditEntry<Name>): Promise<void>;
  /** By time. What else is asked of the rows, the reader looks at: no statement goes through the whole log. */
  readAudit(page: AuditPage): Promise<readonly AuditRecord[]>;
  /** The rows with greater ids, by id. */
  auditAfter(id: number, limit: number): Promise<readonly AuditRecord[]>;
  /** Deletes rows that were written before, up to `limit` of them. Says how many went. */
  deleteAudit(before: number, limit: number): Promise<number>;

  // — the database itself —

  /** Deletes what has expired, up to `limit` rows of each kind. Says how many went and whether there may be more. */
  deleteExpired(now: number, limit: number): Promise<{ readonly deleted: number; readonly more: boolean }>;
  /** Resolves if the database answers. */
  ping(): Promise<void>;
  /** Resolves if it takes writes: it is no standby, and nobody else keeps it locked. Writes nothing. */
  probeWrites(): Promise<void>;
  /** The migrations that this version has and the database has not had. One of a later version may have had more. */
  pendingMigrations(): Promise<readonly string[]>;
};

/** What opening a database gives. Code that opens one closes it, once nothing uses these parts any more. */
export type OpenStore = {
  readonly store: Store;
  /** What strangers may do, counted: beside the store, because it may be lost. */
  readonly counters: Counters;
  /** What time it is, for everyone who uses this database: its own time, where several machines use it. */
  readonly clock: Clock;
  /**
   * Tells what other processes change, within half a second as long as the database can be reached, and whatever was
   * missed as soon as it can be again. What this process changes may be told too. Returns the function that stops it.
   */
  followChanges(follower: Follower): () => void;
  /** Commits what is under way. Everything is refused after it. */
  close(): Promise<void>;
};

/**
 * Said in place of an entry for a client that registers itself: strangers do that as often as they like, so it is in the
 * log alone.
 */
export type Unaudited = "unaudited";

/** `liveGrants` counts those that are not revoked; one that has expired counts until the janitor deletes it. */
export type ClientSummary = Client & { readonly liveGrants: number };

/** Since when (epoch milliseconds). */
export type DisabledClient = { readonly id: string; readonly disabledAt: number };

/** What a client's metadata document said when it was last fetched. */
export type ClientDocument = {
  readonly clientId: string;
  readonly client: Client;
  readonly fetchedAt: number;
  /** Until when it is used without asking again. */
  readonly freshUntil: number;
};

/** A name, a network and a person, each as a MAC. Times are epoch milliseconds. */
export type FamiliarNetwork = {
  readonly name: string;
  readonly network: string;
  readonly person: string;
  readonly until: number;
};

export type AuditPage = {
  /** Only the rows of this one. */
  readonly concerning?: { readonly kind: "person" | "client" | "grant"; readonly id: string } | undefined;
  /** Only rows of this time or later. */
  readonly since?: number | undefined;
  /** Only rows of before this time. */
  readonly until?: number | undefined;
  readonly order: "newest_first" | "oldest_first";
  /** The last row of the page before. */
  readonly from?: Pick<AuditRecord, "at" | "id"> | undefined;
  readonly limit: number;
};

/** A signing key at rest: the private part only as ciphertext. */
export type StoredSigningKey = {
  readonly kid: string;
  readonly algorithm: "ES256";
  readonly publicJwk: Readonly<Record<string, unknown>>;
  /** The private JWK as a compact JWE under the master secret. */
  readonly sealedPrivateJwk: string;
  readonly createdAt: number;
  /** Published at once; signs from here on, so that verifiers have fetched it before. */
  readonly signsFrom: number;
  /** Signs until here; null for the current key. */
  readonly signsUntil: number | null;
  /** In the JWKS until here; null for the current key. */
  readonly publishedUntil: number | null;
};
