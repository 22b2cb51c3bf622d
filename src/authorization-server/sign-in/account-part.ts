import type { OAuthError } from "../../core/errors.ts";
import type { Identity } from "../../core/identity.ts";
import type { Params } from "../../core/params.ts";
import type { Person } from "../../core/person.ts";
import type { Peer } from "../../http/peer.ts";
import type { Html } from "../../pages/html.ts";
import type { IdentityRecord } from "../../store/people-records.ts";
import type { Next } from "../interaction/interactions.ts";
import type { CurrentSignIn } from "../people/browser-binding.ts";

/** What a method adds to the account page: a section, and what its buttons do. */
export type AccountPart = {
  /** The section for this person; undefined where there is nothing to show. Writes nothing. */
  section(at: AtAccount): Promise<Html | undefined>;
  /** What the section's forms post, by name. Each needs a sign-in of the last five minutes. */
  readonly actions: Readonly<Record<string, AccountPartAction>>;
  /** What the page can say first after an action, by name. */
  readonly notices: Readonly<Record<string, PartNotice>>;
  /** The hashes of the section's inline scripts, as `script-src` names them: `'sha256-…'`. */
  readonly scriptHashes?: readonly string[];
  /**
   * The id of the section's heading, for one of connected services: it stands beside the connected apps. The page is opened there
   * after an action, and the section says its notices itself.
   */
  readonly anchor?: string;
  /**
   * Whether the section lists this identity and removes it. Then "Ways to sign in" does neither, but offers it as a way in that
   * stays.
   */
  readonly lists?: (identity: Identity) => boolean;
};

export type PartNotice = {
  readonly text: string;
  /** False where it says that nothing was changed. */
  readonly changed: boolean;
};

/** The person, as a section and its actions see them. */
type OfPerson = {
  /** Every way in that they have, of all methods. */
  readonly identities: readonly IdentityRecord[];
  /** A way in that works here and stays when this identity goes: for `keeping` of a removal. Undefined for the last one. */
  wayInWithout(identity: Identity): IdentityRecord | undefined;
};

export type AtAccount = OfPerson & {
  readonly person: Person;
  /** The hash of their session. */
  readonly session: string;
  /** Whether the sign-in is new enough for a change. Where it is not, a form leads to a new sign-in and does nothing else. */
  readonly canChange: boolean;
  /** A form that posts this action. @param fields its inputs and its button */
  form(action: string, fields: Html): Html;
  /** What the section says first, where the part has an `anchor`. */
  readonly notice: PartNotice | undefined;
  /** Why an action changed nothing, for the section to show beside that action's fields. */
  readonly problem: PartProblem | undefined;
  /** What an action gives its section to show once (a QR code, recovery codes). Never stored, and in no URL. */
  readonly shown: unknown;
};

export type PartProblem = {
  /** The action's name. */
  readonly action: string;
  readonly message: string;
};

/** An action. Its request is of the page: origin, session, token and the age of the sign-in are checked. */
export type AccountPartAction = (asked: AskedOfPart) => Promise<PartAnswer>;

export type AskedOfPart = OfPerson & {
  /** Its `signIn` is the hash of the session. */
  readonly current: CurrentSignIn;
  readonly form: Params;
  readonly peer: Peer;
  readonly request: Request;
};

export type PartAnswer =
  /** Leads to the page, which says this notice first. */
  | { readonly kind: "done"; readonly notice: string }
  /** Nothing was changed: the page again, with the error's status, and its message beside the fields. */
  | {
      readonly kind: "refused";
      readonly error: OAuthError;
      /** What the section needs to know beside the message. */
      readonly shown?: unknown;
    }
  /** Leads away, to another server. */
  | { readonly kind: "leave"; readonly next: Next }
  /** The page at once, with what the section shows this once. */
  | {
      readonly kind: "show";
      readonly shown: unknown;
      /** 400 where it says that something typed is wrong; 200 unless given. */
      readonly status?: 400;
    };
