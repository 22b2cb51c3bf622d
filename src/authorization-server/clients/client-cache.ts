import { LRUCache } from "lru-cache";
import type { Client } from "../../core/client.ts";
import type { Clock } from "../../platform/clock.ts";

/** Clients of the store, in memory for a minute. */
export type ClientCache = {
  get(clientId: string): Client | undefined;
  /** To be asked before the store is: a client that was forgotten while it was read is not remembered again. */
  beforeReading(): (client: Client) => void;
  forget(clientId: string): void;
  forgetAll(): void;
};

/** Characters, all clients together: registrations may be large, and anybody can make them. */
const MAXIMUM_CACHE_SIZE = 16_000_000;
/** The store tells of removals by other processes; this bounds what is used where the telling fails. */
const CACHE_MS = 60_000;

/** @param isUpToDate whether what other processes changed has been told; else nothing is found here. */
export function createClientCache(clock: Clock, isUpToDate: () => boolean): ClientCache {
  // The sizes bound the number: with a `max` beside them, all of its places would be made at the start.
  const clients = new LRUCache<string, Client>({
    maxSize: MAXIMUM_CACHE_SIZE,
    sizeCalculation: sizeOf,
    ttl: CACHE_MS,
    ttlResolution: 0,
    perf: { now: clock },
  });
  /** How often something was forgotten. */
  let age = 0;
  return {
    get: (clientId) => (isUpToDate() ? clients.get(clientId) : undefined),
    beforeReading() {
      const before = age;
      return (client) => {
        if (age === before) clients.set(client.id, client);
      };
    },
    forget(clientId) {
      age += 1;
      clients.delete(clientId);
    },
    forgetAll() {
      age += 1;
      clients.clear();
    },
  };
}

function sizeOf(client: Client): number {
  const keys = client.jwks ? JSON.stringify(client.jwks).length : 0;
  const links =
    (client.clientUri?.length ?? 0) + (client.logoUri?.length ?? 0) + (client.jwksUri?.length ?? 0);
  return client.redirectUris.reduce((sum, uri) => sum + uri.length, 500 + keys + links);
}
