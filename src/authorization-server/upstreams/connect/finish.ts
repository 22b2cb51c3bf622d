import type { OAuthError } from "../../../core/errors.ts";
import type { UnauditedEvent } from "../../../core/events.ts";
import type { Peer } from "../../../http/peer.ts";
import { PageError } from "../../../pages/page-error.ts";
import type { Log } from "../../../platform/logging.ts";
import type { CurrentSignIn } from "../../people/browser-binding.ts";
import { type AnswerOfService, UpstreamFailure } from "../service.ts";
import type { UpstreamVault } from "../vault.ts";
import type { OAuthService } from "./connection.ts";

export type FinishParts = {
  readonly vault: Pick<UpstreamVault, "keepTokens">;
  readonly log: Log<UnauditedEvent>;
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
  { vault, log }: FinishParts,
): Promise<Finished> {
  try {
    const tokens = await service.exchange(answer);
    // Kept only while that session is live, in the one commit.
    if (await vault.keepTokens({ personId: person.id, name, session: signIn }, tokens, peer)) {
      return "connected";
    }
    const reason = "the session that began it is over";
    recordNotConnected({ person: person.id, upstream: name, reason }, peer, log);
    return new PageError("access_denied", ({ account }) => account.upstreams.noLongerSignedIn);
  } catch (error) {
    if (!(error instanceof UpstreamFailure)) throw error;
    recordNotConnected({ person: person.id, upstream: name, reason: error.message }, peer, log);
    return error.problem === "denied" ? "denied" : failureFor(error, upstream.label);
  }
}

/** What a failure of the service comes to for the person. */
export function failureFor({ problem }: UpstreamFailure, label: string): OAuthError {
  return problem === "no_answer"
    ? new PageError("temporarily_unavailable", ({ account }) => account.upstreams.noAnswer(label))
    : new PageError("invalid_request", ({ account }) => account.upstreams.wrongAnswer(label));
}

/** The line in the log. @param fields.reason without a code, a token or a key in it */
export function recordNotConnected(
  fields: { readonly person?: string | undefined; readonly upstream: string; readonly reason: string },
  { address, correlationId }: Peer,
  log: Log<UnauditedEvent>,
): void {
  log.event("upstream.not_connected", { ...fields, address, correlationId });
}
