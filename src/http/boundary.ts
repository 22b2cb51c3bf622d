import { type ErrorCode, OAuthError } from "../core/errors.ts";
import type { RefusalEvent, UnauditedEvent } from "../core/events.ts";
import { errorPage } from "../pages/error.ts";
import type { Look } from "../pages/look.ts";
import type { Log } from "../platform/logging.ts";
import type { Peer } from "./peer.ts";
import { errorResponse, htmlResponse, pageStatus, retryAfter } from "./responses.ts";
import type { Endpoint, Route } from "./route.ts";

/** Asks an endpoint, and answers what it refuses. The one place where refusals are caught. */
export type Boundary = (
  route: Pick<Route, "refusals" | "refusedAs">,
  endpoint: Endpoint,
  request: Request,
  peer: Peer,
) => Promise<Response>;

/** @param look of the error page */
export function createBoundary({
  look,
  log,
}: {
  readonly look: Look;
  readonly log: Log<UnauditedEvent>;
}): Boundary {
  return async ({ refusals, refusedAs }, endpoint, request, peer) => {
    try {
      return await endpoint(request, peer);
    } catch (thrown) {
      const error = thrown instanceof OAuthError ? thrown : unexpected(thrown);
      logRefusal(error, request, log, peer, refusedAs);
      return refusals === "json" ? errorResponse(error) : errorPageResponse(error, look, peer);
    }
  };
}

/** What nobody foresaw. The client learns nothing about it. */
function unexpected(cause: unknown): OAuthError {
  return new OAuthError("server_error", "Something went wrong on the server.", { cause });
}

/** A refusal in the operator's log, with what the client does not learn. */
export function logRefusal(
  error: OAuthError,
  request: Request,
  log: Log<UnauditedEvent>,
  { correlationId, address }: Peer,
  event: RefusalEvent = "request.refused",
): void {
  const fields = {
    error: error.code,
    reason: error.detail ?? error.message,
    path: new URL(request.url).pathname,
    correlationId,
    address,
  };
  if (error.status >= 500) log.error(error.message, { ...fields, cause: error.cause });
  else log.event(event, fields);
}

const WHAT_TO_DO: Partial<Record<ErrorCode, string>> = {
  access_denied: "Go back to your app and connect again.",
  invalid_client: "Remove the connection in your app and add it again.",
  unauthorized_client:
    "Connecting again does not help. Contact the server's operator with the reference ID below.",
  slow_down: "Wait a moment, then go back to your app and connect again.",
  temporarily_unavailable:
    "Wait a moment, then reload this page. If that does not help, go back to your app and connect again.",
  server_error: "Try again. If it happens again, contact the server's operator with the reference ID below.",
};
const BEGIN_AGAIN =
  "Go back to your app and connect again. If it happens again, contact the app's developer.";

function errorPageResponse(error: OAuthError, look: Look, { correlationId }: Peer): Response {
  const status = pageStatus(error);
  const page = errorPage({
    look,
    title: status >= 500 ? "Something went wrong" : "This request can’t continue",
    whatHappened: error.message,
    whatToDo: error.whatToDo ?? WHAT_TO_DO[error.code] ?? BEGIN_AGAIN,
    correlationId,
    status,
  });
  return htmlResponse(page, look.styles, status, retryAfter(error));
}
