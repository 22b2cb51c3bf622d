import type { Auth } from "../core/auth.ts";
import { type BearerChallenge, formatChallenge, readBearer } from "../core/challenge.ts";
import { OAuthError } from "../core/errors.ts";
import { formatScopes, missingScopes, union } from "../core/scopes.ts";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/logging.ts";
import { type Metrics, noMetrics } from "../platform/telemetry/metrics.ts";
import { type RefusalFields, type RefusalLog, refusalLog } from "./refusals.ts";
import { createVerifiedTokens } from "./verified-tokens.ts";

/** What the guard decides from: a web `Request` is one, and an adapter makes one without building a body. */
export type RequestHead = {
  readonly method: string;
  readonly url: string;
  readonly headers: { get(name: string): string | null };
};

/** Lets a request in as somebody, or answers it. */
export type Guard = {
  /** @param more scopes that this request needs, beside the ones that every request does */
  (request: RequestHead, ...more: readonly string[]): Promise<Auth | Response>;
  /** Who it is, whatever the scopes: for those who learn only later what is needed, and then ask for all of it at once. */
  identify(request: RequestHead): Promise<Auth | Response>;
  /** The 403 that asks for every scope an operation needs, or undefined where the token has them (RFC 6750 §3.1). */
  requireScopes(auth: Auth, needed: readonly string[]): Response | undefined;
  /** Whether the token has them, where a lack of them refuses nothing and belongs in no log. */
  hasScopes(auth: Auth, needed: readonly string[]): boolean;
  /** Forgets what it verified of this grant, so that the next request asks the store. */
  invalidate(grantId: string): void;
  /** The same for all of them: what they were verified by has changed. */
  invalidateAll(): void;
  /** Whether the grant of a request that was let in has ended since. Costs no more than a lookup. */
  isRevoked(auth: Auth): boolean;
};

export type Verification =
  /** `until`, in epoch seconds: how long that holds without another look. Unless said, to the token's end. */
  | { readonly kind: "verified"; readonly auth: Auth; readonly until?: number }
  /**
   * `why` is for the operator's log; the client learns only that the token is not valid. `ended`: it was good once, and
   * nothing is wrong with who sends it.
   */
  | {
      readonly kind: "refused";
      readonly why: string;
      readonly about?: RefusalFields;
      readonly ended?: "expired" | "revoked" | undefined;
    };

export type GuardOptions = {
  /** Absolute URL of the protected resource metadata. */
  readonly resourceMetadata: string;
  /** Scopes that every request needs. */
  readonly requiredScopes: readonly string[];
  /** Scopes that a 401 names beside the needed ones, so that clients ask for them at once. */
  readonly challengeScopes?: readonly string[];
  readonly implies: ReadonlyMap<string, readonly string[]>;
  /** A scope by the name under which clients ask for it, where that is another one. */
  readonly announce?: (scope: string) => string;
  /** @throws where it cannot be told whether the token is good: answered 503, never as a bad token. */
  readonly verify: (token: string) => Promise<Verification>;
  /** How many verified tokens are remembered: the least used ones go. */
  readonly cachedTokens: number;
  /**
   * Whether this process hears of revocations, or did a short while ago. Where it does not, tokens that come of a grant
   * are verified again at each request. Asked at each request too: it must cost next to nothing. Default: always.
   */
  readonly holdsRevocationLease?: () => boolean;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics?: Pick<Metrics, "decided" | "lookedUp">;
};

const RETRY_AFTER_SECONDS = 2;
const USUAL_SCHEME = "Bearer ";

/** The resource server's gate (RFC 6750, RFC 9728 §5.1). It reads the head of a request and never a body. */
export function createGuard(options: GuardOptions): Guard {
  const { resourceMetadata, requiredScopes, implies, announce = same, verify, clock, log } = options;
  const { holdsRevocationLease = always, challengeScopes = [] } = options;
  const verified = createVerifiedTokens(options.cachedTokens);
  const refusals = refusalLog(log, clock);
  const { decided, lookedUp } = options.metrics ?? noMetrics;

  const challenge = (status: number, parts: Omit<BearerChallenge, "resourceMetadata">) =>
    challengeResponse(status, { ...parts, scopes: parts.scopes?.map(announce) ?? [], resourceMetadata });

  /** What a client that begins, or begins again, should ask for. */
  const toBegin = (needed: readonly string[]) => union(needed, challengeScopes);

  const verifiedBefore = (token: string): Auth | undefined => {
    const auth = verified.get(token, clock() / 1000);
    return auth && (auth.grantId === null || holdsRevocationLease()) ? auth : undefined;
  };

  const letIn = (known: Auth): Auth => {
    lookedUp(true);
    decided("authenticated");
    return known;
  };

  const authenticate = async (token: string, needed: readonly string[]): Promise<Auth | Response> => {
    const known = verifiedBefore(token);
    if (known) return letIn(known);
    lookedUp(false);
    const age = verified.age();
    const verification = await verify(token);
    if (verification.kind === "verified") {
      decided("authenticated");
      const { auth, until = auth.expiresAt } = verification;
      verified.add(token, { auth, until }, age);
      return auth;
    }
    decided(verification.ended ?? "invalid_token");
    refusals.refused(verification.why, verification.about);
    return challenge(401, {
      error: "invalid_token",
      description: "The access token is not valid: it has expired, was revoked, or is not for this server.",
      scopes: toBegin(needed),
    });
  };

  const requireScopes = (auth: Auth, needed: readonly string[]): Response | undefined => {
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
  };

  const identify = async (request: RequestHead, needed = requiredScopes): Promise<Auth | Response> => {
    const header = request.headers.get("authorization");
    // Nearly every request: a token that was read and verified before need not be read again.
    const known = header?.startsWith(USUAL_SCHEME) && verifiedBefore(header.slice(USUAL_SCHEME.length));
    if (known) return letIn(known);
    const credentials = readBearer(header);
    switch (credentials.kind) {
      case "none":
        decided("no_token");
        // No `error`: a request without credentials did nothing wrong (RFC 6750 §3.1).
        return challenge(401, { scopes: toBegin(needed) });
      case "malformed":
        decided("malformed");
        refusals.refused("malformed Authorization header");
        return challenge(400, {
          error: "invalid_request",
          description: "The Authorization header is malformed.",
        });
      case "token":
        try {
          return await authenticate(credentials.token, needed);
        } catch (cause) {
          decided("unavailable");
          return unavailable(cause, refusals);
        }
    }
  };

  const guard = async (request: RequestHead, ...more: readonly string[]): Promise<Auth | Response> => {
    const needed = more.length > 0 ? union(requiredScopes, more) : requiredScopes;
    const auth = await identify(request, needed);
    return auth instanceof Response ? auth : (requireScopes(auth, needed) ?? auth);
  };

  const isRevoked = ({ grantId }: Auth): boolean => grantId !== null && verified.wasForgotten(grantId);
  return Object.assign(guard, {
    identify: (request: RequestHead) => identify(request),
    requireScopes,
    hasScopes: (auth: Auth, needed: readonly string[]) =>
      missingScopes(needed, auth.scopes, implies).length === 0,
    invalidate: verified.invalidate,
    invalidateAll: verified.invalidateAll,
    isRevoked,
  });
}

const same = (scope: string): string => scope;
const always = (): boolean => true;

/** An outage must never look like a bad token: clients would throw good ones away. */
function unavailable(cause: unknown, refusals: RefusalLog): Response {
  refusals.failed(cause);
  const seconds = (cause instanceof OAuthError && cause.retryAfterSeconds) || RETRY_AFTER_SECONDS;
  return Response.json(
    {
      error: "temporarily_unavailable",
      error_description: "The token cannot be checked right now. Try again.",
    },
    { status: 503, headers: { "Retry-After": String(seconds), "Cache-Control": "no-store" } },
  );
}

function challengeResponse(status: number, challenge: BearerChallenge): Response {
  const { error = "unauthorized", description = "An access token is needed.", scopes = [] } = challenge;
  return Response.json(
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
