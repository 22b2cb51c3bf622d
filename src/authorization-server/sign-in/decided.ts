import type { OAuthError } from "../../core/errors.ts";
import type { Person } from "../../core/person.ts";
import type { Peer } from "../../http/peer.ts";
import type { Next } from "../interaction/interactions.ts";
import type { Proved } from "./method.ts";

/** Where a sign-in leads: on, or out. */
export type Decided = { readonly next: Next } | { readonly refused: Refused };

/** That a person may not come in, or that nothing is linked to them. */
export type Refused = {
  readonly person: Person;
  /** What the provider said is older than was asked for: another sign-in may do. */
  readonly isOld: boolean;
  /** For the person. */
  readonly error: OAuthError;
};

/**
 * Decides a sign-in whose second factor was checked. `used`: nothing was written, since what it uses up was used meanwhile, or
 * what it adds is there.
 */
export type PassFactor = (
  proved: Proved & Required<Pick<Proved, "factor">>,
  request: Request,
  peer: Peer,
) => Promise<Decided | "used">;

/** Answers a person who may not come in. */
export type Refuse = (proved: Proved, refused: Refused, peer: Peer) => Response;
