import type { Pool, PoolClient } from "pg";
import { unavailable } from "../outage.ts";

/** Work on a connection that it shares: it sends one statement, at once, and waits for its answer. */
export type Shared<T> = (client: PoolClient) => Promise<T>;

export type Pipeline = {
  /**
   * Runs work on a connection of the pool. Where all of them are in use, what waits goes together: in one write, each
   * statement with a commit and an error of its own.
   * @param sendBy by `performance.now()`. What has no connection by then is given up, and nothing of it was done.
   */
  run<T>(work: Shared<T>, sendBy: number): Promise<T>;
  /** How many wait for a connection. */
  waiting(): number;
};

export type PipelineOptions = {
  /** Of the pool, at the most. */
  readonly connections: number;
  /** How much goes over one connection together, as of now: it waits for the slowest of them. */
  readonly together: () => number;
  /** Whether a connection can be used again after an answer that failed. */
  readonly isUsableAfter: (error: unknown) => boolean;
  /** Hears of the first failure on a connection, before who is told of it. The next ones may come of it. */
  readonly failed: (error: unknown) => void;
};

type Waiting = {
  /** Its number in the order of coming. */
  readonly turn: number;
  readonly work: Shared<unknown>;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: unknown) => void;
  readonly timer: NodeJS.Timeout;
};

/** Shares the connections of a pool between what comes at once. */
export function createPipeline(
  pool: Pool,
  { connections, together, isUsableAfter, failed }: PipelineOptions,
): Pipeline {
  let waiting: Waiting[] = [];
  /** Connections that the pool was asked for and has not given yet. */
  let asked = 0;
  let lastTurn = 0;

  const ask = (): void => {
    asked += 1;
    const lastTurnBefore = lastTurn;
    pool.connect().then(
      (client) => send(client, take(Math.min(together(), Math.ceil(waiting.length / asked)))),
      (error: unknown) => {
        // The others may have more luck with the next one, and those that came since have not waited as long as it took.
        const [first] = waiting;
        const wasThere = first !== undefined && first.turn <= lastTurnBefore;
        for (const { reject } of take(wasThere ? 1 : 0)) reject(error);
      },
    );
  };

  const askIfNeeded = (): void => {
    if (asked < waiting.length && asked < connections) ask();
  };

  /** What was waiting for the connection that the pool has just given, or failed to give. */
  const take = (count: number): readonly Waiting[] => {
    const taken = waiting.splice(0, count);
    for (const { timer } of taken) clearTimeout(timer);
    asked -= 1;
    askIfNeeded();
    return taken;
  };

  const send = async (client: PoolClient, share: readonly Waiting[]): Promise<void> => {
    const failures: unknown[] = [];
    const { stream } = client.connection;
    stream.cork();
    const answers = share.map(async ({ work, resolve, reject }) => {
      try {
        resolve(await work(client));
      } catch (error) {
        if (failures.length === 0) failed(error);
        failures.push(error);
        reject(error);
      }
    });
    stream.uncork();
    await Promise.all(answers);
    client.release(!failures.every(isUsableAfter));
  };

  return {
    run: <T>(work: Shared<T>, sendBy: number) =>
      new Promise<T>((resolve, reject) => {
        const giveUp = () => {
          waiting = waiting.filter((one) => one !== entry);
          reject(unavailable("no connection was free in time"));
        };
        const timer = setTimeout(giveUp, Math.max(0, sendBy - performance.now())).unref();
        lastTurn += 1;
        const entry: Waiting = {
          turn: lastTurn,
          work,
          resolve: resolve as (answer: unknown) => void,
          reject,
          timer,
        };
        waiting.push(entry);
        askIfNeeded();
      }),
    waiting: () => waiting.length,
  };
}
