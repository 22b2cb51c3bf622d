import { LRUCache } from "lru-cache";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/logging.ts";

/** What is said about a refusal, beside its reason. */
export type RefusalFields = Readonly<Record<string, unknown>>;

const PAUSE_MS = 1000;
const MAXIMUM_REMEMBERED = 1000;

/** Logs refusals, each identical line once a second at the most: one broken client must not fill the disk. */
export function refusalLog(log: Log, clock: Clock): (reason: string, fields?: RefusalFields) => void {
  const saidAt = new LRUCache<string, number>({ max: MAXIMUM_REMEMBERED });
  return (reason, fields = {}) => {
    const line = JSON.stringify([reason, fields]);
    const last = saidAt.get(line);
    if (last !== undefined && clock() - last < PAUSE_MS) return;
    saidAt.set(line, clock());
    log.event("guard.refused", { reason, ...fields });
  };
}
