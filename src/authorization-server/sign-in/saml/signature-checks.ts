import { PageError } from "../../../pages/page-error.ts";
import { strangersNetwork } from "../../../platform/addresses.ts";
import type { Clock } from "../../../platform/clock.ts";
import type { Counters } from "../../../store/counters.ts";
import { type Ceiling, takeShare } from "../../ceilings.ts";
import { type SignatureAnswer, type SignatureQuestion, verifySignature } from "./signature-thread.ts";

/** @throws OAuthError `temporarily_unavailable` where the network, or all together, have asked for too many */
export type VerifySignature = (question: SignatureQuestion) => Promise<SignatureAnswer>;

/** Anyone can send a document with a made-up signature, and only checking it tells. All instances on one Postgres count together. */
const CHECKS: Ceiling = { key: "saml signatures", limit: 600, seconds: 60 };

/** Checks signatures for one network: it has a share of the checks of a minute, and of the places of those that wait. */
export function signatureChecksOf(
  address: string | undefined,
  { counters, clock }: { readonly counters: Counters; readonly clock: Clock },
): VerifySignature {
  const network = strangersNetwork(address);
  return async (question) => {
    const { waitSeconds } = await takeShare(CHECKS, network, counters, clock());
    if (waitSeconds === 0) return verifySignature(question, network);
    throw new PageError("temporarily_unavailable", ({ login }) => login.problems.tooMany, {
      detail: "too many SAML responses of the network, or of all together",
      retryAfterSeconds: waitSeconds,
    });
  };
}
