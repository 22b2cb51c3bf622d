import { formatChallenge } from "../core/challenge.ts";
import { json } from "../platform/json.ts";
import type { Metrics } from "../platform/telemetry/metrics.ts";
import type { RefusalLog } from "./refusals.ts";

/** What the guard says of requests without a token, at an endpoint where some need none. */
export type WithoutToken = {
  /** Counts one that needed none. */
  letIn(): void;
  /** The 401 of one that needs one, with the scopes to ask for. */
  challenge(needed: readonly string[]): Response;
  /** The same challenge for a client that looks for it in the result of a tool. Those want an `error` in it. */
  challengeInResult(needed: readonly string[]): string;
  /**
   * The answer while too many come without.
   * @param maySignIn whether that helps here: then it is the 401, so that strangers shut out no one who has an account
   */
  limited(waitSeconds: number, maySignIn: boolean): Response;
  /** Scopes by the names under which clients ask for them. */
  announced(scopes: readonly string[]): readonly string[];
};

export type WithoutTokenParts = Pick<WithoutToken, "announced"> & {
  /** The 401 with what to ask for. */
  readonly signIn: (needed: readonly string[]) => Response;
  readonly resourceMetadata: string;
  /** Scopes that every request needs. */
  readonly requiredScopes: readonly string[];
  /** What a client that begins should ask for. */
  readonly toBegin: (needed: readonly string[]) => readonly string[];
  readonly refusals: Pick<RefusalLog, "refused">;
  readonly metrics: Pick<Metrics, "decided">;
};

export function createWithoutToken(parts: WithoutTokenParts): WithoutToken {
  const { signIn, announced, resourceMetadata, requiredScopes, toBegin, refusals, metrics } = parts;
  return {
    announced,
    challenge(needed) {
      metrics.decided("no_token");
      return signIn(needed);
    },
    letIn: () => metrics.decided("public"),
    challengeInResult(needed) {
      metrics.decided("no_token");
      return formatChallenge({
        error: "insufficient_scope",
        description: "Sign in to use this tool.",
        scopes: announced(toBegin(needed)),
        resourceMetadata,
      });
    },
    limited(waitSeconds, maySignIn) {
      metrics.decided("public_limit");
      refusals.refused("too many requests without a token");
      const response = maySignIn ? signIn(requiredScopes) : tooMany();
      response.headers.set("Retry-After", String(waitSeconds));
      return response;
    },
  };
}

function tooMany(): Response {
  return json(
    { error: "slow_down", error_description: "Too many requests without an access token. Try again later." },
    { status: 429, headers: { "Cache-Control": "no-store" } },
  );
}
