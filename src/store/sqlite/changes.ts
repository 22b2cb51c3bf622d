import type { DatabaseSync } from "node:sqlite";
import type { Log } from "../../platform/logging.ts";
import type { ChangeFeed, Follower } from "../change-feed.ts";
import type { SqliteConnection } from "./connection.ts";

export type SqliteChanges = {
  follow(follower: Follower): () => void;
  close(): void;
};

const POLL_MS = 250;

/**
 * Notices that another process (or another connection) changed the database file, and then looks for what it announced.
 * SQLite counts such changes for each connection; its own do not count.
 */
export function watchSqliteChanges(
  database: DatabaseSync,
  feed: ChangeFeed,
  { read, endReads }: Pick<SqliteConnection, "read" | "endReads">,
  log: Log,
): SqliteChanges {
  const version = database.prepare("PRAGMA data_version");
  const versionNow = () => version.get()?.data_version;
  let seen = versionNow();
  let followers = 0;
  let timer: NodeJS.Timeout | undefined;

  const look = async () => {
    const askedAt = performance.now();
    try {
      // What this turn read before is older than the look.
      endReads();
      const current = versionNow();
      if (current === seen) return feed.caughtUp(askedAt);
      await feed.look(read, askedAt);
      seen = current;
    } catch (cause) {
      feed.interrupted();
      log.error("changes by other processes could not be read", { cause });
    }
  };

  const stop = () => {
    clearInterval(timer);
    timer = undefined;
  };

  return {
    follow(follower) {
      const unfollow = feed.follow(follower);
      followers += 1;
      timer ??= setInterval(look, POLL_MS).unref();
      void look();
      return () => {
        unfollow();
        followers -= 1;
        if (followers === 0) stop();
      };
    },
    close: stop,
  };
}
