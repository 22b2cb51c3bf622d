import type { Auth } from "../core/auth.ts";
import { type BearerChallenge, formatChallenge } from "../core/challenge.ts";
import { OAuthError } from "../core/errors.ts";
import { formatScopes, missingScopes, union } from "../core/scopes.ts";
import { json } from "../platform/json.ts";
import type { Metrics } from "../platform/telemetry/metrics.ts";
import type { RefusalFields, RefusalLog } from "./refusals.ts";
import { createWithoutToken, type WithoutToken } from "./without-token.ts";

/** What challenges say. */
export type ChallengeOptions = {
  /** Absolute URL of the protected resource metadata. */
  readonly resourceMetadata: string;
  /** Scopes that a 401 names beside the needed ones, so that clients ask for them at once. */
  readonly challengeScopes?: readonly string[];
  readonly implies: ReadonlyMap<string, readonly string[]>;
  /** A scope by the name under which clients ask for it, where that is another one. */
  readonly announce?: (scope: string) => string;
};

/**
 * `why` is for the operator's log; the client learns only that the token is not valid. `ended`: it was good once, and
 * nothing is wrong with who sends it.
 */
export type RefusedToken = {
  readonly why: string;
  readonly about?: RefusalFields;
  readonly ended?: "expired" | "revoked" | undefined;
};

/** What the guard answers in place of letting a request in. Each answer is counted, and logged where something is wrong. */
export type GuardAnswers = {
  noToken(needed: readonly string[]): Response;
  readonly withoutToken: WithoutToken;
  malformed(): Response;
  invalidToken(token: RefusedToken, needed: readonly string[]): Response;
  /** The token is good, and the operator disabled its person: neither another token nor more scopes would help. */
  personDisabled(about: RefusalFields): Response;
  /** It cannot be told whether the token is good. */
  unavailable(cause: unknown): Response;
  /** The 403 that asks for every scope an operation needs, or undefined where the token has them (RFC 6750 §3.1). */
  requireScopes(auth: Auth, needed: readonly string[]): Response | undefined;
};

export type GuardAnswersParts = ChallengeOptions & {
  /** Scopes that every request needs. */
  readonly requiredScopes: readonly string[];
  readonly refusals: RefusalLog;
  readonly metrics: Pick<Metrics, "decided">;
};

export function createGuardAnswers(parts: GuardAnswersParts): GuardAnswers {
  const { resourceMetadata, challengeScopes = [], implies, announce = same, refusals, metrics } = parts;
  const { decided } = metrics;

  const announced = (scopes: readonly string[]) => scopes.map(announce);

  const challenge = (status: number, said: Omit<BearerChallenge, "resourceMetadata">) =>
    challengeResponse(status, { ...said, scopes: announced(said.scopes ?? []), resourceMetadata });

  /** What a client that begins, or begins again, should ask for. */
  const toBegin = (needed: readonly string[]) => union(needed, challengeScopes);

  // No `error`: a request without credentials did nothing wrong (RFC 6750 §3.1).
  const signIn = (needed: readonly string[]) => challenge(401, { scopes: toBegin(needed) });
  const withoutToken = createWithoutToken({ ...parts, signIn, announced, toBegin });

  return {
    noToken: withoutToken.challenge,
    withoutToken,
    malformed() {
      decided("malformed");
      refusals.refused("malformed Authorization header");
      return challenge(400, {
        error: "invalid_request",
        description: "The Authorization header is malformed.",
      });
    },
    invalidToken({ why, about, ended }, needed) {
      decided(ended ?? "invalid_token");
      refusals.refused(why, about);
      return challenge(401, {
        error: "invalid_token",
        description: "The access token is not valid: it has expired, was revoked, or is not for this server.",
        scopes: toBegin(needed),
      });
    },
    personDisabled(about) {
      decided("person_disabled");
      refusals.refused("the person is disabled", about);
      // Not 401: the client would send the person to the provider for another token, over and over.
      return challenge(403, {
        error: "access_denied",
        description: "The operator of this server disabled this person. Connecting again does not help.",
      });
    },
    unavailable(cause) {
      decided("unavailable");
      refusals.failed(cause);
      return unavailableResponse(cause);
    },
    requireScopes(auth, needed) {
      const missing = missingScopes(needed, auth.scopes, implies);
      if (missing.length === 0) return undefined;
      decided("insufficient_scope");
      refusals.refused(`missing scope: ${missing.join(" ")}`, {
        issuer: auth.issuer,
        client: auth.client.id,
        person: auth.person.id,
      });
      return challenge(403, {
        error: "insufficient_scope",
        description: `This needs the scope ${missing.join(" ")}.`,
        // With what the token has: a client that asks for exactly this loses nothing by stepping up.
        scopes: union(auth.scopes, needed),
      });
    },
  };
}

const same = (scope: string): string => scope;

const RETRY_AFTER_SECONDS = 2;

/** An outage must never look like a bad token: clients would throw good ones away. */
function unavailableResponse(cause: unknown): Response {
  const seconds = (cause instanceof OAuthError && cause.retryAfterSeconds) || RETRY_AFTER_SECONDS;
  return json(
    {
      error: "temporarily_unavailable",
      error_description: "The token cannot be checked right now. Try again.",
    },
    { status: 503, headers: { "Retry-After": String(seconds), "Cache-Control": "no-store" } },
  );
}

function challengeResponse(status: number, challenge: BearerChallenge): Response {
  const { error = "unauthorized", description = "An access token is needed.", scopes = [] } = challenge;
  return json(
    {
      error,
      error_description: description,
      // For callers of REST routes, who read bodies more often than challenges.
      ...(error === "insufficient_scope" && { scope: formatScopes(scopes) }),
    },
    {
      status,
      headers: { "WWW-Authenticate": formatChallenge(challenge), "Cache-Control": "no-store" },
    },
  );
}
