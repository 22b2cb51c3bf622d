import { join } from "node:path";
import { type BenchSettings, median } from "../comparison.ts";
import { SERVER_CORE, startWorker } from "../processes.ts";
import type { Row, Scenario } from "../report.ts";
import type { CachedTokensOptions } from "../servers/cached-tokens.ts";

const COUNTS = [10_000, 300_000];

/** What `cachedTokens` costs where it is more than it is by itself. It has no target: it says how much memory to buy. */
export const cachedTokens: Scenario<BenchSettings> = {
  name: "cached-tokens",
  title: "what a verified token takes of the heap, and the guard's time for a request with one",
  onRequest: "takes a minute, and has no target",
  async run(settings) {
    const rows: Row[] = [];
    for (const count of COUNTS) rows.push(await measure(count, settings));
    return { rows, figures: [] };
  },
};

async function measure(count: number, { rounds, directory }: BenchSettings): Promise<Row> {
  const worker = await startWorker({
    module: "servers/cached-tokens.ts",
    core: SERVER_CORE,
    options: { directory, count } satisfies CachedTokensOptions,
    output: join(directory, "output.log"),
  });
  try {
    const bytesEach = await worker.ask<number>("fill");
    const costs: number[] = [];
    for (let round = -1; round < rounds; round += 1) costs.push(await worker.ask<number>("round"));
    return {
      name: `${count.toLocaleString("en")} tokens`,
      // The first round warms up.
      values: [`${Math.round(bytesEach)} bytes each`, `${median(costs.slice(1)).toFixed(2)} µs`],
    };
  } finally {
    await worker.stop();
  }
}
