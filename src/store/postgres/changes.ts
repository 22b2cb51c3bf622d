import { setTimeout as pause } from "node:timers/promises";
import type { Client } from "pg";
import type { Log } from "../../platform/logging.ts";
import type { ChangeFeed, Follower, ReadFeed } from "../change-feed.ts";
import type { DatabaseClock } from "./clock.ts";
import { command, rowsOf } from "./connection.ts";
import { toStoreError } from "./errors.ts";

export type PostgresChanges = {
  follow(follower: Follower): () => void;
  close(): Promise<void>;
};

export type PostgresChangesOptions = {
  /** Makes a connection that is not of the pool: no load on this instance holds up what it must hear. */
  readonly connect: () => Promise<Client>;
  readonly feed: ChangeFeed;
  readonly clock: Pick<DatabaseClock, "compare">;
  /** Whether notifications come through. A pooler keeps them for itself. */
  readonly listens: boolean;
  readonly log: Log;
};

/** Nothing hangs on notifications alone: a connection may be dead for minutes before anybody notices. */
const POLL_MS = 500;
const ANSWER_MS = 1000;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1000;

/**
 * Hears of what other instances change: at once by LISTEN, and within half a second in any case, as long as the database
 * can be reached. What was missed meanwhile is made up when it can be again.
 */
export function watchPostgresChanges(options: PostgresChangesOptions): PostgresChanges {
  const { feed, log } = options;
  const closing = new AbortController();
  let watching: Promise<void> | undefined;

  const watch = async () => {
    let failures = 0;
    while (!closing.signal.aborted) {
      try {
        await stayConnected(options, closing.signal, () => {
          if (failures > 0) log.info("changes by other instances are read again");
          failures = 0;
        });
      } catch (error) {
        if (closing.signal.aborted) return;
        feed.interrupted();
        if (failures === 0) {
          log.error("changes by other instances could not be read", { cause: toStoreError(error) });
        }
        failures += 1;
        await pause(pauseAfter(failures), undefined, { ref: false, signal: closing.signal }).catch(() => {});
      }
    }
  };

  return {
    follow(follower) {
      watching ??= watch();
      return feed.follow(follower);
    },
    async close() {
      closing.abort();
      await watching;
    },
  };
}

/** Looks again and again on one connection. Resolves when it is told to stop; rejects when the connection fails. */
async function stayConnected(
  { connect, feed, clock, listens }: PostgresChangesOptions,
  stop: AbortSignal,
  looked: () => void,
): Promise<void> {
  const client = await connect();
  const bell = createBell();
  stop.addEventListener("abort", bell.ring);
  client.on("error", bell.fail);
  client.on("end", () => bell.fail(new Error("the connection was closed")));
  client.on("notification", bell.ring);
  try {
    const read: ReadFeed = async (query) =>
      (await rowsOf(client, query, undefined, ANSWER_MS)).map(query.parse);
    if (listens) await read(command("LISTEN gatehouse_changes"));
    while (!stop.aborted) {
      await clock.compare(read);
      await feed.look(read, performance.now());
      looked();
      await bell.rung(POLL_MS);
    }
  } finally {
    stop.removeEventListener("abort", bell.ring);
    // Not waited for: where the other side hangs, it does not say goodbye.
    client.end().catch(() => {});
  }
}

type Bell = {
  ring(): void;
  fail(error: Error): void;
  /** Resolves once it has rung since the last time, or after a while. Rejects where something has failed. */
  rung(milliseconds: number): Promise<void>;
};

function createBell(): Bell {
  let rang = false;
  let failure: Error | undefined;
  let wake = () => {};
  const ring = () => {
    rang = true;
    wake();
  };
  return {
    ring,
    fail(error) {
      failure ??= error;
      ring();
    },
    async rung(milliseconds) {
      if (!rang) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, milliseconds).unref();
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      rang = false;
      if (failure) throw failure;
    },
  };
}

/** Some more each time, and not all instances at once. */
function pauseAfter(failures: number): number {
  return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures) * (0.5 + Math.random() / 2);
}
