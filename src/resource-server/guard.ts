import type { Auth } from "../core/auth.ts";
import { readBearer } from "../core/challenge.ts";
import { missingScopes, union } from "../core/scopes.ts";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/logging.ts";
import { type Metrics, noMetrics } from "../platform/telemetry/metrics.ts";
import { type ChallengeOptions, createGuardAnswers, type RefusedToken } from "./guard-answers.ts";
import { type RefusalFields, refusalLog } from "./refusals.ts";
import { createVerifiedTokens } from "./verified-tokens.ts";
import type { WithoutToken } from "./without-token.ts";

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
  /** What to say to requests without a token, where some need none. */
  readonly withoutToken: WithoutToken;
  /** Whether the token has them, where a lack of them refuses nothing and belongs in no log. */
  hasScopes(auth: Auth, needed: readonly string[]): boolean;
  /** Forgets what it verified of this grant, so that the next request asks the store. */
  invalidate(grantId: string): void;
  /** The same for the tokens of a person, and for those of providers: it may be this person whom one of them is about. */
  invalidatePerson(personId: string): void;
  /** The same for all of them: what they were verified by has changed. */
  invalidateAll(): void;
  /**
   * Whether what let a request in may have ended since: its grant, its person, or what its token was verified by; or nobody
   * knows, since there is no revocation lease. Asking again tells. Costs no more than a few lookups.
   */
  isOutdated(auth: Auth): boolean;
};

export type Verification =
  /** `until`, in epoch seconds: how long that holds without another look. Unless said, to the token's end. */
  { readonly kind: "verified"; readonly auth: Auth; readonly until?: number } | Refusal;

/** Why a token lets no one in. */
export type Refusal =
  | ({ readonly kind: "refused" } & RefusedToken)
  /** The token is good, and the operator disabled its person. */
  | { readonly kind: "person_disabled"; readonly about: RefusalFields };

export type GuardOptions = ChallengeOptions & {
  /** Scopes that every request needs. */
  readonly requiredScopes: readonly string[];
  /** @throws where it cannot be told whether the token is good: answered 503, never as a bad token. */
  readonly verify: (token: string) => Promise<Verification>;
  /** How many verified tokens are remembered: the least used ones go. */
  readonly cachedTokens: number;
  /**
   * Whether this process hears of what is revoked and disabled, or did a short while ago. Where it does not, each request's
   * token is verified again. Asked at each request too: it must cost next to nothing. Default: always, for a guard whose
   * tokens depend on nothing that is kept here.
   */
  readonly holdsRevocationLease?: () => boolean;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics?: Pick<Metrics, "decided" | "lookedUp">;
};

const USUAL_SCHEME = "Bearer ";

/** The resource server's gate (RFC 6750, RFC 9728 §5.1). It reads the head of a request and never a body. */
export function createGuard(options: GuardOptions): Guard {
  const { requiredScopes, implies, verify, clock, log, holdsRevocationLease = always } = options;
  const metrics = options.metrics ?? noMetrics;
  const { decided, lookedUp } = metrics;
  const verified = createVerifiedTokens(options.cachedTokens);
  const refusals = refusalLog(log, clock);
  const answers = createGuardAnswers({ ...options, refusals, metrics });

  const verifiedBefore = (token: string): Auth | undefined => {
    const auth = verified.get(token, clock() / 1000);
    return auth && holdsRevocationLease() ? auth : undefined;
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
    if (verification.kind === "refused") return answers.invalidToken(verification, needed);
    if (verification.kind === "person_disabled") return answers.personDisabled(verification.about);
    decided("authenticated");
    const { auth, until = auth.expiresAt } = verification;
    verified.add(token, { auth, until }, age);
    return auth;
  };

  const identify = async (request: RequestHead, needed = requiredScopes): Promise<Auth | Response> => {
    const header = request.headers.get("authorization");
    // Nearly every request: a token that was read and verified before need not be read again.
    const known = header?.startsWith(USUAL_SCHEME) && verifiedBefore(header.slice(USUAL_SCHEME.length));
    if (known) return letIn(known);
    const credentials = readBearer(header);
    switch (credentials.kind) {
      case "none":
        return answers.noToken(needed);
      case "malformed":
        return answers.malformed();
      case "token":
        return authenticate(credentials.token, needed).catch(answers.unavailable);
    }
  };

  const guard = async (request: RequestHead, ...more: readonly string[]): Promise<Auth | Response> => {
    const needed = more.length > 0 ? union(requiredScopes, more) : requiredScopes;
    const auth = await identify(request, needed);
    // Who is not known to be somebody stays out, whatever class the answer is of.
    return "person" in auth ? (answers.requireScopes(auth, needed) ?? auth) : auth;
  };

  return Object.assign(guard, {
    identify: (request: RequestHead) => identify(request),
    requireScopes: answers.requireScopes,
    withoutToken: answers.withoutToken,
    hasScopes: (auth: Auth, needed: readonly string[]) =>
      missingScopes(needed, auth.scopes, implies).length === 0,
    invalidate: verified.invalidate,
    invalidatePerson: verified.invalidatePerson,
    invalidateAll: verified.invalidateAll,
    isOutdated: (auth: Auth) => !holdsRevocationLease() || verified.isOutdated(auth),
  });
}

const always = (): boolean => true;
