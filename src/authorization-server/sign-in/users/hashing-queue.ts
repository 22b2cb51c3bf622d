import { availableParallelism } from "node:os";
import type { OAuthError } from "../../../core/errors.ts";
import { PageError } from "../../../pages/page-error.ts";

/** Runs tasks that each take a core and much memory, a few at a time. */
export type HashingQueue = {
  /**
   * Runs a task when it is its turn.
   * @throws OAuthError `temporarily_unavailable` where too many wait, or this one has waited too long
   */
  run<T>(task: () => Promise<T>): Promise<T>;
};

export type HashingLimits = {
  /** How many tasks run at once. */
  readonly atOnce: number;
  /** How many more may wait. */
  readonly waiting: number;
  /** How long one may wait. */
  readonly waitMs: number;
  /** Milliseconds that only grow. */
  readonly now: () => number;
};

export function createHashingQueue({ atOnce, waiting, waitMs, now }: HashingLimits): HashingQueue {
  const queue: { readonly since: number; readonly begin: () => void; readonly refuse: () => void }[] = [];
  let running = 0;

  const turn = (): Promise<void> => {
    if (running < atOnce) {
      running += 1;
      return Promise.resolve();
    }
    if (queue.length >= waiting) throw tooMany(`${queue.length} checks of passwords are waiting`);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const refuse = () => reject(tooMany(`a check of a password waited for more than ${waitMs} ms`));
    queue.push({ since: now(), begin: resolve, refuse });
    return promise;
  };

  const next = (): void => {
    for (let first = queue.shift(); first; first = queue.shift()) {
      if (now() - first.since <= waitMs) {
        first.begin();
        return;
      }
      first.refuse();
    }
    running -= 1;
  };

  return {
    async run(task) {
      await turn();
      try {
        return await task();
      } finally {
        next();
      }
    },
  };
}

function tooMany(detail: string): OAuthError {
  return new PageError("temporarily_unavailable", ({ login }) => login.problems.tooManyNow, {
    detail,
    retryAfterSeconds: RETRY_SECONDS,
  });
}

const RETRY_SECONDS = 5;

/** The threads that argon2 and scrypt run in. Files and host names need one too. */
const THREADS = Number(process.env.UV_THREADPOOL_SIZE) || 4;

/** One core and one thread are left to everything else that the server does. */
export const HASHES_AT_ONCE = Math.max(1, Math.min(availableParallelism(), THREADS) - 1);

/** The one queue of this process, however many servers are in it. */
export const hashingQueue: HashingQueue = createHashingQueue({
  atOnce: HASHES_AT_ONCE,
  waiting: 64 * HASHES_AT_ONCE,
  waitMs: 5000,
  now: () => performance.now(),
});
