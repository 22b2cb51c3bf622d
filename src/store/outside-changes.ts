import type { DatabaseSync } from "node:sqlite";
import type { Log } from "../platform/logging.ts";

export type OutsideChanges = {
  /** Returns the function that ends the subscription. */
  subscribe(callback: () => void): () => void;
  close(): void;
};

const POLL_MS = 250;

/**
 * Notices that another process (or another connection) changed the database file. SQLite counts such changes for each
 * connection; its own do not count.
 */
export function watchOutsideChanges(database: DatabaseSync, log: Log): OutsideChanges {
  const version = database.prepare("PRAGMA data_version");
  const timers = new Set<NodeJS.Timeout>();
  return {
    subscribe(callback) {
      let seen = version.get()?.data_version;
      const timer = setInterval(() => {
        try {
          const current = version.get()?.data_version;
          if (current === seen) return;
          seen = current;
          callback();
        } catch (cause) {
          log.error("looking for changes by other processes failed", { cause });
        }
      }, POLL_MS);
      timer.unref();
      timers.add(timer);
      return () => {
        clearInterval(timer);
        timers.delete(timer);
      };
    },
    close() {
      for (const timer of timers) clearInterval(timer);
    },
  };
}
