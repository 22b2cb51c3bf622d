import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { type BenchSettings, CONNECTIONS, median, type Prepared } from "../comparison.ts";
import type { LoadResult } from "../load/generator.ts";
import { LOAD_CORE, SERVER_CORE, startWorker } from "../processes.ts";
import type { Scenario } from "../report.ts";
import { withPostgres } from "./with-postgres.ts";

const SECONDS = 600;
const SAMPLES = 60;

/** Whether memory stays flat under load that does not end, on both databases at once. */
export const soak: Scenario<BenchSettings> = {
  name: "soak",
  title:
    "ten minutes of refreshes, calls and new registrations: resident memory at the end and after the first minutes",
  onRequest: "takes ten minutes",
  run: (settings) =>
    withPostgres(settings, async (freshDatabase) => {
      const { directory } = settings;
      const soaked = await Promise.all([
        soakOne("SQLite", { directory }),
        soakOne("Postgres", { directory, database: await freshDatabase() }),
      ]);
      return {
        rows: soaked.map(({ name, answered, early, late }) => ({
          name,
          values: [
            `${answered.toLocaleString("en")} answers`,
            ...[early, late].map((value) => `${value.toFixed(0)} MB`),
          ],
        })),
        figures: soaked.map(({ name, early, late }) => ({
          what: `late to early, ${name}`,
          value: late / early,
          unit: "×" as const,
          atMost: 1.1,
        })),
      };
    }),
};

type Soaked = {
  readonly name: string;
  readonly answered: number;
  /** Resident memory in megabytes, of the third sixth of the time and of the last. */
  readonly early: number;
  readonly late: number;
};

async function soakOne(
  name: string,
  options: { readonly directory: string; readonly database?: string },
): Promise<Soaked> {
  const output = join(options.directory, `${name}.log`);
  const generator = await startWorker({ module: "load/generator.ts", core: LOAD_CORE, output });
  const server = await startWorker({
    module: "servers/gatehouse.ts",
    core: SERVER_CORE,
    options: { ...options, load: { kind: "mixed" } },
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
    // Before that, the caches fill up, which are bounded: 16 MB of clients, 10,000 tokens.
    const early = median(megabytes.slice(2 * sixth, 3 * sixth));
    const late = median(megabytes.slice(-sixth));
    return { name, answered, early, late };
  } finally {
    await server.stop();
    await generator.stop();
  }
}
