import type { Grant } from "../core/grant.ts";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/logging.ts";
import type { Store } from "./store.ts";

/**
 * Which grants' access tokens were used. Nothing here waits for the database: uses are kept, and written in batches.
 * Those that a crash takes along were not seen, and then an old refresh token is answered once more.
 */
export type GrantUses = {
  /**
   * An access token was accepted.
   * @param grant as it was read to accept the token: where it says so already, nothing is written
   * @param generation that the token came with; undefined where it came with no refresh token
   */
  seen(grant: Pick<Grant, "id" | "unusedGeneration" | "usedAt">, generation: number | undefined): void;
  /** Whether such a use was seen here and may not be in the database yet. */
  isWaiting(grantId: string, generation: number): boolean;
  /** Writes what waits, if the database takes it. Nothing is kept after that. */
  close(): Promise<void>;
};

/** What one instance sees, all know in less than a second. */
const EVERY_MS = 250;
/** Some milliseconds of work for the database at a time. */
const BATCH = 200;
/** For as long as the database takes no writes. Beyond it, uses are not seen. */
const MOST_WAITING = 50_000;
/** How exact `usedAt` is where nothing else depends on the write. */
const EXACT_MS = 60_000;

export function createGrantUses({
  store,
  clock,
  log,
}: {
  readonly store: Pick<Store, "recordUses">;
  readonly clock: Clock;
  readonly log: Pick<Log, "error">;
}): GrantUses {
  /** The latest generation of each grant. */
  const waiting = new Map<string, number>();
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();
  let isFailing = false;
  let isClosed = false;

  const writeAll = async (): Promise<void> => {
    try {
      for (const batch of batchesOf([...waiting])) {
        await store.recordUses(
          batch.map(([grantId, generation]) => ({ grantId, generation })),
          clock(),
        );
        for (const [grantId, generation] of batch) {
          if (waiting.get(grantId) === generation) waiting.delete(grantId);
        }
      }
      isFailing = false;
    } catch (cause) {
      // Once for each outage.
      if (!isFailing) log.error("which tokens were used could not be written", { cause });
      isFailing = true;
    }
  };

  const schedule = (): void => {
    if (isClosed || timer || waiting.size === 0) return;
    timer = setTimeout(() => {
      writing = writeAll().finally(() => {
        timer = undefined;
        schedule();
      });
    }, EVERY_MS).unref();
  };

  return {
    seen(grant, generation = NO_GENERATION) {
      if (isClosed || !isNews(grant, generation, clock())) return;
      const before = waiting.get(grant.id);
      if (before === undefined && waiting.size >= MOST_WAITING) return;
      waiting.set(grant.id, Math.max(before ?? NO_GENERATION, generation));
      schedule();
    },
    isWaiting: (grantId, generation) => waiting.get(grantId) === generation,
    async close() {
      isClosed = true;
      clearTimeout(timer);
      await writing;
      await writeAll();
      waiting.clear();
    },
  };
}

const NO_GENERATION = 0;

/** Of each generation the first use is news; of a grant without refresh tokens, one each minute. */
function isNews(
  { unusedGeneration, usedAt }: Pick<Grant, "unusedGeneration" | "usedAt">,
  generation: number,
  now: number,
): boolean {
  if (generation !== NO_GENERATION) return unusedGeneration === generation;
  return unusedGeneration === null && (usedAt === null || now - usedAt >= EXACT_MS);
}

function batchesOf<T>(all: readonly T[]): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(all.length / BATCH) }, (_, index) =>
    all.slice(index * BATCH, (index + 1) * BATCH),
  );
}
