import { setTimeout } from "node:timers/promises";
import { answerQuestions } from "../worker.ts";
import { openConnection } from "./connection.ts";
import { type Plan, requestsOf } from "./plan.ts";

// A process that does nothing but load a server, on a core of its own.

/** One run of the load: a plan for each connection. */
export type Load = {
  /** Where to send it: to each of them in turn, where there are several. */
  readonly ports: readonly number[];
  readonly seconds: number;
  readonly plans: readonly Plan[];
};
export type LoadResult = {
  readonly answered: number;
  readonly seconds: number;
  /** Of a hundred answers, ninety-nine came sooner. */
  readonly p99Milliseconds: number;
  /** How much of its core the generator needed. Near 1, it is the generator that is measured. */
  readonly busy: number;
};

async function run({ ports, seconds, plans }: Load): Promise<LoadResult> {
  const failures: string[] = [];
  const before = process.cpuUsage();
  const startedAt = performance.now();
  const connections = plans.map((plan, i) => {
    const port = ports[i % ports.length] ?? 0;
    return openConnection({ port, next: requestsOf(plan, port), onFailure: (why) => failures.push(why) });
  });
  await setTimeout(seconds * 1000);
  const latencies = connections.flatMap((connection) => connection.latencies).toSorted((a, b) => a - b);
  const elapsed = (performance.now() - startedAt) / 1000;
  const { user, system } = process.cpuUsage(before);
  await Promise.all(connections.map((connection) => connection.stop()));
  // A figure with failures in it says nothing.
  if (failures.length > 0)
    throw new Error(`${failures.length} connections failed. The first: ${failures[0]}`);
  return {
    answered: latencies.length,
    seconds: elapsed,
    p99Milliseconds: latencies[Math.floor(0.99 * latencies.length)] ?? Number.NaN,
    busy: (user + system) / 1e6 / elapsed,
  };
}

answerQuestions({ run });
