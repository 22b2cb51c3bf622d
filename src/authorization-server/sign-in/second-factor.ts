import type { Peer } from "../../http/peer.ts";
import type { Route } from "../../http/route.ts";
import type { Look } from "../../pages/look.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Keyring } from "../../platform/secrets/keyring.ts";
import type { Counters } from "../../store/counters.ts";
import type { Store } from "../../store/store.ts";
import type { Next } from "../interaction/interactions.ts";
import type { Recorder } from "../recorder.ts";
import type { AccountPart } from "./account-part.ts";
import type { Proof, Proved, SignInMethod, Visit } from "./method.ts";

/**
 * A second thing that people prove, after a method that proves one thing only (a password, a mail link). It is in the same list
 * as the methods, and opened once with the server. A server has one at most.
 */
export type SecondFactor = {
  readonly kind: "second_factor";
  /** Unique in a server, and not the name of a method. */
  readonly name: string;
  /** What people call it, in the middle of a sentence: `an authenticator app`. */
  readonly label: string;
  /** The groups whose people need it, where it is not for everyone: a method must say a person's groups. */
  readonly groups?: readonly string[] | undefined;
  /** Who is asked for it, at the end of a sentence; undefined where that is everyone: `if they have set one up`. */
  readonly forWhom?: string | undefined;
  /** @throws ConfigurationError that stops the start */
  open(parts: FactorParts): Promise<OpenFactor> | OpenFactor;
};

/** The second factor of a server that is open. */
export type OpenFactor = {
  /** Where its page is, below the issuer: it takes a pending proof as `state`. */
  readonly path: string;
  /** Whether someone of whom one thing is proved has to pass it. Asked before anything is written. */
  isNeeded(whom: Whom): Promise<boolean>;
  routes(pending: PendingProofs): readonly Route[];
  /** What it adds to the account page. */
  readonly account?: AccountPart | undefined;
};

/** Of whom one thing is proved. */
export type Whom = {
  /** Undefined for a person who has no row yet. */
  readonly personId: string | undefined;
  /** What the proof says, and what is kept from an earlier sign-in. */
  readonly groups: readonly string[];
};

/** What a second factor is handed. */
export type FactorParts = {
  readonly store: Store;
  readonly counters: Counters;
  readonly recorder: Recorder;
  readonly keyring: Keyring;
  readonly clock: Clock;
  readonly issuer: string;
  readonly look: Look;
};

/** Sign-ins that wait for the second factor. Nothing of them is stored. */
export type PendingProofs = {
  /**
   * Opens one in the browser in which it began.
   * @param sealed the `state` of the factor's page and form
   * @throws OAuthError for a page: it is unreadable, over time, or began elsewhere
   */
  open(request: Request, sealed: string | undefined): Promise<PendingProof>;
};

export type PendingProof = {
  /** What the factor's form carries as `state`. */
  readonly sealed: string;
  /** One for each sign-in: it tells what is made for one from what is made for another. */
  readonly id: string;
  readonly visit: Visit;
  readonly proof: Pick<Proof, "identity" | "label" | "profile" | "groups">;
  /** Where the same visit signs in from the beginning. */
  readonly signInUrl: string;
  /**
   * Decides everything anew, and signs in with what the factor has checked.
   * @param answer what is sent where the sign-in goes on; without it, the redirect
   * @returns undefined, and nothing is written, where what it uses up was used meanwhile, or what it adds is there
   * @throws OAuthError for a page, where it cannot be told now
   */
  pass(
    passed: PassedFactor,
    request: Request,
    peer: Peer,
    answer?: (next: Next) => Response,
  ): Promise<Response | undefined>;
};

/** That a second factor was passed. It counts for one person, and is written in the same commit as the sign-in. */
export type PassedFactor = NonNullable<Proved["factor"]>;

/** A line of the list: how people sign in, or what they prove after it. */
export type SignInPart = SignInMethod | SecondFactor;

/** The methods of a list. */
export function methodsIn(list: readonly SignInPart[]): readonly SignInMethod[] {
  return list.filter((one) => !isSecondFactor(one));
}

export function isSecondFactor(one: SignInPart): one is SecondFactor {
  return one.kind === "second_factor";
}
