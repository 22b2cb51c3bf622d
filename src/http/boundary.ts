import { type ErrorCode, OAuthError } from "../core/errors.ts";
import type { RefusalEvent, UnauditedEvent } from "../core/events.ts";
import { errorPage } from "../pages/error.ts";
import type { Look } from "../pages/look.ts";
import { PageError, sentenceOf } from "../pages/page-error.ts";
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
  return new PageError("server_error", ({ error }) => error.onServer, { cause });
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

function errorPageResponse(error: OAuthError, look: Look, { correlationId }: Peer): Response {
  const status = pageStatus(error);
  const texts = look.texts.error;
  const page = errorPage({
    look,
    title: status >= 500 ? texts.somethingWentWrong : texts.cannotContinue,
    whatHappened: sentenceOf(error, look),
    whatToDo: adviceOf(error, look),
    correlationId,
    status,
  });
  return htmlResponse(page, look.styles, status, retryAfter(error));
}

function adviceOf(error: OAuthError, { texts }: Look): string {
  if (error instanceof PageError && error.advises) return error.advises(texts);
  const { afterCode, connectAgain } = texts.error.whatToDo;
  const afterCodes: Partial<Record<ErrorCode, string>> = afterCode;
  return afterCodes[error.code] ?? connectAgain;
}
