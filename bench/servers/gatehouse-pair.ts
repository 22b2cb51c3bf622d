import { join } from "node:path";
import type { Prepared } from "../comparison.ts";
import { SERVER_CORE, startWorker } from "../processes.ts";
import { answerQuestions, readOptions } from "../worker.ts";
import type { GatehouseOptions } from "./gatehouse.ts";

// Two instances on one database, which share the core that one of them has otherwise.

const options = readOptions<GatehouseOptions>();
const output = join(options.directory, "output.log");
const start = () => startWorker({ module: "servers/gatehouse.ts", core: SERVER_CORE, options, output });
const instances = [await start(), await start()];

answerQuestions({
  async prepare(connections: number): Promise<Prepared> {
    const prepared: Prepared[] = [];
    // Half of the grants were made on the one, half on the other; any of them is refreshed on either.
    for (const instance of instances) prepared.push(await instance.ask<Prepared>("prepare", connections / 2));
    return {
      ports: prepared.flatMap(({ ports }) => ports),
      plans: prepared.flatMap(({ plans }) => plans),
    };
  },
  async cpuMicroseconds(): Promise<number> {
    let sum = 0;
    for (const instance of instances) sum += await instance.ask<number>("cpuMicroseconds");
    return sum;
  },
});
