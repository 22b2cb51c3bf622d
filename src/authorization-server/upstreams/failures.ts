import { OAuthError } from "../../core/errors.ts";
import { shownName } from "../../pages/html.ts";

/** There is nothing of the person at this service that can be used. */
export class NotConnected extends Error {
  override readonly name = "NotConnected";
}

const RETRY_SECONDS = 10;

/**
 * It did not answer, or says that it can't now.
 * @param label of the service
 */
export function noAnswer(label: string): OAuthError {
  return new OAuthError(
    "temporarily_unavailable",
    `${shownName(label)} can't be reached right now. Nothing has changed: try again in a moment.`,
    { retryAfterSeconds: RETRY_SECONDS, detail: "see upstream.failed in the log" },
  );
}

/**
 * It answered what can't be used, or does not know this server: trying again alone does not help. What the person has stays.
 * @param label of the service
 */
export function wrongAnswer(label: string): OAuthError {
  return new OAuthError(
    "temporarily_unavailable",
    `The answer of ${shownName(label)} could not be used. Nothing has changed: contact the server's operator.`,
    { retryAfterSeconds: RETRY_SECONDS, detail: "see upstream.failed in the log" },
  );
}
