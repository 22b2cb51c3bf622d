import type { UnauditedEvent } from "../../../core/events.ts";
import type { Peer } from "../../../http/peer.ts";
import { htmlResponse, withCookies } from "../../../http/responses.ts";
import { errorPage } from "../../../pages/error.ts";
import type { Look } from "../../../pages/look.ts";
import type { Log } from "../../../platform/logging.ts";
import type { SignInMethod, SignInPage, Visit } from "../method.ts";
import type { BrokenOff } from "./provider.ts";

export type BrokenOffParts = {
  readonly method: Pick<SignInMethod, "name" | "label">;
  readonly signInPage: SignInPage;
  readonly log: Log<UnauditedEvent>;
  readonly look: Look;
};

/** Back to the sign-in page, which says what happened and offers every way again. */
export function tryAgain(
  visit: Visit,
  { problem, message }: BrokenOff,
  peer: Peer,
  parts: BrokenOffParts,
): Response {
  recordBrokenOff(visit, message, peer, parts);
  // A person who cancelled has nothing to ask about.
  const reference = problem === "cancelled" ? undefined : peer.correlationId;
  return parts.signInPage.again(parts.method, visit, problem, reference);
}

/** An answer for no sign-in of this browser: there is nothing to go back to. */
export function noSignIn(
  why: string,
  setCookies: readonly string[],
  peer: Peer,
  parts: BrokenOffParts,
): Response {
  recordBrokenOff(undefined, why, peer, parts);
  const { title, whatHappened, whatToDo } = parts.look.texts.login.noSignIn;
  const page = errorPage({
    look: parts.look,
    title,
    whatHappened,
    whatToDo,
    correlationId: peer.correlationId,
    status: 400,
  });
  return withCookies(htmlResponse(page, parts.look.styles, 400), setCookies);
}

/** The line in the log. @param reason without a code, a token or an assertion in it */
export function recordBrokenOff(
  visit: Visit | undefined,
  reason: string,
  { address, correlationId }: Peer,
  { log, method }: BrokenOffParts,
): void {
  log.event("sign_in.broken_off", {
    client: visit?.client?.id,
    method: method.name,
    reason,
    address,
    correlationId,
  });
}
