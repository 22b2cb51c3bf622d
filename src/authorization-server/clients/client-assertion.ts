import type { JSONWebKeySet, JWTPayload, JWTVerifyOptions } from "jose";
import { decodeProtectedHeader } from "jose/decode/protected_header";
import * as errors from "jose/errors";
import { createLocalJWKSet } from "jose/jwks/local";
import { decodeJwt } from "jose/jwt/decode";
import { jwtVerify } from "jose/jwt/verify";
import type { Client } from "../../core/client.ts";
import { CLOCK_SKEW_SECONDS } from "../../core/clock-skew.ts";
import { OAuthError } from "../../core/errors.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Store } from "../../store/store.ts";
import type { Clients } from "./clients.ts";

/** How an assertion may be signed: asymmetric only, so that what verifies it cannot make one. */
export const ASSERTION_ALGORITHMS = ["ES256", "ES384", "RS256", "PS256", "EdDSA"] as const;

export type AssertionParts = {
  readonly clients: Pick<Clients, "keys" | "isApproved">;
  readonly store: Pick<Store, "useAssertion">;
  readonly clock: Clock;
  /** What an assertion may call this server: its issuer, and its token endpoint. */
  readonly audiences: readonly [string, ...string[]];
};

/** The client that an assertion speaks of; nothing about it is proven yet. Undefined where it cannot be read. */
export function readAssertionSubject(assertion: string): string | undefined {
  try {
    const { sub } = decodeJwt(assertion);
    return sub === "" ? undefined : sub;
  } catch {
    return undefined;
  }
}

/**
 * Checks a `private_key_jwt` assertion (RFC 7523 §3, OpenID Connect Core §9): signed by one of the client's keys, for
 * this server alone, short-lived, and never seen before.
 * @throws OAuthError `invalid_client`; `temporarily_unavailable` where the client's keys cannot be fetched.
 */
export async function checkAssertion(
  client: Client,
  assertion: string,
  { clients, store, clock, audiences }: AssertionParts,
  askedBy?: string,
): Promise<void> {
  const keys = await clients.keys(client, keyIdOf(assertion), askedBy);
  const now = clock();
  const payload = await verified(assertion, keys, {
    algorithms: [...ASSERTION_ALGORITHMS],
    issuer: client.id,
    subject: client.id,
    audience: [...audiences],
    requiredClaims: ["exp"],
    clockTolerance: LEEWAY_SECONDS,
    currentDate: new Date(now),
  });
  const { jti, exp, aud } = payload;
  // One that is also for somebody else could be passed on by them, to us.
  if (Array.isArray(aud) && !aud.every((one) => audiences.includes(one))) {
    throw refuse("it is for other servers as well");
  }
  if (exp === undefined || exp > now / 1000 + LONGEST_LIFE_SECONDS + LEEWAY_SECONDS) {
    throw refuse(`it lives longer than ${LONGEST_LIFE_SECONDS} seconds`);
  }
  if (typeof jti !== "string" || jti === "" || jti.length > LONGEST_JTI)
    throw refuse("its jti is not a usable id");
  // Kept until no instance takes the assertion any more: the clock of the one that deletes may be ahead.
  const keptUntil = (exp + LEEWAY_SECONDS + CLOCK_SKEW_SECONDS) * 1000;
  // Without a grant there is nothing that a second use could reach, and whoever holds a code or a token has one already:
  // nobody writes to our disk by registering a key.
  if (!(await clients.isApproved(client))) return;
  // Last, because it writes: only the holder of the key can use up an id.
  if (!(await store.useAssertion(client.id, jti, keptUntil))) {
    throw refuse("it was used before");
  }
}

const LEEWAY_SECONDS = 30;
const LONGEST_LIFE_SECONDS = 600;
const LONGEST_JTI = 256;
/** A signature that fails costs as much as one that holds, and the client says how many keys it has. */
const MOST_TRIED = 3;

function keyIdOf(assertion: string): string | undefined {
  try {
    return decodeProtectedHeader(assertion).kid;
  } catch {
    return undefined;
  }
}

async function verified(
  assertion: string,
  keys: { readonly keys: readonly object[] },
  options: JWTVerifyOptions,
): Promise<JWTPayload> {
  try {
    // jose types a key set as mutable; it does not change it.
    const find = createLocalJWKSet(keys as JSONWebKeySet);
    return (await jwtVerify(assertion, find, options)).payload;
  } catch (error) {
    if (error instanceof errors.JWKSMultipleMatchingKeys) return verifiedByAny(assertion, error, options);
    throw refuse(whyOf(error));
  }
}

/** Without a `kid`, or where several keys have it, any of the fitting ones may be the one. */
async function verifiedByAny(
  assertion: string,
  candidates: errors.JWKSMultipleMatchingKeys,
  options: JWTVerifyOptions,
): Promise<JWTPayload> {
  let tried = 0;
  for await (const key of candidates) {
    if (tried === MOST_TRIED) throw refuse(`more than ${MOST_TRIED} keys fit; a kid must say which one`);
    tried += 1;
    try {
      return (await jwtVerify(assertion, key, options)).payload;
    } catch (error) {
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw refuse(whyOf(error));
    }
  }
  throw refuse("no key of the client verifies its signature");
}

/** A key that cannot be imported is a refusal too: whatever the check cannot finish is not proven. */
function whyOf(error: unknown): string {
  return error instanceof Error ? error.message : "it cannot be verified";
}

function refuse(why: string): OAuthError {
  return new OAuthError("invalid_client", "The client assertion is not valid.", {
    detail: `client assertion: ${why}`,
  });
}
