import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/logging.ts";
import type { Store } from "./store.ts";

export type JanitorOptions = {
  readonly store: Pick<Store, "deleteExpired">;
  readonly clock: Clock;
  readonly log: Log;
  /** From the end of one round to the start of the next; the first starts as long after the start. */
  readonly everySeconds: number;
};

/** Some milliseconds of work at a time, between which requests go on. */
const BATCH_ROWS = 200;
const PAUSE_MS = 20;

/**
 * Deletes what has expired, round after round. What goes wrong is logged, and tried again in the next round.
 * @returns the function that stops it, and resolves once nothing runs any more.
 */
export function startJanitor({ store, clock, log, everySeconds }: JanitorOptions): () => Promise<void> {
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
      const done = await store.deleteExpired(clock(), BATCH_ROWS);
      more = done.more;
      deleted += done.deleted;
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
