import { OAuthError } from "../../../core/errors.ts";
import type { UnauditedEvent } from "../../../core/events.ts";
import type { Peer } from "../../../http/peer.ts";
import type { Texts } from "../../../pages/texts/en.ts";
import type { Log } from "../../../platform/logging.ts";
import type { CurrentSignIn } from "../../people/browser-binding.ts";
import { type AnswerOfService, UpstreamFailure } from "../service.ts";
import type { UpstreamVault } from "../vault.ts";
import type { OAuthService } from "./connection.ts";

export type FinishParts = {
  readonly vault: Pick<UpstreamVault, "keepTokens">;
  readonly log: Log<UnauditedEvent>;
  readonly look: { readonly texts: Texts };
};

/** What came of a connection. */
export type Finished =
  | "connected"
  /** The person, or the service for them, said no. */
  | "denied"
  /** What went wrong, for the person. It is in the log. */
  | OAuthError;

/** Fetches the tokens that the service's answer is worth, and keeps them for the person whose session this is. */
export async function finishConnection(
  { person, signIn }: CurrentSignIn,
  { name, upstream, service }: OAuthService,
  answer: AnswerOfService,
  peer: Peer,
  { vault, log, look }: FinishParts,
): Promise<Finished> {
  const texts = look.texts.account.upstreams;
  try {
    const tokens = await service.exchange(answer);
    // Kept only while that session is live, in the one commit.
    if (await vault.keepTokens({ personId: person.id, name, session: signIn }, tokens, peer)) {
      return "connected";
    }
    const reason = "the session that began it is over";
    recordNotConnected({ person: person.id, upstream: name, reason }, peer, log);
    return new OAuthError("access_denied", texts.noLongerSignedIn);
  } catch (error) {
    if (!(error instanceof UpstreamFailure)) throw error;
    recordNotConnected({ person: person.id, upstream: name, reason: error.message }, peer, log);
    return error.problem === "denied" ? "denied" : failureFor(error, upstream.label, texts);
  }
}

/** What a failure of the service comes to for the person. */
export function failureFor(
  { problem }: UpstreamFailure,
  label: string,
  texts: Pick<Texts["account"]["upstreams"], "noAnswer" | "wrongAnswer">,
): OAuthError {
  return problem === "no_answer"
    ? new OAuthError("temporarily_unavailable", texts.noAnswer(label))
    : new OAuthError("invalid_request", texts.wrongAnswer(label));
}

/** The line in the log. @param fields.reason without a code, a token or a key in it */
export function recordNotConnected(
  fields: { readonly person?: string | undefined; readonly upstream: string; readonly reason: string },
  { address, correlationId }: Peer,
  log: Log<UnauditedEvent>,
): void {
  log.event("upstream.not_connected", { ...fields, address, correlationId });
}
