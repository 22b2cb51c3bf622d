import type { CryptoKey, JWK } from "jose";
import { importJWK } from "jose/key/import";
import { z } from "zod";
import { OAuthError } from "../../core/errors.ts";
import type { Clock } from "../../platform/clock.ts";
import type { FetchJson } from "../../platform/fetch-json.ts";

/** The provider's public keys. A token whose key is known never waits for a fetch. */
export type KeySet = {
  /**
   * The key of a token's header, or undefined where the provider does not have it.
   * @throws OAuthError `temporarily_unavailable` where that cannot be told, because the provider is down.
   */
  find(kid: string | undefined, algorithm: string): Promise<CryptoKey | Uint8Array | undefined>;
};

const keySet = z.object({ keys: z.array(z.looseObject({ kty: z.string(), kid: z.string().optional() })) });
type Keys = readonly JWK[];

const DEFAULT_LIFETIME_MS = 10 * 60 * 1000;
const LIFETIME_MS = { least: 60 * 1000, most: 24 * 60 * 60 * 1000 };
/** Anybody can make up a `kid`: fifty of them are one fetch. */
const UNKNOWN_KEY_PAUSE_MS = 30 * 1000;
const RETRY_MS = 5000;

export function createKeySet(
  jwksUri: () => Promise<string>,
  deps: { readonly fetchJson: FetchJson; readonly clock: Clock },
): KeySet {
  const { fetchJson, clock } = deps;
  let keys: Keys | undefined;
  let freshUntil = 0;
  let askedAt = Number.NEGATIVE_INFINITY;
  let askedForUnknownAt = Number.NEGATIVE_INFINITY;
  let failure: unknown;
  let asking: Promise<void> | undefined;
  const imported = new Map<JWK, Promise<CryptoKey | Uint8Array>>();

  const fetchKeys = async (): Promise<void> => {
    askedAt = clock();
    try {
      const { status, body, headers } = await fetchJson(await jwksUri());
      const parsed = keySet.safeParse(body);
      if (status !== 200 || !parsed.success) throw unusable(status);
      keys = parsed.data.keys as Keys;
      imported.clear();
      freshUntil = clock() + lifetimeOf(headers);
      failure = undefined;
    } catch (cause) {
      failure = cause;
    } finally {
      asking = undefined;
    }
  };
  const ask = () => {
    asking ??= fetchKeys();
    return asking;
  };
  /** For a key that is not here: where there are keys, because the provider may have a new one. */
  const mayAsk = (): boolean => {
    const now = clock();
    if (!keys || failure !== undefined) return now - askedAt >= RETRY_MS;
    if (now - askedForUnknownAt < UNKNOWN_KEY_PAUSE_MS) return false;
    askedForUnknownAt = now;
    return true;
  };
  const importOnce = (key: JWK, algorithm: string) => {
    let made = imported.get(key);
    if (!made) {
      made = importJWK(key, algorithm) as Promise<CryptoKey | Uint8Array>;
      imported.set(key, made);
    }
    return made;
  };

  return {
    async find(kid, algorithm) {
      let key = keys && pick(keys, kid, algorithm);
      if (key) {
        // Stale ones serve on; the refresh happens behind this request's back.
        if (clock() >= freshUntil && clock() - askedAt >= RETRY_MS) void ask();
        return importOnce(key, algorithm);
      }
      if (asking || mayAsk()) await ask();
      key = keys && pick(keys, kid, algorithm);
      if (key) return importOnce(key, algorithm);
      if (failure !== undefined) throw failure;
      return undefined;
    },
  };
}

/** By `kid`; a token without one goes with the only key that fits its algorithm (RFC 7515 §4.1.4). */
function pick(keys: Keys, kid: string | undefined, algorithm: string): JWK | undefined {
  const fitting = keys.filter((key) => isForSigning(key) && fits(key, algorithm));
  if (kid !== undefined) return fitting.find((key) => key.kid === kid);
  return fitting.length === 1 ? fitting[0] : undefined;
}

function isForSigning({ use }: JWK): boolean {
  return use === undefined || use === "sig";
}

const KEY_TYPES: Readonly<Record<string, string>> = { R: "RSA", P: "RSA", E: "EC" };
const CURVES: Readonly<Record<string, string>> = { ES256: "P-256", ES384: "P-384", ES512: "P-521" };

function fits(key: JWK, algorithm: string): boolean {
  if (key.alg !== undefined && key.alg !== algorithm) return false;
  if (algorithm === "EdDSA") return key.kty === "OKP";
  if (CURVES[algorithm] !== undefined) return key.kty === "EC" && key.crv === CURVES[algorithm];
  return key.kty === KEY_TYPES[algorithm[0] ?? ""];
}

function lifetimeOf(headers: Headers): number {
  const maxAge = /(?:^|[,\s])max-age=(\d{1,9})/i.exec(headers.get("cache-control") ?? "")?.[1];
  const lifetime = maxAge === undefined ? DEFAULT_LIFETIME_MS : Number(maxAge) * 1000;
  return Math.min(Math.max(lifetime, LIFETIME_MS.least), LIFETIME_MS.most);
}

function unusable(status: number): OAuthError {
  return new OAuthError("temporarily_unavailable", "The identity provider's keys cannot be used.", {
    detail: status === 200 ? "the answer is not a JSON Web Key Set" : `status ${status}`,
  });
}
