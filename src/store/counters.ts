import { LRUCache } from "lru-cache";

/**
 * Counts of what strangers may do, in windows of time that begin with the first count. All instances on one Postgres
 * count together; with SQLite there is one process, and it counts in memory.
 */
export type Counters = {
  /** Counts one under each of these, or under none of them where one is full. */
  take(counts: readonly Count[], now: number): Promise<Taken>;
  /** Takes back one under each of these: it was not what the limit is for. */
  giveBack(keys: readonly string[], now: number): Promise<void>;
  /** Takes back under a key as many as are counted under `part`, which begins again. */
  forgive(key: string, part: string, now: number): Promise<void>;
};

export type Count = {
  readonly key: string;
  readonly limit: number;
  readonly seconds: number;
};

export type Taken = {
  /** 0, or the seconds until there is room. */
  readonly waitSeconds: number;
  /** The keys under which one was counted: what can be given back. */
  readonly counted: readonly string[];
};

/** Strangers choose the keys. To push out the count of one, somebody must be let through under as many others. */
const MAXIMUM_KEYS = 50_000;

/** The counts of this process. */
export function memoryCounters(): Counters {
  const windows = new LRUCache<string, { counted: number; readonly endsAt: number }>({
    // As `max` bounds them too, but that makes all of the places at the start.
    maxSize: MAXIMUM_KEYS,
    sizeCalculation: () => 1,
  });

  const current = (key: string, now: number) => {
    const window = windows.get(key);
    return window && now < window.endsAt ? window : undefined;
  };

  return {
    async take(counts, now) {
      const waits = counts.map(({ key, limit }) => {
        const window = current(key, now);
        return window && window.counted >= limit ? secondsUntil(window.endsAt, now) : 0;
      });
      const waitSeconds = Math.max(0, ...waits);
      if (waitSeconds > 0) return { waitSeconds, counted: [] };
      for (const { key, seconds } of counts) {
        const window = current(key, now);
        if (window) window.counted += 1;
        else windows.set(key, { counted: 1, endsAt: now + seconds * 1000 });
      }
      return { waitSeconds, counted: counts.map(({ key }) => key) };
    },
    async giveBack(keys, now) {
      for (const key of keys) {
        const window = current(key, now);
        if (window && window.counted > 0) window.counted -= 1;
      }
    },
    async forgive(key, part, now) {
      const whole = current(key, now);
      const forgiven = current(part, now);
      if (whole && forgiven) whole.counted = Math.max(0, whole.counted - forgiven.counted);
      windows.delete(part);
    },
  };
}

export function secondsUntil(time: number, now: number): number {
  return Math.max(1, Math.ceil((time - now) / 1000));
}
