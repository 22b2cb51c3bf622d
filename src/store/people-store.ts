import type { AuditEntry } from "../core/events.ts";
import type { RevocationReason } from "../core/grant.ts";
import type { Identity } from "../core/identity.ts";
import type {
  Credential,
  CredentialKind,
  CredentialUse,
  NewCredentials,
  NewPasskey,
  RemovedCredentials,
  ReplacedSecret,
} from "./credential.ts";
import type {
  IdentityRecord,
  NewIdentity,
  NewPerson,
  OneTimeLink,
  PeopleFilter,
  PersonRecord,
  PersonSummary,
  SessionRecord,
  SessionWithPerson,
  SignInOutcome,
  SignInRecord,
} from "./people-records.ts";

/** What is said of a person, with their id. */
type Said = Pick<PersonRecord, "person" | "emails" | "groups">;

/** People, what they prove themselves with, and where they are signed in. Part of {@link Store}, under its contract. */
export type PeopleStore = {
  findPerson(id: string): Promise<PersonRecord | undefined>;
  /** Whom this identity proves. */
  findByIdentity(identity: Identity): Promise<PersonRecord | undefined>;
  /**
   * Whom a token of another issuer is about: who is known by this issuer and subject, by whatever method; else who has this
   * id. Undefined where no one is.
   */
  findByToken(token: {
    readonly issuer: string;
    readonly subject: string;
    readonly id: string;
  }): Promise<PersonRecord | undefined>;
  /** By when they came, newest first. */
  listPeople(filter: PeopleFilter): Promise<readonly PersonSummary[]>;
  /**
   * Keeps what a sign-in says, all of it or nothing: the person and the identity where they are new, the profile, and the
   * session. Of a person whom the operator added, the profile, addresses and groups stay as the operator said. Refused, and nothing is written, where the person is disabled, the id is that of a person whom another identity
   * proves, or a credential does not hold as {@link CredentialUse} says.
   * @param added written with it, where it adds credentials
   */
  signIn(
    signIn: SignInRecord,
    entry: AuditEntry<"sign_in.ok">,
    added?: AuditEntry<"credential.added">,
  ): Promise<SignInOutcome>;

  // — what the operator does —

  /** Adds a person with an identity and, where it is given, a credential. False, and nothing is written, where the identity or the id is there. */
  addPerson(person: NewPerson, entry: AuditEntry<"person.added">): Promise<boolean>;
  /**
   * Says who a person is: from then on no sign-in changes it. Where an address is taken away, links for a new password end. False, and
   * nothing is written, where the person is gone, or is another one by now than was read.
   */
  setPerson(
    change: { readonly before: Said; readonly after: Said },
    entry: AuditEntry<"person.changed">,
  ): Promise<boolean>;
  /**
   * Disables an id, whether it has a row yet or not, ends its sessions and what it has at other services, and revokes its grants in commits like
   * those of a client that is removed. False where it was disabled before.
   */
  disablePerson(id: string, now: number, entry: AuditEntry<"person.disabled">): Promise<boolean>;
  enablePerson(id: string, entry: AuditEntry<"person.enabled">): Promise<boolean>;
  /** Ends every session and revokes every grant of theirs. False where there is no such person. */
  signOutPerson(id: string, now: number, entry: AuditEntry<"person.signed_out">): Promise<boolean>;
  /** Deletes a person and all that is theirs; grants are revoked, and keep no more of the person than the id. */
  removePerson(id: string, now: number, entry: AuditEntry<"person.removed">): Promise<boolean>;
  /**
   * Makes two people one: the identities, credentials, sessions and grants of `gone` become those of `survivor`, and what
   * `gone` has at services where `survivor` has nothing. `survivor` is disabled if either was, and keeps their own profile,
   * addresses and groups; if the operator added either, no sign-in changes them any more. False, and nothing is written, where
   * either is not there.
   */
  linkPeople(
    people: { readonly survivor: string; readonly gone: string },
    now: number,
    entry: AuditEntry<"person.linked">,
  ): Promise<boolean>;

  // — identities —

  listIdentities(personId: string): Promise<readonly IdentityRecord[]>;
  /**
   * Adds an identity to a person. False, and nothing is written, where it proves somebody already, the person is gone, or the
   * session in which they ask is over.
   */
  addIdentity(identity: NewIdentity, entry: AuditEntry<"identity.linked">): Promise<boolean>;
  /**
   * Removes one, where `keeping` is another one of the person. With a mail's, its address goes, unless the operator said it, and so do
   * links for a new password. False where it was not removed.
   */
  removeIdentity(
    personId: string,
    identity: Identity,
    keeping: Identity,
    entry: AuditEntry<"identity.unlinked">,
  ): Promise<boolean>;

  // — credentials —

  /** All of a person, the oldest first; a password is listed without its hash. */
  listCredentials(personId: string): Promise<readonly Credential[]>;
  /** @param id default: "", of a kind of which a person has one */
  findCredential(personId: string, kind: CredentialKind, id?: string): Promise<Credential | undefined>;
  /**
   * A person adds credentials, and the identity that they prove, where there is one. False, and nothing is written, where the session in which they ask
   * is over, the person is gone or disabled, one of them is there already, or what they stand beside is not.
   */
  addCredentials(added: NewCredentials, entry: AuditEntry<"credential.added">): Promise<boolean>;
  /**
   * Removes credentials of a person. False, and nothing is removed, where one of them is not there, the way in to keep is not, or the
   * session in which they ask is over.
   */
  removeCredentials(removed: RemovedCredentials, entry: AuditEntry<"credential.removed">): Promise<boolean>;
  /**
   * Puts a credential in the place of the one of its kind and id, and signs its person out as of when it was made: sessions end,
   * and what was asked for before does not count; their links for a password end. Grants go on. False where the person is gone.
   */
  saveCredential(credential: Credential, entry: AuditEntry<"credential.changed">): Promise<boolean>;
  /**
   * A person changes their password: it takes the place of the one before, and signs them out like {@link saveCredential}. The
   * session in which they changed it begins anew then. False, and nothing is written, where that session is over.
   */
  changePassword(
    change: { readonly credential: Credential; readonly session: string; readonly now: number },
    entry: AuditEntry<"credential.changed">,
  ): Promise<boolean>;
  /** Replaces the secret of a credential that still has the old one: a hash with newer parameters is no event. */
  upgradeCredential(change: ReplacedSecret): Promise<void>;
  /** A page of those of a kind of which a person has one, by the ids of their people. */
  listCredentialsAfter(kind: CredentialKind, personId: string, limit: number): Promise<readonly Credential[]>;
  /** Each different beginning of a secret that is stored (`$argon2id$v=19$m=…$`, `$2b$12$`), up to `limit`: what a check costs. */
  listCredentialKinds(kind: CredentialKind, limit: number): Promise<readonly string[]>;

  /** How many passkeys there are for each host. Reads them all, so it is for the start. */
  countPasskeys(): Promise<readonly { readonly host: string; readonly count: number }[]>;

  // — one-time links —

  /** Keeps a link's hash; an older one for the same purpose and person ends. */
  addLink(link: OneTimeLink, entry: AuditEntry<"person.invited">): Promise<void>;
  findLink(hash: string, now: number): Promise<OneTimeLink | undefined>;
  /**
   * Keeps a link for a new password under another hash: by the one before, it is found no more. False, and nothing is written, where it
   * was used, moved or has ended.
   */
  moveLink(move: {
    readonly hash: string;
    readonly to: string;
    readonly expiresAt: number;
    readonly now: number;
  }): Promise<boolean>;
  /** Uses a link up and sets the password of its person, which signs them out, in one commit. False where it was used or has ended. */
  usePasswordLink(
    use: { readonly hash: string; readonly credential: Credential; readonly now: number },
    entry: AuditEntry<"credential.changed">,
  ): Promise<boolean>;
  /**
   * Uses an invitation up and gives its person a passkey, which signs them out, in one commit. False where it was used or has ended,
   * or the passkey is there.
   */
  usePasskeyLink(
    use: {
      readonly hash: string;
      readonly personId: string;
      readonly passkey: NewPasskey;
      readonly now: number;
    },
    entry: AuditEntry<"credential.added">,
  ): Promise<boolean>;
  /** Uses up an invitation that names no person and adds one, in one commit. False where it was used, has ended, or the name is taken. */
  useInvitation(
    use: { readonly hash: string; readonly person: NewPerson },
    entry: AuditEntry<"person.added">,
  ): Promise<boolean>;

  // — sessions —

  /** The session with this hash and its person, where it has not ended and the person is not disabled. */
  findSession(hash: string, now: number): Promise<SessionWithPerson | undefined>;
  /** Puts off the end of an idle session. Where it has ended, nothing happens. */
  touchSession(hash: string, usedAt: number, expiresAt: number): Promise<void>;
  /** Newest first, none that has ended. */
  listSessions(personId: string, now: number): Promise<readonly SessionRecord[]>;
  /** False where the person has no such session. */
  endSession(personId: string, hash: string, entry: AuditEntry<"session.ended">): Promise<boolean>;
  /** Signs a person out everywhere but in one session. False, and nothing is written, where that is over. */
  endOtherSessions(
    personId: string,
    hash: string,
    now: number,
    entry: AuditEntry<"session.ended">,
  ): Promise<boolean>;
  /**
   * Ends the sessions that a provider's logout token names (OpenID Connect Back-Channel Logout 1.0 §2.4).
   * @returns whose they were
   */
  endUpstreamSessions(
    logout: {
      readonly issuer: string;
      readonly subject: string | undefined;
      readonly sessionId: string | undefined;
    },
    entry: AuditEntry<"session.ended_upstream">,
  ): Promise<readonly string[]>;
  /** Revokes the live grants of a person, in several commits where there are many. */
  revokePersonsGrants(
    personId: string,
    reason: RevocationReason,
    now: number,
    entry: AuditEntry<"grant.revoked">,
  ): Promise<void>;
};
