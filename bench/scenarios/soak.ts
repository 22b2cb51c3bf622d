import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { type BenchSettings, CONNECTIONS, median, type Prepared } from "../comparison.ts";
import type { LoadResult } from "../load/generator.ts";
import { LOAD_CORE, SERVER_CORE, startWorker } from "../processes.ts";
import type { Scenario } from "../report.ts";

const SECONDS = 600;
const SAMPLES = 60;

/** Whether memory stays flat under load that does not end. */
export const soak: Scenario<BenchSettings> = {
  name: "soak",
  title:
    "ten minutes of refreshes, calls and registrations: resident memory at the end and after the first minutes",
  onRequest: "takes ten minutes",
  async run({ directory }) {
    const output = join(directory, "output.log");
    const generator = await startWorker({ module: "load/generator.ts", core: LOAD_CORE, output });
    const server = await startWorker({
      module: "servers/gatehouse.ts",
      core: SERVER_CORE,
      options: { directory, load: { kind: "mixed" } },
      output,
    });
    try {
      const prepared = await server.ask<Prepared>("prepare", CONNECTIONS);
      const load = generator.ask<LoadResult>("run", { ...prepared, seconds: SECONDS });
      const megabytes: number[] = [];
      for (let sample = 0; sample < SAMPLES; sample += 1) {
        await setTimeout((SECONDS * 1000) / SAMPLES);
        megabytes.push(await server.ask<number>("residentMegabytes"));
      }
      const { answered } = await load;
      const sixth = SAMPLES / 6;
      // The first sixth fills the caches, which are bounded.
      const early = median(megabytes.slice(sixth, 2 * sixth));
      const late = median(megabytes.slice(-sixth));
      return {
        rows: [
          { name: "answers", values: [answered.toLocaleString("en")] },
          { name: "resident memory", values: [early, late].map((value) => `${value.toFixed(0)} MB`) },
        ],
        figures: [{ what: "late to early", value: late / early, unit: "×", atMost: 1.1 }],
      };
    } finally {
      await server.stop();
      await generator.stop();
    }
  },
};
