import { join } from "node:path";
import { type BenchSettings, CONNECTIONS, median } from "../comparison.ts";
import { SERVER_CORE, startWorker } from "../processes.ts";
import type { Scenario } from "../report.ts";
import type { CommitRates } from "../servers/commits.ts";

/** What it brings that writes of one turn of the event loop share a commit. */
export const sharedCommit: Scenario<BenchSettings> = {
  name: "shared-commit",
  title: "rotations in SQLite, with shared commits and with one fsync each, on the same disk",
  async run({ rounds, directory }) {
    const worker = await startWorker({
      module: "servers/commits.ts",
      core: SERVER_CORE,
      options: { directory, connections: CONNECTIONS },
      output: join(directory, "output.log"),
    });
    try {
      const rates: CommitRates[] = [];
      for (let round = -1; round < rounds; round += 1) rates.push(await worker.ask<CommitRates>("round"));
      // The first one warms up.
      const measured = rates.slice(1);
      return {
        rows: [
          { name: `shared, ${CONNECTIONS} at a time`, values: [perSecond(measured.map((r) => r.shared))] },
          { name: "one fsync each", values: [perSecond(measured.map((r) => r.oneByOne))] },
        ],
        figures: [
          {
            what: "to one fsync each",
            value: median(measured.map((rate) => rate.shared / rate.oneByOne)),
            unit: "×",
            atLeast: 5,
          },
        ],
      };
    } finally {
      await worker.stop();
    }
  },
};

function perSecond(rates: readonly number[]): string {
  return `${Math.round(median(rates)).toLocaleString("en")} rotations/s`;
}
