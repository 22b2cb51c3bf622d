import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/logging.ts";
import type { Store } from "./store.ts";

export type JanitorOptions = {
  readonly store: Pick<Store, "deleteExpired" | "deleteAudit">;
  readonly clock: Clock;
  readonly log: Log;
  /** From the end of one round to the start of the next; the first starts as long after the start. */
  readonly everySeconds: number;
  /** How long rows of the audit log are kept. */
  readonly auditRetentionDays: number;
};

/** Some milliseconds of work at a time, between which requests go on. */
const BATCH_ROWS = 200;
const PAUSE_MS = 20;
const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Deletes what has expired, round after round. What goes wrong is logged, and tried again in the next round.
 * @returns the function that stops it, and resolves once nothing runs any more.
 */
export function startJanitor(options: JanitorOptions): () => Promise<void> {
  const { store, clock, log, everySeconds, auditRetentionDays } = options;
  let stopped = false;
  let batch: Promise<void> = Promise.resolve();
  let timer = later(everySeconds * 1000, 0);

  function later(milliseconds: number, deletedSoFar: number): NodeJS.Timeout {
    const next = setTimeout(() => {
      batch = deleteBatch(deletedSoFar);
    }, milliseconds);
    // It keeps no process alive.
    return next.unref();
  }

  async function deleteBatch(deletedSoFar: number): Promise<void> {
    let more = false;
    let deleted = deletedSoFar;
    try {
      const now = clock();
      const expired = await store.deleteExpired(now, BATCH_ROWS);
      const audited = await store.deleteAudit(now - auditRetentionDays * DAY_MS, BATCH_ROWS);
      more = expired.more || audited >= BATCH_ROWS;
      deleted += expired.deleted + audited;
      if (!more && deleted > 0) log.info("expired rows were deleted", { rows: deleted });
    } catch (cause) {
      log.error("deleting what has expired failed", { cause });
    }
    if (stopped) return;
    timer = more ? later(PAUSE_MS, deleted) : later(everySeconds * 1000, 0);
  }

  return async () => {
    stopped = true;
    clearTimeout(timer);
    await batch;
  };
}
