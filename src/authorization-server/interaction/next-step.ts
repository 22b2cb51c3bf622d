import type { Person } from "../../core/person.ts";
import type { AuthorizationRequest } from "./sealed-request.ts";

/** A page that a person passes on the way from `/oauth/authorize` to the decision. */
export type Step = {
  readonly name: string;
  /** Where the page is, below the issuer. */
  readonly path: string;
  /** Whether this request needs it still. Pure. */
  isNeeded(request: AuthorizationRequest, known: Known): boolean;
};

/** What the steps of a request have learned so far. */
export type Known = {
  /** Who signed in. */
  readonly person: Person | undefined;
  /** The steps that this person has passed, by name. */
  readonly passed: readonly string[];
};

/** The steps that there are, in their order: the sign-in first, the decision last. */
export type Policy = readonly [Step, ...Step[]];

/**
 * What comes next for a request. Each step hands back what it learned; where that leads is decided here and nowhere else.
 * @throws RangeError where no step is left, which a policy that ends with the decision never comes to
 */
export function nextStep(request: AuthorizationRequest, known: Known, policy: Policy): Step {
  const next = policy.find((step) => step.isNeeded(request, known));
  if (!next) throw new RangeError("The policy has no step that decides.");
  return next;
}
