import { join } from "node:path";
import type { BenchSettings } from "../comparison.ts";
import { median } from "../comparison.ts";
import { SERVER_CORE, startWorker } from "../processes.ts";
import type { Scenario } from "../report.ts";
import type { Costs } from "../servers/verification.ts";

/** What the guard does for a token that it has not seen, beside the signature check that nobody can do without. */
export const firstVerification: Scenario<BenchSettings> = {
  name: "first-verification",
  title: "a token's first verification by the guard, and one raw crypto.verify of it",
  async run({ rounds, directory }) {
    const worker = await startWorker({
      module: "servers/verification.ts",
      core: SERVER_CORE,
      options: { directory },
      output: join(directory, "output.log"),
    });
    try {
      const costs: Costs[] = [];
      for (let round = -1; round < rounds; round += 1) costs.push(await worker.ask<Costs>("round"));
      // The first one warms up.
      const measured = costs.slice(1);
      const guard = median(measured.map(({ guardMicroseconds }) => guardMicroseconds));
      const raw = median(measured.map(({ rawMicroseconds }) => rawMicroseconds));
      return {
        rows: [
          { name: "the guard", values: [`${guard.toFixed(1)} µs`] },
          { name: "crypto.verify", values: [`${raw.toFixed(1)} µs`] },
        ],
        figures: [
          {
            what: "to crypto.verify",
            value: median(measured.map((cost) => cost.guardMicroseconds / cost.rawMicroseconds)),
            unit: "×",
            atMost: 1.25,
          },
        ],
      };
    } finally {
      await worker.stop();
    }
  },
};
