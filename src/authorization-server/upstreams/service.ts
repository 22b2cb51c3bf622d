import type { Params } from "../../core/params.ts";

/** A service with OAuth, as far as it is asked for tokens. */
export type UpstreamService = {
  /**
   * Where a person lets us act as them.
   * @throws UpstreamFailure where that can't be told now
   */
  authorizationUrl(asked: AskedOfService): Promise<string>;
  /**
   * The tokens that the service's answer brings, and whose account it is there.
   * @throws UpstreamFailure where it brings none
   */
  exchange(answer: AnswerOfService): Promise<NewTokens>;
  /**
   * New tokens for a refresh token.
   * @throws UpstreamFailure
   */
  refresh(refreshToken: string): Promise<UpstreamTokens>;
};

/** What only we know of one connection that is being made: each is 256 bits. */
export type AskedOfService = {
  readonly state: string;
  readonly codeVerifier: string;
  readonly redirectUri: string;
};

/** The query of the callback, with what was asked. `state` was compared before. */
export type AnswerOfService = AskedOfService & { readonly params: Params };

/** What a service gave. Never to be logged, or kept unsealed. */
export type UpstreamTokens = {
  readonly accessToken: string;
  /** Undefined where it gave none: of a refresh, the one before goes on. */
  readonly refreshToken: string | undefined;
  /** Seconds from now; undefined where it does not say. */
  readonly expiresInSeconds: number | undefined;
  /** The scopes that it granted; undefined where they are those that were asked for (RFC 6749 §5.1). */
  readonly scopes: readonly string[] | undefined;
};

export type NewTokens = UpstreamTokens & {
  /** How the person is called there; "" where that is not known. */
  readonly account: string;
};

/**
 * A service did not do what was asked of it.
 * - `denied`: the person, or the service for them, said no.
 * - `dead`: the refresh token is worth nothing any more.
 * - `no_answer`: it can't be reached, or says that it can't answer now: nothing is known of the token.
 * - `wrong_answer`: it answered what can't be used, or does not know this client.
 */
export class UpstreamFailure extends Error {
  override readonly name = "UpstreamFailure";
  readonly problem: "denied" | "dead" | "no_answer" | "wrong_answer";

  /** @param reason for the log, without a code, a token or a secret in it */
  constructor(
    problem: UpstreamFailure["problem"],
    reason: string,
    options: { readonly cause?: unknown } = {},
  ) {
    super(reason, options);
    this.problem = problem;
  }
}
