import { type Client, identityOf } from "../../core/client.ts";
import type { OAuthError } from "../../core/errors.ts";
import type { UnauditedEvent } from "../../core/events.ts";
import type { RedirectList } from "../../core/redirect-list.ts";
import { type TrustedRedirect, withParams } from "../../core/trusted-redirect.ts";
import { type DirectRedirect, type Occasion, wayBack } from "../../core/way-back.ts";
import type { Peer } from "../../http/peer.ts";
import { htmlResponse, pageStatus, retryAfter, seeOther } from "../../http/responses.ts";
import type { Look } from "../../pages/look.ts";
import { sentenceOf } from "../../pages/page-error.ts";
import { returnPage } from "../../pages/return.ts";
import type { Log } from "../../platform/logging.ts";

/** Who asked, and where the answer goes. */
export type Asker = {
  readonly client: Client;
  readonly redirect: TrustedRedirect;
  readonly state: string | undefined;
};

/** An authorization response (RFC 6749 §4.1.2) or an error response (§4.1.2.1). */
export type Answer =
  | { readonly occasion: Extract<Occasion, "approved">; readonly code: string }
  | { readonly occasion: Extract<Occasion, "denied">; readonly error: OAuthError }
  | {
      readonly occasion: Extract<Occasion, "error">;
      readonly error: OAuthError;
      readonly correlationId: string;
    };

/** Sends the person back to the client with the answer: at once, or by a page that links on with the same parameters. */
export type AnswerClient = (asker: Asker, answer: Answer) => Response;

export function createAnswerClient({
  look,
  issuer,
  trustedRedirects,
}: {
  readonly look: Look;
  readonly issuer: string;
  /** Where people are sent without a click. */
  readonly trustedRedirects: RedirectList;
}): AnswerClient {
  return ({ client, redirect, state }, answer) => {
    const params = { ...paramsOf(answer), state, iss: issuer };
    const way = wayBack(client, redirect, answer.occasion, trustedRedirects);
    if (way.by === "redirect") return redirectTo(way.to, params);
    const page = returnPage({
      look,
      client: identityOf(client),
      url: withParams(redirect, params),
      outcome:
        answer.occasion === "error"
          ? { error: sentenceOf(answer.error, look), correlationId: answer.correlationId }
          : answer.occasion,
      opensItself: way.opensItself,
    });
    if (answer.occasion !== "error") return htmlResponse(page, look.styles);
    return htmlResponse(page, look.styles, pageStatus(answer.error), retryAfter(answer.error));
  };
}

/** Tells the client what was refused, and the log why. */
export function refuseToClient(
  error: OAuthError,
  asker: Asker,
  { correlationId, address }: Peer,
  { log, answerClient }: { readonly log: Log<UnauditedEvent>; readonly answerClient: AnswerClient },
): Response {
  log.event("authorization.refused", {
    client: asker.client.id,
    error: error.code,
    reason: error.detail ?? error.message,
    correlationId,
    address,
  });
  return answerClient(asker, { occasion: "error", error, correlationId });
}

type AnswerParams = Readonly<Record<string, string | undefined>>;

function paramsOf(answer: Answer): AnswerParams {
  return answer.occasion === "approved"
    ? { code: answer.code }
    : { error: answer.error.code, error_description: answer.error.description };
}

function redirectTo(to: DirectRedirect, params: AnswerParams): Response {
  return seeOther(withParams(to, params));
}
