import { LRUCache } from "lru-cache";
import { OAuthError } from "../core/errors.ts";
import type { EventFields } from "../core/events.ts";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/logging.ts";

/** What is said about a refusal, beside its reason. */
export type RefusalFields = Omit<EventFields<"guard.refused">, "reason">;

/** Says why nobody was let in, each identical line once a second at the most: one broken client must not fill the disk. */
export type RefusalLog = {
  refused(reason: string, fields?: RefusalFields): void;
  /** Something on our side, or the provider's, is down. */
  failed(cause: unknown): void;
};

const PAUSE_MS = 1000;
const MAXIMUM_REMEMBERED = 1000;

export function refusalLog(log: Log, clock: Clock): RefusalLog {
  const saidAt = new LRUCache<string, number>({ max: MAXIMUM_REMEMBERED });
  const isNew = (line: string): boolean => {
    const last = saidAt.get(line);
    if (last !== undefined && clock() - last < PAUSE_MS) return false;
    saidAt.set(line, clock());
    return true;
  };
  return {
    refused(reason, fields = {}) {
      if (isNew(JSON.stringify([reason, fields]))) log.event("guard.refused", { reason, ...fields });
    },
    failed(cause) {
      const why = cause instanceof OAuthError ? (cause.detail ?? cause.message) : String(cause);
      if (isNew(why)) log.error("a token could not be verified", { cause });
    },
  };
}
