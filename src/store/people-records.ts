import type { Identity } from "../core/identity.ts";
import type { Person } from "../core/person.ts";
import type { Credential, CredentialUse, NewPasskey } from "./credential.ts";

// What the verbs about people take and give. Times are epoch milliseconds.

export type PersonRecord = {
  /** What tools get. */
  readonly person: Person;
  /** Addresses that a provider, or the operator, says are theirs. */
  readonly emails: readonly string[];
  readonly groups: readonly string[];
  readonly disabledAt: number | null;
  /** What was signed in before does not count. */
  readonly signedOutAt: number | null;
  readonly createdAt: number;
  readonly signedInAt: number | null;
  /** The operator added them, and said who they are: no sign-in changes their profile, addresses and groups. */
  readonly isSaidByOperator: boolean;
};

export type PersonSummary = PersonRecord & {
  readonly methods: readonly string[];
  readonly liveGrants: number;
  readonly sessions: number;
};

export type PeopleFilter = {
  /** Part of an id, a name, an address or a subject. */
  readonly matching?: string;
  readonly disabled?: boolean;
  readonly now: number;
  readonly limit: number;
};

export type SignInRecord = {
  readonly identity: Identity;
  /** How people recognise the identity: an address or a login. */
  readonly label: string;
  /** Whom the identity proves; for a new one, the id that the person gets. */
  readonly personId: string;
  /** Whether the identity was not there when it was looked up. */
  readonly isNew: boolean;
  /** What tools get from now on; its `id` is {@link SignInRecord.personId}. */
  readonly person: Person;
  readonly emails: readonly string[];
  readonly groups: readonly string[];
  /** Undefined on a loopback issuer, where a sign-in counts for its own request. */
  readonly session: NewSession | undefined;
  /** When the request came that brought the proof: a sign-out since then ends this sign-in too. */
  readonly askedAt: number;
  /** When the password was set that proved it: the sign-in counts while it is the person's. Undefined for any other proof. */
  readonly passwordSetAt?: number | undefined;
  /** The credential of the person that is used up, or counts on. */
  readonly uses?: CredentialUse | undefined;
  /**
   * A second factor that the person sets up while they sign in: none of these may be there. As with `NewCredentials.signsOut`, the
   * other sessions of a person who was known before end, and what was asked for before does not count.
   */
  readonly adds?: readonly Credential[] | undefined;
  /** The proof that waited for a second factor: it completes one sign-in. As with {@link Store.useAssertion}. */
  readonly once?: { readonly of: string; readonly id: string; readonly endsAt: number } | undefined;
  readonly now: number;
};

export type SignInOutcome =
  | {
      readonly kind: "signed_in";
      readonly record: PersonRecord;
      /** From when on it counts: after what it ended. */
      readonly begunAt: number;
    }
  | { readonly kind: "disabled" }
  /** The id belongs to somebody whom another identity proves. */
  | { readonly kind: "id_taken" }
  /** The person was signed out, or has another password, since this was asked for. */
  | { readonly kind: "outdated" }
  /** What {@link SignInRecord.uses} needs does not hold, or a credential of {@link SignInRecord.adds} is there. */
  | { readonly kind: "used" }
  /** {@link SignInRecord.once} has completed a sign-in. */
  | { readonly kind: "spent" }
  /** Another sign-in was first: look again. */
  | { readonly kind: "changed" };

export type NewSession = {
  readonly hash: string;
  /** The session of this browser before, which ends in the same commit. */
  readonly replaces: string | undefined;
  readonly method: string;
  /** The name of the second factor that was passed with the sign-in; undefined where none was. */
  readonly secondFactor: string | undefined;
  readonly address: string | undefined;
  readonly userAgent: string | undefined;
  /** When the person proved themselves, at the provider or here. */
  readonly authenticatedAt: number;
  readonly expiresAt: number;
  readonly endsAt: number;
  /** What the provider calls the session, and the issuer, for its logout. */
  readonly upstream: { readonly issuer: string; readonly sessionId: string | undefined } | undefined;
};

export type SessionRecord = Omit<NewSession, "replaces"> & {
  readonly personId: string;
  readonly createdAt: number;
  readonly usedAt: number;
};

export type SessionWithPerson = { readonly session: SessionRecord; readonly record: PersonRecord };

export type IdentityRecord = Identity & {
  readonly personId: string;
  readonly label: string;
  readonly createdAt: number;
  readonly usedAt: number | null;
};

export type NewIdentity = Identity & {
  readonly personId: string;
  readonly label: string;
  /** The hash of the session in which the person asks for it; undefined where it is not they who ask. */
  readonly session?: string | undefined;
  readonly now: number;
};

export type NewPerson = {
  readonly person: Person;
  readonly emails: readonly string[];
  readonly groups: readonly string[];
  readonly identity: Identity;
  readonly label: string;
  /** A PHC string or a bcrypt hash; undefined for a person who has yet to choose a password. */
  readonly passwordHash: string | undefined;
  /** What the person chose in place of a password. */
  readonly passkey?: NewPasskey | undefined;
  readonly now: number;
};

export type OneTimeLink = {
  /** Of the secret in the link. */
  readonly hash: string;
  readonly purpose: "invitation" | "password";
  /** Null for an invitation whose person chooses the username. */
  readonly personId: string | null;
  readonly createdAt: number;
  readonly expiresAt: number;
};
