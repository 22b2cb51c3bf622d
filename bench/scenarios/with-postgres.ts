import { join } from "node:path";
import type { BenchSettings } from "../comparison.ts";
import { LOAD_CORE, startWorker } from "../processes.ts";

/** Runs work beside a Postgres that has the core of the load: the server's is the one that is measured. */
export async function withPostgres<T>(
  { directory }: Pick<BenchSettings, "directory">,
  work: (freshDatabase: () => Promise<string>) => Promise<T>,
): Promise<T> {
  const postgres = await startWorker({
    module: "servers/postgres.ts",
    core: LOAD_CORE,
    output: join(directory, "output.log"),
  });
  try {
    return await work(() => postgres.ask<string>("freshDatabase"));
  } finally {
    await postgres.ask("stop");
    await postgres.stop();
  }
}
