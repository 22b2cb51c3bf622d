import { LRUCache } from "lru-cache";
import { z } from "zod";
import type { Client } from "../../core/client.ts";
import { type ClientKey, isUsableClientKey } from "../../core/client-key.ts";
import { OAuthError } from "../../core/errors.ts";
import type { Clock } from "../../platform/clock.ts";
import type { SafeResponse } from "../../platform/safe-fetch.ts";
import { createFetchPlaces } from "./fetch-places.ts";

/** Fetches a document from an address that a stranger named. */
export type FetchDocument = (url: string, options: { readonly maxBytes: number }) => Promise<SafeResponse>;

export type PublicKeys = { readonly keys: readonly ClientKey[] };

/**
 * The public keys of `private_key_jwt` clients. Those behind a `jwks_uri` are fetched, kept for ten minutes, fetched
 * again for a `kid` that is not among them, at most twice a minute, and used for a day more while their origin is down.
 */
export function createClientKeys(parts: {
  readonly fetchDocument: FetchDocument;
  /** Whether somebody here let the client in: places are kept for those. */
  readonly isApproved: (client: Client) => Promise<boolean>;
  readonly clock: Clock;
}): (client: Client, kid: string | undefined, askedBy?: string) => Promise<PublicKeys> {
  const cache = new LRUCache<string, Fetched>({ max: 1000 });
  const underway = new Map<string, Promise<Fetched>>();

  const places = createFetchPlaces(FETCH_PLACES);

  /** Undefined where there is no place for it. */
  const fetchOnce = async (uri: string, client: Client, askedBy?: string): Promise<Fetched | undefined> => {
    const isWanted = await parts.isApproved(client);
    const fetching = underway.get(uri);
    if (fetching) return fetching;
    const giveBack = places.take({ url: uri, askedBy, isWanted });
    if (!giveBack) return undefined;
    const begun = fetchKeys(uri, cache.get(uri), parts).finally(() => {
      giveBack();
      underway.delete(uri);
    });
    underway.set(uri, begun);
    return begun;
  };

  return async (client, kid, askedBy) => {
    if (client.jwks) return usable(client.jwks.keys);
    const uri = client.jwksUri;
    if (uri === null) throw new OAuthError("invalid_client", "This client registered no public keys.");
    let fetched = cache.get(uri);
    if (!fetched || needsFetch(fetched, kid, parts.clock())) {
      const newer = await fetchOnce(uri, client, askedBy);
      if (newer) cache.set(uri, newer);
      // Where every place is taken, which strangers with slow origins can bring about, old keys serve on.
      fetched = newer ?? fetched;
    }
    if (!fetched) throw unavailable("too many key sets are being fetched");
    const { good, failure } = fetched;
    if (!good || parts.clock() - good.fetchedAt > STALE_MS) throw unavailable(failure ?? "there are no keys");
    return good.keys;
  };
}

const FRESH_MS = 10 * 60_000;
const AGAIN_MS = 30_000;
const STALE_MS = 24 * 3_600_000;
const FETCH_PLACES = 32;
const MAXIMUM_BYTES = 64 * 1024;

/** The last keys that were had, if any, and why there are no newer ones, if so. */
type Fetched = {
  readonly good?: { readonly keys: PublicKeys; readonly fetchedAt: number };
  readonly failure?: string;
  readonly triedAt: number;
};

function needsFetch({ good, failure, triedAt }: Fetched, kid: string | undefined, now: number): boolean {
  const age = now - triedAt;
  if (age < AGAIN_MS) return false;
  if (age >= FRESH_MS || failure !== undefined) return true;
  return kid !== undefined && !good?.keys.keys.some((key) => key.kid === kid);
}

async function fetchKeys(
  uri: string,
  last: Fetched | undefined,
  { fetchDocument, clock }: { readonly fetchDocument: FetchDocument; readonly clock: Clock },
): Promise<Fetched> {
  try {
    const { text } = await fetchDocument(uri, { maxBytes: MAXIMUM_BYTES });
    const now = clock();
    return { good: { keys: usable(keySet.parse(JSON.parse(text)).keys), fetchedAt: now }, triedAt: now };
  } catch (error) {
    const failure = error instanceof Error ? error.message.slice(0, 500) : "unknown";
    return { ...(last?.good ? { good: last.good } : {}), failure, triedAt: clock() };
  }
}

const keySet = z.object({ keys: z.array(z.unknown()).max(100) });

/** One odd key makes no other unusable (RFC 7517 §5). */
function usable(keys: readonly unknown[]): PublicKeys {
  return { keys: keys.filter(isUsableClientKey) };
}

function unavailable(why: string): OAuthError {
  return new OAuthError(
    "temporarily_unavailable",
    "The client's public keys cannot be fetched at the moment.",
    {
      retryAfterSeconds: AGAIN_MS / 1000,
      detail: `jwks_uri: ${why}`,
    },
  );
}
