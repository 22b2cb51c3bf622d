/** One transaction at a time, run synchronously. */
export type Transaction = {
  /** False where another process holds the lock: nothing was begun. */
  begin(): boolean;
  commit(): void;
  rollback(): void;
  /** False after an error that ended the transaction as a whole (disk full, I/O). */
  isOpen(): boolean;
};

export type GroupCommit = {
  /**
   * Runs `work` in the next transaction and resolves after its commit. Work that throws must have undone itself; it
   * rejects alone. A commit that fails rejects all that was in it.
   */
  add<T>(work: () => T): Promise<T>;
  /** Commits what waits, and refuses what comes after. */
  close(): void;
};

/**
 * How long to wait for another process: it is a command beside the server, or another server's group. With the 20 ms that
 * SQLite waits at each attempt, a request is refused before its client has waited for two seconds.
 */
const MAXIMUM_ATTEMPTS = 40;
const RETRY_MS = 20;

/** A group of requests from sixty-four busy connections is complete after about as many. */
const MAXIMUM_TURNS = 8;

/**
 * Commits together what is written at once, with one fsync: what arrived in the same turn of the event loop, and, where that
 * was more than one write, what the next turns bring. The first turn that brings nothing ends it, so nothing waits idly.
 *
 * @param busy makes the error for writes that waited for another process for too long.
 * @param committed hears how many writes came together in each commit.
 */
export function createGroupCommit(
  transaction: Transaction,
  busy: () => Error,
  committed: (writes: number) => void,
): GroupCommit {
  let waiting: Waiting[] = [];
  let attempts = 0;
  let closed = false;

  const gather = (before: number, turn: number): void => {
    if (waiting.length > before && turn < MAXIMUM_TURNS) setImmediate(gather, waiting.length, turn + 1);
    else flush();
  };

  const flush = (): void => {
    if (waiting.length === 0) return;
    try {
      if (!transaction.begin()) {
        attempts += 1;
        if (attempts < MAXIMUM_ATTEMPTS && !closed) {
          // Not by blocking: reads, and requests that write nothing, go on.
          setTimeout(flush, RETRY_MS);
          return;
        }
        throw busy();
      }
    } catch (error) {
      for (const { reject } of takeBatch()) reject(error);
      return;
    }
    const batch = takeBatch();
    if (commitBatch(batch, transaction)) committed(batch.length);
  };

  const takeBatch = (): readonly Waiting[] => {
    const batch = waiting;
    waiting = [];
    attempts = 0;
    return batch;
  };

  return {
    add<T>(work: () => T): Promise<T> {
      if (closed) return Promise.reject(new Error("The store is closed."));
      return new Promise<T>((resolve, reject) => {
        waiting.push({ work, resolve: resolve as (value: unknown) => void, reject });
        // After the poll phase: everything that arrived together is in.
        if (waiting.length === 1) setImmediate(gather, 1, 1);
      });
    },
    close() {
      closed = true;
      flush();
    },
  };
}

type Waiting = {
  readonly work: () => unknown;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
};

/** Whether what was in it is durable now. */
function commitBatch(batch: readonly Waiting[], transaction: Transaction): boolean {
  try {
    const answers = batch.map((writing) => attempt(writing, transaction));
    transaction.commit();
    for (const answer of answers) answer();
    return true;
  } catch (error) {
    for (const { reject } of batch) reject(error);
    if (transaction.isOpen()) transaction.rollback();
    return false;
  }
}

/** Does the work, and gives what to answer once the commit is done. */
function attempt({ work, resolve, reject }: Waiting, transaction: Transaction): () => void {
  try {
    const value = work();
    return () => resolve(value);
  } catch (error) {
    // The error took the whole transaction with it, and with it what the others wrote.
    if (!transaction.isOpen()) throw error;
    return () => reject(error);
  }
}
