import { OAuthError } from "../core/errors.ts";

/**
 * Why there is no token. `message` is a sentence for whoever runs the program; it holds no secret and no token.
 */
export class TokenError extends Error {
  override readonly name = "TokenError";
  /**
   * The code that the authorization server answered (RFC 6749 §5.2), such as `invalid_client` or `invalid_scope`; or
   * `unreachable` (no answer, or an outage), `unusable_answer` (something else than a token), `discovery_failed`.
   */
  readonly code: string;
  /** The HTTP status of the answer; undefined where there was none. */
  readonly status: number | undefined;
  /** Whether the same request may succeed later: it was tried again, and may be tried once more. */
  readonly passing: boolean;
  /** When to try again, where the server said so. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    code: string,
    message: string,
    options: {
      readonly status?: number;
      readonly passing?: boolean;
      readonly retryAfterSeconds?: number | undefined;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.status = options.status;
    this.passing = options.passing ?? false;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** No answer at all. */
export function unreachable(url: string, cause: unknown): TokenError {
  const why = cause instanceof OAuthError ? cause.detail : cause instanceof Error ? cause.message : undefined;
  return new TokenError("unreachable", `${url} cannot be reached${why === undefined ? "" : ` (${why})`}.`, {
    passing: true,
    cause,
  });
}
