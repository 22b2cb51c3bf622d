import { OAuthError } from "../core/errors.ts";

/** Nothing that was asked is wrong: the database does not work right now. Answered 503 with `Retry-After`. */
export function unavailable(why: string, cause?: unknown): OAuthError {
  return new OAuthError("temporarily_unavailable", "The server cannot do this right now. Try again.", {
    detail: `the database cannot be used now: ${why}`,
    retryAfterSeconds: 2,
    cause,
  });
}
