import type { ClientIdentity } from "../../core/client.ts";
import type { DomainEntry } from "../../core/email-address.ts";
import type { Identity } from "../../core/identity.ts";
import type { Person } from "../../core/person.ts";
import type { Peer } from "../../http/peer.ts";
import type { Route } from "../../http/route.ts";
import type { Html } from "../../pages/html.ts";
import type { Look } from "../../pages/look.ts";
import type { Clock } from "../../platform/clock.ts";
import type { PlainFetch } from "../../platform/fetch-json.ts";
import type { Log } from "../../platform/logging.ts";
import type { Keyring } from "../../platform/secrets/keyring.ts";
import type { Counters } from "../../store/counters.ts";
import type { Credential, CredentialUse } from "../../store/credential.ts";
import type { IdentityRecord } from "../../store/people-records.ts";
import type { Store } from "../../store/store.ts";
import type { Recorder } from "../recorder.ts";
import type { AccountPart } from "./account-part.ts";
import type { AccountPurpose } from "./account-purpose.ts";
import type { Attempts } from "./guessing/attempts.ts";
import type { InvitationChoice } from "./invitation-choice.ts";
import type { Reached, ReachParts } from "./reach.ts";
import type { SignInProblem } from "./sign-in-problems.ts";
import type { TokensToKeep } from "./upstream/kept-tokens.ts";

/**
 * A way in which people prove who they are. `createOAuthServer` takes a list of them; each is made by a function of
 * `mcp-gatehouse/sign-in`, and opened once with the server.
 */
export type SignInMethod = {
  /** Tells it from a second factor, which is in the same list. */
  readonly kind?: "method";
  /** Unique in a server; in URLs, logs and session lists: `google`. */
  readonly name: string;
  /** What people call it: `Google`. */
  readonly label: string;
  /**
   * Who can sign in this way. `own`: people that the operator put there. `members`: those of one organisation. `public`:
   * anyone who makes an account, so the operator must say who may come in.
   */
  readonly people: "own" | "members" | "public";
  /** False where it never says a person's groups, so that a list of groups would do nothing. */
  readonly saysGroups?: boolean;
  /** False where no address that it says counts, so that lists of addresses let none of its people in. */
  readonly saysAddresses?: boolean;
  /** Whether it says claims, for lists of them. Unless it is given: yes, but for people whom the operator put there. */
  readonly saysClaims?: boolean;
  /** Whether people have it only once they are signed in otherwise, or invited: so it can't be the only one. */
  readonly comesAfterAnother?: boolean;
  /**
   * The issuer of its identities, where the operator may have it from a company that signs in here: two methods of a server
   * can't have the same one, or one company could sign in as the people of the other.
   */
  readonly identityIssuer?: string;
  /** Whose addresses lead there, where it is a company's: no other method of a server can have some of them. */
  readonly domains?: readonly DomainEntry[];
  /** Whether one thing alone is proved, as by a password: a second factor comes after it. Its proofs say so too. */
  readonly isOneFactor?: boolean;
  /** Of a provider: what is asked of it before anyone signs in. Its redirect URI is made of the name. */
  readonly provider?: {
    readonly issuer: string;
    /** Undefined where it has no metadata, or they are where the issuer says. */
    readonly metadataUrl: string | undefined;
    readonly hasMetadata: boolean;
  };
  /** The upstream for which it keeps the provider's tokens, and the client that they are of. */
  readonly keepsTokens?: { readonly as: string; readonly clientId: string } | undefined;
  /**
   * Whether it can be used at a public URL, for a command that opens no server.
   * @throws ConfigurationError as `open` does
   */
  readonly requireUsableAt?: (issuer: string) => void;
  /** Whether it reaches what it needs, for the same; undefined where `provider` says what that is, or it needs nothing. */
  readonly reach?: (parts: ReachParts) => Promise<Reached>;
  /** @throws ConfigurationError that stops the start */
  open(parts: MethodParts): Promise<OpenMethod> | OpenMethod;
};

/** A method of a server that is open. */
export type OpenMethod = {
  /** Its label in the language of the pages, where that is no name and not the operator's own word. */
  readonly label?: string;
  readonly panel: SignInPanel;
  readonly routes: readonly Route[];
  /** Whether it is this method that proves an identity: the account page names it so, and offers what is not linked. */
  readonly proves: (identity: Identity) => boolean;
  /**
   * Set where a form of its own, on the sign-in page, also links an identity: what the account page offers to link. Methods that redirect
   * can always be linked, by their label.
   */
  readonly linkLabel?: string | undefined;
  /** Whether it keeps passwords that a person can set anew with a link. */
  readonly hasResettablePasswords?: true | undefined;
  /** Sets a password anew by mail: for where the directory of `users()` is in the same server. */
  readonly passwordReset?: { readonly route: Route; readonly url: (visit: Visit) => string } | undefined;
  /** What it adds to the account page. */
  readonly account?: AccountPart | undefined;
  /** What an invited person may choose in place of a password. */
  readonly invitation?: InvitationChoice | undefined;
  /**
   * Whether a person can sign in with an identity that it proves; yes, unless this says no. Without a password, a username is no
   * way in.
   */
  readonly isUsable?: ((identity: IdentityRecord) => Promise<boolean>) | undefined;
  /**
   * Called once, when the server is open and its URL is known.
   * @param print writes to the terminal of the operator who started the server; undefined where there is none
   */
  readonly started?: ((print: Print | undefined) => Promise<void>) | undefined;
};

export type Print = (text: string) => void;

/** What a method shows on the sign-in page. */
export type SignInPanel =
  /** A link that redirects to where the sign-in is. Where it is the only panel, people go there at once. */
  | {
      readonly kind: "button";
      readonly url: (visit: Visit) => string;
      /** Whose addresses lead there. Where several methods have some, people type their address in place of several buttons. */
      readonly domains?: readonly DomainEntry[];
    }
  /** The page's own fields for a username and a password, or the operator's page. One method of a server can have them. */
  | { readonly kind: "password"; readonly check: CheckPair }
  /** A form of its own, which posts to one of the method's routes. It hears whether it is the only way to sign in on the page. */
  | {
      readonly kind: "form";
      readonly html: (visit: Visit, isOnly: boolean) => Html;
      /** The hashes of its inline scripts, as `script-src` names them: `'sha256-…'`. */
      readonly scriptHashes?: readonly string[];
      /** What the page's username field says in `autocomplete` besides `username`. */
      readonly autocomplete?: string;
    };

/** A method of this server, open. */
export type NamedMethod = Pick<SignInMethod, "name" | "label" | "people"> & Omit<OpenMethod, "label">;

/**
 * Whom a username and a password prove; undefined for a wrong pair. What is counted against guessing is counted around it.
 * @throws OAuthError where it cannot be told now, or the account cannot be used
 */
export type CheckPair = (username: string, password: string) => Promise<Proof | undefined>;

/** What every method is handed. */
export type MethodParts = {
  readonly visits: Visits;
  readonly signIns: SignIns;
  readonly signInPage: SignInPage;
  /** Whether a person may come in: for what changes how they do. A sign-in is asked about in {@link SignIns}. */
  readonly admit: Admit;
  readonly recorder: Recorder;
  readonly attempts: Attempts;
  readonly store: Store;
  /** What strangers may do, counted by all instances together. */
  readonly counters: Counters;
  readonly keyring: Keyring;
  readonly clock: Clock;
  readonly log: Log;
  readonly issuer: string;
  readonly look: Look;
  /**
   * How the operator runs a command, such as `person invite`, for this server's database and URL, as the end of "To do this, …".
   * Undefined for a database in memory: no command reaches it.
   */
  readonly howToRun: ((command: string) => string) | undefined;
  /** Where a provider is asked: through the outbound proxy, where there is one. */
  readonly fetch: PlainFetch;
  /** Every method of the server, this one too, once all are open: for what is asked later. */
  readonly methods: () => readonly NamedMethod[];
  /** Told of each grant that a method ends. */
  readonly onGrantRevoked: (grantId: string) => void;
  /** Told of each person whose sessions or grants a method ends. */
  readonly onPersonChanged: (personId: string) => void;
};

/** Why somebody is at the sign-in page. It travels sealed, bound to its browser. */
export type Visit = {
  /** What forms and links carry as `state`. */
  readonly sealed: string;
  /** The client that wants to connect; undefined at the account page. */
  readonly client: ClientIdentity | undefined;
  /** `login_hint` (OpenID Connect Core 1.0 §3.1.2.1). */
  readonly loginHint: string | undefined;
  /**
   * Epoch milliseconds: a sign-in from before this does not count, so a provider is asked for a new one (`prompt=login`,
   * `max_age`). Undefined where any does.
   */
  readonly signInAfter: number | undefined;
  /** Whether the person wants another account than the one that a provider would pick by itself. */
  readonly wantsAnotherAccount?: boolean | undefined;
  /** Why a person who is signed in at the account page signs in again; undefined where anyone may sign in. */
  readonly purpose?: AccountPurpose | undefined;
};

export type Visits = {
  /** @throws OAuthError for a page: what the browser carries is unreadable, over time, or began elsewhere. */
  open(request: Request, sealed: string | undefined): Promise<Visit>;
};

/**
 * Whether a person who has proved who they are may come in, by the operator's lists and function.
 * @param person what tools would get
 * @param client the app that wants to connect; undefined at the account page
 * @returns the reason, for the log, where they may not: it names lists and never the person's addresses
 * @throws OAuthError `temporarily_unavailable` where the function gives no answer
 */
export type Admit = (
  method: Pick<SignInMethod, "name" | "people">,
  proof: Pick<Proof, "emails" | "groups" | "claims" | "isNarrowed" | "lacksClaims" | "notCounted">,
  person: Person,
  client: ClientIdentity | undefined,
) => Promise<"admitted" | { readonly reason: string }>;

/** What a method has proved. */
export type Proof = {
  readonly identity: Identity;
  /** How people recognise it: an address or a login. */
  readonly label: string;
  /** The id that a new person gets; undefined for a random one. */
  readonly personId: string | undefined;
  /** What tools get beside the id: `name`, `email` and whatever else the operator asked for. */
  readonly profile: Omit<Person, "id">;
  /** Verified, by the rules of the provider. */
  readonly emails: readonly string[];
  readonly groups: readonly string[];
  /** What the provider said, for the lists of `admit`. Not kept. */
  readonly claims: Readonly<Record<string, unknown>>;
  /** What was said of the person and does not count, for the log's reason where they may not come in. */
  readonly notCounted?: string | undefined;
  /** Whether the person has claims at their provider that were not asked for now, so that `admit.deny.claims` can't be compared. */
  readonly lacksClaims?: boolean | undefined;
  /** Whether the provider granted less than it was asked for, so that something above may be missing. */
  readonly isNarrowed?: boolean | undefined;
  /** Epoch milliseconds: when the person proved themselves; 0 where that is not known. */
  readonly authenticatedAt: number;
  /** Epoch milliseconds: when the password was set that proves it, where it is kept here. */
  readonly passwordSetAt?: number | undefined;
  /** The credential that it counts on, in the same commit as the sign-in. */
  readonly uses?: CredentialUse | undefined;
  /** Whether it proves one thing alone, such as that a password is known: a second factor comes before anything is written. */
  readonly isOneFactor?: boolean | undefined;
  /** The provider's tokens, where they are kept for tools once the person is signed in. */
  readonly keeps?: TokensToKeep | undefined;
  /** For the provider's logout. */
  readonly upstream: { readonly issuer: string; readonly sessionId: string | undefined } | undefined;
};

/** That a method has proved an identity, for a visit. */
export type Proved = {
  readonly method: Pick<SignInMethod, "name" | "label" | "people">;
  readonly visit: Visit;
  readonly proof: Proof;
  /**
   * Epoch milliseconds: when the request came that brings the proof, before anything was checked. A sign-out since then ends this
   * sign-in too.
   */
  readonly askedAt: number;
  /** The proof that waited, sealed, for the second factor: it completes one sign-in. */
  readonly pending?: { readonly id: string; readonly endsAt: number } | undefined;
  /** The second factor that was checked, or set up, after it. */
  readonly factor?:
    | {
        readonly name: string;
        /** Whom it was checked for: it counts for no one else. Undefined for a person who has no row yet. */
        readonly personId: string | undefined;
        /** What it uses up, in the same commit as the sign-in. */
        readonly uses?: CredentialUse | undefined;
        /** What was set up just now, in the same commit as the sign-in. */
        readonly adds?: readonly Omit<Credential, "personId">[] | undefined;
      }
    | undefined;
};

/** Where every method ends. Decides who it is, whether they may come in, and what comes next. */
export type SignIns = {
  /**
   * The redirect that goes on, or the page that says why the person may not come in.
   * @throws OAuthError for a page, where it cannot be told now
   */
  complete(proved: Proved, request: Request, peer: Peer): Promise<Response>;
};

/** The page with every method on it. */
export type SignInPage = {
  /**
   * Leads back to it, to say that a sign-in with this method did not end well, and to try again.
   * @param correlationId of the line in the log, for the page; undefined where there is nothing to ask about
   */
  again(
    method: Pick<SignInMethod, "name">,
    visit: Visit,
    problem: SignInProblem,
    correlationId?: string,
  ): Response;
};
