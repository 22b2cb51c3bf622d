import { OAuthError } from "../../core/errors.ts";
import { shownName } from "../../pages/html.ts";

/** There is nothing of the person at this service that can be used. */
export class NotConnected extends Error {
  override readonly name = "NotConnected";
}

const RETRY_SECONDS = 10;

/** @param label of the service */
export function noAnswer(label: string): OAuthError {
  return new OAuthError(
    "temporarily_unavailable",
    `${shownName(label)} can't be reached right now. Nothing has changed: try again in a moment.`,
    { retryAfterSeconds: RETRY_SECONDS, detail: "see upstream.failed in the log" },
  );
}
