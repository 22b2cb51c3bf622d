import type { Identity } from "../../core/identity.ts";
import type { BegunSignIn, Next } from "../interaction/interactions.ts";
import type { CurrentSignIn, SignInDetails } from "../people/browser-binding.ts";
import { wantsAnotherAccount } from "./another-account.ts";
import type { Visit, Visits } from "./method.ts";

/** What a proof is for: an authorization request or the account page, and what is done with it there. */
export type Goal = SignInGoal | LinkGoal;

/** Whom it proves is signed in. */
export type SignInGoal = {
  readonly kind: "sign_in";
  readonly visit: Visit;
  /** The id of the one person whose sign-in counts; undefined where anyone's does. */
  readonly onlyPerson?: string | undefined;
  /** A person has proved who they are. It counts once its session, if it has one, is kept. */
  newSignIn(request: Request, details: SignInDetails): BegunSignIn;
};

/** What a method has proved, and what is to become a way to sign in once the person says so. */
export type ProposedLink = {
  /** The name of the method. */
  readonly method: string;
  readonly methodLabel: string;
  readonly identity: Identity;
  /** How people recognise the identity: an address or a login. */
  readonly label: string;
};

/** It becomes a way to sign in for who is signed in already, after a click on a page. No one is signed in by it. */
export type LinkGoal = {
  readonly kind: "link";
  readonly visit: Visit;
  /** The name of the one method that counts. */
  readonly method: string;
  /** Who began it. */
  readonly personId: string;
  /** Who is signed in in this browser, while that is the session that began it. */
  signedIn(request: Request): Promise<CurrentSignIn | undefined>;
  /** Leads to the page that asks whether to link it. */
  ask(current: CurrentSignIn, proposed: ProposedLink): Promise<Next>;
  /** It is linked already: leads on. */
  go(current: CurrentSignIn): Promise<Next>;
};

export type Goals = {
  /** @throws OAuthError for a page: what the browser carries is unreadable, over time, or began elsewhere. */
  open(request: Request, sealed: string | undefined): Promise<Goal>;
};

/** Goals of one kind. Undefined where the text is not sealed for them. */
export type GoalsOfOneKind = {
  /** @throws OAuthError for a page: it is over time, or began elsewhere. */
  open(request: Request, sealed: string | undefined): Promise<Goal | undefined>;
};

/** Goals of two kinds: a key of its own tells the sealed texts of each from all others. */
export function eitherGoals(one: GoalsOfOneKind, otherwise: Goals): Goals {
  return {
    open: async (request, sealed) => (await one.open(request, sealed)) ?? otherwise.open(request, sealed),
  };
}

/** What methods see of the goals, and of how the person came. */
export function visitsOf({ open }: Goals): Visits {
  return {
    async open(request, sealed) {
      const { visit } = await open(request, sealed);
      return { ...visit, wantsAnotherAccount: wantsAnotherAccount(request) };
    },
  };
}
