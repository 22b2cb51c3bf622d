import type { CryptoKey, JWK } from "jose";
import { importJWK } from "jose/key/import";
import { z } from "zod";
import { OAuthError } from "../../core/errors.ts";
import type { Clock } from "../clock.ts";
import type { FetchJson } from "../fetch-json.ts";

/** The provider's public keys. A token whose key is known never waits for a fetch. */
export type KeySet = {
  /**
   * The keys that a token's header may mean: mostly one, and none where the provider does not have it.
   * @param isMeant whether a published key may be meant at all, where that does not go without saying
   * @throws OAuthError `temporarily_unavailable` where that cannot be told, because the provider is down.
   */
  find(
    kid: string | undefined,
    algorithm: string,
    isMeant?: (key: Readonly<Record<string, unknown>>) => boolean,
  ): Promise<readonly CryptoKey[]>;
};

const keySet = z.object({ keys: z.array(z.unknown()) });
const publicKey = z.looseObject({
  kty: z.string(),
  kid: z.string().optional(),
  use: z.string().optional(),
  alg: z.string().optional(),
  crv: z.string().optional(),
});
type PublicKey = z.infer<typeof publicKey>;

const DEFAULT_LIFETIME_MS = 10 * 60 * 1000;
const LIFETIME_MS = { least: 60 * 1000, most: 24 * 60 * 60 * 1000 };
/** Anybody can make up a `kid`: fifty of them are one fetch. */
const UNKNOWN_KEY_PAUSE_MS = 30 * 1000;
const RETRY_MS = 5000;

export function createKeySet(
  jwksUri: () => Promise<string>,
  parts: { readonly fetchJson: FetchJson; readonly clock: Clock },
): KeySet {
  const { fetchJson, clock } = parts;
  let keys: readonly PublicKey[] | undefined;
  let freshUntil = 0;
  let askedAt = Number.NEGATIVE_INFINITY;
  let askedForUnknownAt = Number.NEGATIVE_INFINITY;
  let failure: unknown;
  let asking: Promise<void> | undefined;
  const imported = new Map<PublicKey, Map<string, Promise<CryptoKey | undefined>>>();

  const fetchKeys = async (): Promise<void> => {
    askedAt = clock();
    try {
      const { status, body, headers } = await fetchJson(await jwksUri());
      const parsed = keySet.safeParse(body);
      if (status !== 200 || !parsed.success) throw unusable(status);
      // What is no key that we understand is not there, and the others count (RFC 7517 §5).
      keys = parsed.data.keys.flatMap((key) => publicKey.safeParse(key).data ?? []);
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
  const importOnce = (key: PublicKey, algorithm: string): Promise<CryptoKey | undefined> => {
    // A key that names no algorithm can be used with several, and is another one for each.
    const byAlgorithm = imported.get(key) ?? new Map<string, Promise<CryptoKey | undefined>>();
    imported.set(key, byAlgorithm);
    const made = byAlgorithm.get(algorithm) ?? importKey(key, algorithm);
    byAlgorithm.set(algorithm, made);
    return made;
  };
  const usable = async (
    kid: string | undefined,
    algorithm: string,
    isMeant: (key: PublicKey) => boolean,
  ): Promise<readonly CryptoKey[]> => {
    const fitting = (keys ?? []).filter(
      (key) =>
        isForSigning(key) && fits(key, algorithm) && (kid === undefined || key.kid === kid) && isMeant(key),
    );
    const made = await Promise.all(fitting.map((key) => importOnce(key, algorithm)));
    const found = made.filter((key) => key !== undefined);
    // A token without a `kid` goes with the only key that fits its algorithm (RFC 7515 §4.1.4).
    return kid === undefined && found.length > 1 ? [] : found;
  };

  return {
    async find(kid, named, isMeant = () => true) {
      const algorithm = canonical(named);
      const known = await usable(kid, algorithm, isMeant);
      if (known.length > 0) {
        // Stale ones serve on; the refresh happens behind this request's back.
        if (clock() >= freshUntil && clock() - askedAt >= RETRY_MS) void ask();
        return known;
      }
      if (asking || mayAsk()) await ask();
      const found = await usable(kid, algorithm, isMeant);
      if (found.length === 0 && failure !== undefined) throw failure;
      return found;
    },
  };
}

/** RFC 9864 §2.2 names it exactly; before, it was the one that everybody meant by `EdDSA`. */
function canonical(algorithm: string): string {
  return algorithm === "Ed25519" ? "EdDSA" : algorithm;
}

/** Undefined for one that lacks a part, or has one that is out of range. */
async function importKey(key: PublicKey, algorithm: string): Promise<CryptoKey | undefined> {
  try {
    const made = await importJWK(key as JWK, algorithm);
    return made instanceof Uint8Array ? undefined : made;
  } catch {
    return undefined;
  }
}

function isForSigning({ use }: PublicKey): boolean {
  return use === undefined || use === "sig";
}

const KEY_TYPES: Readonly<Record<string, string>> = { R: "RSA", P: "RSA" };
const CURVES: Readonly<Record<string, { readonly kty: string; readonly crv: string }>> = {
  ES256: { kty: "EC", crv: "P-256" },
  ES384: { kty: "EC", crv: "P-384" },
  ES512: { kty: "EC", crv: "P-521" },
  EdDSA: { kty: "OKP", crv: "Ed25519" },
};

function fits(key: PublicKey, algorithm: string): boolean {
  if (key.alg !== undefined && canonical(key.alg) !== algorithm) return false;
  const curve = CURVES[algorithm];
  if (curve) return key.kty === curve.kty && key.crv === curve.crv;
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
