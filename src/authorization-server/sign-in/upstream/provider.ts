import type { Identity } from "../../../core/identity.ts";
import type { Params } from "../../../core/params.ts";
import type { Route } from "../../../http/route.ts";
import type { Secrets } from "../../code-flow/transactions.ts";
import type { Proof, Visit } from "../method.ts";
import type { SignInProblem } from "../sign-in-problems.ts";

/** A provider of identities, as far as the browser's way there and back goes. */
export type UpstreamProvider = {
  /**
   * Where the person signs in.
   * @throws BrokenOff where that cannot be told now
   */
  authorizationUrl(asked: Asked): Promise<string>;
  /**
   * Whom the provider's answer proves.
   * @throws BrokenOff where it proves no one
   */
  prove(answer: Answer): Promise<Proof>;
  /** Whether an identity is one of this provider's. */
  readonly proves: (identity: Identity) => boolean;
  /** What the provider calls itself. */
  readonly routes: readonly Route[];
};

/** What only we know of one sign-in, and what it is for. */
export type Asked = Secrets & {
  readonly redirectUri: string;
  readonly visit: Pick<Visit, "loginHint" | "signInAfter" | "wantsAnotherAccount">;
};

/** The query of the callback, with what was asked. */
export type Answer = Asked & { readonly search: string; readonly params: Params };

/** What to look at where a provider does not know this client. */
export const WRONG_CREDENTIALS =
  " (the client secret or key may be wrong or expired, or the client ID that of another client)";

/** A sign-in at a provider that did not end well. The person learns the problem, the operator's log the reason. */
export class BrokenOff extends Error {
  override readonly name = "BrokenOff";
  readonly problem: SignInProblem;

  /** @param reason without a code, a token or a secret in it */
  constructor(problem: SignInProblem, reason: string, options: { readonly cause?: unknown } = {}) {
    super(reason, options);
    this.problem = problem;
  }
}
