import { join } from "node:path";
import type { Prepared } from "../comparison.ts";
import { SERVER_CORE, startWorker, type Worker } from "../processes.ts";
import { answerQuestions, readOptions } from "../worker.ts";
import type { GatehouseOptions } from "./gatehouse.ts";

// Two instances, which share the core that one of them has otherwise.

/** The same database twice, or one for each. */
export type PairOptions = Omit<GatehouseOptions, "database"> & { readonly databases: readonly string[] };

const { databases, ...options } = readOptions<PairOptions>();
const output = join(options.directory, "output.log");
const start = (database: string) =>
  startWorker({
    module: "servers/gatehouse.ts",
    core: SERVER_CORE,
    options: { ...options, database },
    output,
  });
const instances: Worker[] = [];
for (const database of databases) instances.push(await start(database));

answerQuestions({
  async prepare(connections: number): Promise<Prepared> {
    const each: Prepared[] = [];
    for (const instance of instances)
      each.push(await instance.ask<Prepared>("prepare", connections / instances.length));
    return {
      ports: each.flatMap(({ ports }) => ports),
      // In turn, as the load goes to the ports: where a grant was made, it is refreshed.
      plans: each[0]?.plans.flatMap((_, i) => each.flatMap(({ plans }) => plans[i] ?? [])) ?? [],
    };
  },
  async cpuMicroseconds(): Promise<number> {
    let sum = 0;
    for (const instance of instances) sum += await instance.ask<number>("cpuMicroseconds");
    return sum;
  },
});
