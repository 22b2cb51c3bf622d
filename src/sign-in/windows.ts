import { LRUCache } from "lru-cache";
import type { Clock } from "../platform/clock.ts";

export type WindowLimit = { readonly points: number; readonly seconds: number };

/** Counts per key in windows that begin with the first count. Strangers choose the keys, so there is room for so many. */
export type Windows = {
  /** Seconds until there is room for one more under this key; 0 where there is now. */
  wait(key: string): number;
  count(key: string): void;
  giveBack(key: string): void;
  forget(key: string): void;
};

/** To push out the count of one key, somebody must be let through under as many others. */
const MAXIMUM_KEYS = 50_000;

export function createWindows({ points, seconds }: WindowLimit, clock: Clock): Windows {
  const windows = new LRUCache<string, { counted: number; readonly endsAt: number }>({
    // As `max` bounds them too, but that makes all of the places at the start.
    maxSize: MAXIMUM_KEYS,
    sizeCalculation: () => 1,
  });

  const current = (key: string) => {
    const window = windows.get(key);
    return window && clock() < window.endsAt ? window : undefined;
  };

  return {
    wait(key) {
      const window = current(key);
      return window && window.counted >= points ? Math.ceil((window.endsAt - clock()) / 1000) : 0;
    },
    count(key) {
      const window = current(key);
      if (window) window.counted += 1;
      else windows.set(key, { counted: 1, endsAt: clock() + seconds * 1000 });
    },
    giveBack(key) {
      const window = current(key);
      if (window && window.counted > 0) window.counted -= 1;
    },
    forget(key) {
      windows.delete(key);
    },
  };
}
