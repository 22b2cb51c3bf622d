import { setTimeout as pause } from "node:timers/promises";
import type { OAuthUpstream } from "../../config/upstreams/settings.ts";
import { OAuthError } from "../../core/errors.ts";
import { randomId } from "../../platform/random.ts";
import type { UpstreamCredential } from "../../store/upstream-store.ts";
import { NotConnected, noAnswer, wrongAnswer } from "./failures.ts";
import { type FindParts, noteUse, REMEMBERED_MS } from "./find-parts.ts";
import { SERVICE_TIMEOUT_MS } from "./open-service.ts";
import { openCredential, type SecretTokens, sealCredential } from "./sealed-credential.ts";
import { UpstreamFailure, type UpstreamService, type UpstreamTokens } from "./service.ts";

export type OAuthOne = {
  readonly name: string;
  readonly upstream: OAuthUpstream;
  readonly service: Pick<UpstreamService, "refresh">;
};

/** Longer than a service may take for its answer, with time to keep it. */
const LEASE_MS = SERVICE_TIMEOUT_MS + 20_000;
/** How often one who waits for the lease looks. */
const LOOK_MS = 150;
/** How often it is tried again to keep what a service gave, while the database gives no answer. */
const KEEP_AGAIN_MS = 500;
/** How long before its end a token is refreshed; of one that lives for less than twice as long, at half of its life. */
const EARLY_MS = 60_000;

/** For how long a token that is still good is used before its refresh, which failed, is tried again. It is good for longer. */
const TRY_AGAIN_MS = 5000;

/** A person's credential, opened. */
type Held = { readonly credential: UpstreamCredential; readonly tokens: SecretTokens };

/**
 * An access token of a person that is good now, refreshed where it has to be. Of all who need that, on every instance, one asks the
 * service; what it gave is kept before anyone uses it.
 *
 * @param refused a token that the service refused, whatever its time says
 * @throws NotConnected
 * @throws OAuthError `temporarily_unavailable`
 */
export async function findToken(
  one: OAuthOne,
  personId: string,
  refused: string | undefined,
  parts: FindParts,
): Promise<{ readonly found: string; readonly until: number }> {
  let held = await read(one, personId, parts);
  await noteUse(held.credential, parts);
  for (let isNew = false; ; ) {
    const { tokens, credential } = held;
    const now = parts.clock();
    const isTaken = tokens.accessToken !== refused;
    // One that was refreshed for this call is as good as the service gives them.
    if (isTaken && (isNew || now < (tokens.refreshFrom ?? Number.POSITIVE_INFINITY)))
      return useNow(held, parts);
    const isGood = isTaken && now + TRY_AGAIN_MS < (tokens.expiresAt ?? Number.POSITIVE_INFINITY);
    if (tokens.refreshToken === undefined) {
      if (isGood) return useNow(held, parts);
      await end(one, held, isTaken ? EXPIRED : REFUSED, parts);
    } else {
      const lease = { ...keyOf(credential), until: now + LEASE_MS, now };
      const refreshing = { ...held, refreshToken: tokens.refreshToken };
      const outcome: Outcome = isNew
        ? sameAgain(one, held, parts)
        : await refreshAlone(one, refreshing, lease, parts);
      if (outcome === "no_answer" || outcome === "wrong_answer") {
        if (isGood) return { found: tokens.accessToken, until: now + TRY_AGAIN_MS };
        throw OUTAGES[outcome](one.upstream.label);
      }
      if (outcome === "taken") await pause(LOOK_MS, undefined, { ref: false });
      isNew = outcome === "refreshed";
    }
    held = await read(one, personId, parts);
  }
}

const OUTAGES = { no_answer: noAnswer, wrong_answer: wrongAnswer } as const;
const EXPIRED = "the token has ended, and there is no refresh token";
const REFUSED = "the service refused the token, and there is no refresh token";

/** @throws NotConnected */
async function read(one: OAuthOne, personId: string, { store, keyring }: FindParts): Promise<Held> {
  const credential = await store.findUpstreamCredential(personId, one.name);
  if (!credential || credential.deadAt !== null || credential.kind !== "token") throw new NotConnected();
  const tokens = await openCredential(one, credential.sealed, keyring);
  // Another master secret, or another service under this name.
  if (!tokens || !("accessToken" in tokens)) throw new NotConnected();
  return { credential, tokens };
}

function useNow({ tokens }: Held, { clock }: Pick<FindParts, "clock">) {
  const until = Math.min(tokens.refreshFrom ?? Number.POSITIVE_INFINITY, clock() + REMEMBERED_MS);
  return { found: tokens.accessToken, until };
}

type Lease = ReturnType<typeof keyOf> & { readonly until: number; readonly now: number };

/** What is there afterwards is read again by who called: it may be another one's. */
type Outcome =
  | "refreshed"
  /** Nothing has changed. */
  | keyof typeof OUTAGES
  /** Someone else refreshes it, or it is another one by now. */
  | "taken"
  | "ended";

async function refreshAlone(
  one: OAuthOne,
  held: Held & { readonly refreshToken: string },
  lease: Lease,
  parts: FindParts,
): Promise<Outcome> {
  const { store } = parts;
  if (!(await store.beginUpstreamRefresh(lease))) return "taken";
  let given: UpstreamTokens;
  try {
    given = await one.service.refresh(held.refreshToken);
  } catch (error) {
    if (error instanceof UpstreamFailure && error.problem === "dead") {
      await end(one, held, error.message, parts);
      return "ended";
    }
    await store.endUpstreamRefresh(lease);
    if (!(error instanceof UpstreamFailure)) throw error;
    failed(one, held, error.message, false, parts);
    return error.problem === "no_answer" ? "no_answer" : "wrong_answer";
  }
  await keep(one, held, given, lease, parts);
  return "refreshed";
}

/** The service gives the token anew that it refused. */
function sameAgain(one: OAuthOne, held: Held, parts: FindParts): Outcome {
  failed(one, held, "the service refuses the token that it gave just now", false, parts);
  return "wrong_answer";
}

/**
 * The refresh token that was used may be worth nothing by now, so what took its place is kept whatever it takes: while the lease
 * lasts, no one else uses the old one.
 */
async function keep(
  one: OAuthOne,
  { credential, tokens: before }: Held,
  given: UpstreamTokens,
  lease: Lease,
  parts: FindParts,
): Promise<void> {
  const { store, keyring, clock, log } = parts;
  const tokens = secretTokens({ ...given, refreshToken: given.refreshToken ?? before.refreshToken }, clock());
  const replaced = {
    personId: credential.personId,
    upstream: one.name,
    before: credential.version,
    version: randomId(),
    sealed: await sealCredential(one, tokens, keyring),
    scopes: given.scopes ?? credential.scopes,
    expiresAt: tokens.expiresAt ?? null,
  };
  for (;;) {
    try {
      // False: the person has connected anew or disconnected, and this is no one's.
      if (await store.replaceUpstreamTokens(replaced)) {
        log.event("upstream.refreshed", { person: credential.personId, upstream: one.name });
      }
      return;
    } catch (error) {
      const isOutage = error instanceof OAuthError && error.code === "temporarily_unavailable";
      if (!isOutage || clock() + KEEP_AGAIN_MS >= lease.until) throw error;
      await pause(KEEP_AGAIN_MS, undefined, { ref: false });
    }
  }
}

/** What is kept of tokens that a service gave at this time. */
export function secretTokens(
  { accessToken, refreshToken, expiresInSeconds }: Omit<UpstreamTokens, "scopes">,
  now: number,
): SecretTokens {
  if (expiresInSeconds === undefined) {
    return { accessToken, refreshToken, expiresAt: undefined, refreshFrom: undefined };
  }
  const life = expiresInSeconds * 1000;
  const expiresAt = now + life;
  return { accessToken, refreshToken, expiresAt, refreshFrom: expiresAt - Math.min(EARLY_MS, life / 2) };
}

/** The person has to connect again. Where what is there is another one by now, nothing happens. */
async function end(one: OAuthOne, held: Held, reason: string, parts: FindParts): Promise<void> {
  const { store, clock } = parts;
  if (await store.endUpstreamCredential({ ...keyOf(held.credential), now: clock() })) {
    failed(one, held, reason, true, parts);
  }
}

function failed(
  { name }: OAuthOne,
  { credential }: Held,
  reason: string,
  ended: boolean,
  { log }: Pick<FindParts, "log">,
): void {
  log.event("upstream.failed", { person: credential.personId, upstream: name, reason, ended });
}

function keyOf({ personId, upstream, version }: UpstreamCredential) {
  return { personId, upstream, version };
}
