import type { Claims } from "../../core/claim-path.ts";
import { readToldClaims } from "../../core/provider-claims.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Refusal } from "../guard.ts";
import type { ProviderVerification, VerifyProviderToken } from "./by-issuer.ts";
import { admit, type TokenRules } from "./token-rules.ts";

/**
 * Asks the provider what a token says; undefined where it is not a good one.
 * @throws OAuthError `temporarily_unavailable` where that cannot be told.
 */
export type Ask = (token: string) => Promise<Claims | undefined>;

/** Without an end (RFC 7662 §2.2 makes `exp` optional) an answer holds for a minute, and is then asked for again. */
const UNKNOWN_END_SECONDS = 60;

export type AskingParts = {
  readonly ask: Ask;
  /** What the log says of a token that is not a good one. */
  readonly notGood: string;
  /** How long an active token is believed. What the provider revokes is let in no longer than that. */
  readonly believeSeconds: number;
  readonly clock: Clock;
};

/**
 * Asks about each token, for opaque ones. What is active is kept by the guard's cache for a while, and never past `exp`;
 * parallel requests with one token ask once.
 * @param issuer counts where the answer names none: it comes from this provider.
 */
export function verifyByAsking(
  rules: TokenRules,
  issuer: string,
  { ask, notGood, believeSeconds, clock }: AskingParts,
): VerifyProviderToken {
  const refused = (why: string, ended?: "expired"): Refusal => ({
    kind: "refused",
    why,
    about: { issuer },
    ended,
  });
  const verify: VerifyProviderToken = async (token) => {
    const said = await ask(token);
    if (!said) return refused(notGood);
    const now = clock() / 1000;
    const read = readToldClaims(said, { issuer, expiresAt: now + UNKNOWN_END_SECONDS });
    if ("why" in read) return refused(read.why);
    const admission = admit({ claims: read.claims, token }, rules, now);
    if ("why" in admission) return refused(admission.why, admission.ended);
    const { auth, subject } = admission;
    return { kind: "verified", auth, subject, until: Math.min(auth.expiresAt, now + believeSeconds) };
  };
  const verifying = new Map<string, Promise<ProviderVerification>>();
  return (token) => {
    let answered = verifying.get(token);
    if (!answered) {
      answered = verify(token).finally(() => verifying.delete(token));
      verifying.set(token, answered);
    }
    return answered;
  };
}
