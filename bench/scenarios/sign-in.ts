import { join } from "node:path";
import { type BenchSettings, median } from "../comparison.ts";
import { SERVER_CORE, startWorker } from "../processes.ts";
import type { Scenario } from "../report.ts";
import type { SignInCosts } from "../servers/sign-in.ts";

/** What a sign-in costs beside the hash that no one can do without, and whether its time tells which usernames there are. */
export const signIn: Scenario<BenchSettings> = {
  name: "sign-in",
  title: "a sign-in with the built-in directory, and one bare argon2id",
  async run({ rounds, directory }) {
    const worker = await startWorker({
      module: "servers/sign-in.ts",
      core: SERVER_CORE,
      options: { directory },
      output: join(directory, "output.log"),
    });
    try {
      const costs: SignInCosts[] = [];
      for (let round = -1; round < rounds; round += 1) costs.push(await worker.ask<SignInCosts>("round"));
      // The first one warms up.
      const measured = costs.slice(1);
      const ratio = (of: keyof SignInCosts, to: keyof SignInCosts) =>
        median(measured.map((cost) => cost[of] / cost[to]));
      const row = (name: string, of: keyof SignInCosts) => {
        const milliseconds = measured.map((cost) => cost[of]).toSorted((a, b) => a - b);
        const spread = `${milliseconds.at(0)?.toFixed(1)} to ${milliseconds.at(-1)?.toFixed(1)} ms`;
        return { name, values: [`${median(milliseconds).toFixed(1)} ms`, spread] };
      };
      return {
        rows: [
          row("sign-in, right password", "rightPassword"),
          row("sign-in, wrong password", "wrongPassword"),
          row("sign-in, unknown username", "unknownName"),
          row("crypto.argon2", "argon2id"),
        ],
        figures: [
          {
            what: "a sign-in to argon2id",
            value: ratio("rightPassword", "argon2id"),
            unit: "×",
            atMost: 1.2,
          },
          {
            what: "an unknown username to a wrong password",
            value: ratio("unknownName", "wrongPassword"),
            unit: "×",
            atMost: 1.02,
            beside: `${ratio("wrongPassword", "unknownName").toFixed(2)} × the other way round`,
          },
        ],
      };
    } finally {
      await worker.stop();
    }
  },
};
