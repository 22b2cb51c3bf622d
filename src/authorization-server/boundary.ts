import { type ErrorCode, OAuthError } from "../core/errors.ts";
import type { UnauditedEvent } from "../core/events.ts";
import { errorPage } from "../pages/error.ts";
import type { Deps, Endpoint, Peer } from "./deps.ts";
import { errorResponse, htmlResponse, PAGE_STYLES, pageStatus, retryAfter } from "./responses.ts";

/** The one place where an endpoint's refusals are caught. Programs get JSON, people a page. */
export type Answers = "json" | "page";

export async function answer(
  endpoint: Endpoint,
  answers: Answers,
  request: Request,
  deps: Deps,
  peer: Peer,
): Promise<Response> {
  try {
    return await endpoint(request, deps, peer);
  } catch (thrown) {
    const error = thrown instanceof OAuthError ? thrown : unexpected(thrown);
    logRefusal(error, request, deps, peer);
    return answers === "json" ? errorResponse(error) : errorPageResponse(error, deps, peer);
  }
}

/** What nobody foresaw. The client learns nothing about it. */
function unexpected(cause: unknown): OAuthError {
  return new OAuthError("server_error", "Something went wrong on the server.", { cause });
}

/** A refusal in the operator's log, with what the client does not learn. */
export function logRefusal(
  error: OAuthError,
  request: Request,
  { log }: Pick<Deps, "log">,
  { correlationId, address }: Peer,
): void {
  const { pathname } = new URL(request.url);
  const fields = {
    error: error.code,
    reason: error.detail ?? error.message,
    path: pathname,
    correlationId,
    address,
  };
  if (error.status >= 500) log.error(error.message, { ...fields, cause: error.cause });
  else log.event(REFUSAL_EVENTS.get(pathname.slice(pathname.lastIndexOf("/"))) ?? "request.refused", fields);
}

const REFUSAL_EVENTS: ReadonlyMap<string, UnauditedEvent> = new Map([
  ["/token", "token.refused"],
  ["/register", "client.refused"],
]);

const WHAT_TO_DO: Partial<Record<ErrorCode, string>> = {
  access_denied: "Go back to the app that you came from and connect again from there.",
  invalid_client: "Remove the connection in the app and add it again: the app then registers anew.",
  unauthorized_client:
    "Connecting again does not help. Ask whoever runs this server, and give them the ID below.",
  slow_down: "Wait a little, then go back to the app and connect again.",
  temporarily_unavailable:
    "Wait a little, then reload this page. If nothing changes, go back to the app and connect again.",
  server_error: "Try again. If it happens again, give the operator the reference below.",
};
const BEGIN_AGAIN =
  "Go back to the app that you came from and connect again. If it happens again, tell the makers of the app.";

function errorPageResponse(error: OAuthError, { settings }: Deps, { correlationId }: Peer): Response {
  const status = pageStatus(error);
  const page = errorPage({
    appName: settings.name,
    title: status >= 500 ? "Something went wrong" : "This request can’t continue",
    whatHappened: error.message,
    whatToDo: WHAT_TO_DO[error.code] ?? BEGIN_AGAIN,
    correlationId,
    status,
  });
  return htmlResponse(page, PAGE_STYLES, status, retryAfter(error));
}
