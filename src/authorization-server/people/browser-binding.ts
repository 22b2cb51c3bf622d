import type { Person } from "../../core/person.ts";
import type { NewSession } from "../../store/people-records.ts";

/** An authorization request, as far as it is bound to a browser. */
export type Bound = {
  readonly id: string;
  /** The id of the browser that began it, which its cookie has too. */
  readonly browser: string;
  /** Epoch milliseconds. */
  readonly endsAt: number;
};

/** That a person proved who they are. Times are epoch milliseconds. */
export type SignedIn = {
  readonly person: Person;
  /** When it was proved here. */
  readonly signedInAt: number;
  /** When the person proved it: at a provider, that may have been earlier. */
  readonly authenticatedAt: number;
};

/** An authorization request once somebody has signed in for it. */
export type BoundSignIn = Bound &
  SignedIn & {
    /** The one sign-in that may decide about it; undefined where any live session of the person may. */
    readonly signIn: string | undefined;
  };

/** Each sign-in has an id of its own: what a person passed in one counts in no other. */
export type CurrentSignIn = SignedIn & { readonly signIn: string };

/** A sign-in that is about to be kept. */
export type NewSignIn = {
  /** The row to keep with it; undefined where it counts for its own request. */
  readonly session: NewSession | undefined;
  /** What is sealed into the request. */
  readonly signIn: string | undefined;
  readonly setCookies: readonly string[];
};

/** How a sign-in was done, for its session. */
export type SignInDetails = Pick<
  NewSession,
  "method" | "secondFactor" | "address" | "userAgent" | "authenticatedAt" | "upstream"
>;

/**
 * What binds an authorization request to the browser that began it, and the decision about it to a sign-in there. Each
 * function that changes something hands back the `Set-Cookie` lines for the answer.
 */
export type BrowserBinding = {
  /** Who is signed in already when a request begins. */
  signedIn(request: Request): Promise<CurrentSignIn | undefined>;
  /** Binds a new authorization request to this browser. */
  begin(
    request: Request,
    begun: Omit<Bound, "browser">,
  ): { readonly browser: string; readonly setCookies: readonly string[] };
  /** The browser's id, as its cookies say it for this authorization request. */
  browserOf(request: Request, bound: Bound): string | undefined;
  /** A person has just proved who they are. It counts once its session, if it has one, is kept. */
  newSignIn(request: Request, bound: Bound, details: SignInDetails): NewSignIn;
  /** Who is signed in in this browser and by which sign-in, as far as that counts for this authorization request. */
  signedInFor(request: Request, bound: BoundSignIn): Promise<CurrentSignIn | undefined>;
  /** The person has denied: nothing more is decided about the request. */
  end(bound: Bound): readonly string[];
};
