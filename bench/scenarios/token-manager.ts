import { TokenManager } from "../../src/client/index.ts";
import type { BenchSettings } from "../comparison.ts";
import { median } from "../comparison.ts";
import type { Scenario } from "../report.ts";

const CALLS = 1_000_000;

/** What a program pays for each request that it makes with a token that it has. */
export const tokenManager: Scenario<BenchSettings> = {
  name: "token-manager",
  title: "TokenManager.getToken(), with a token at hand",
  async run({ rounds }) {
    const tokens = new TokenManager({
      tokenEndpoint: "https://idp.example/token",
      clientId: "bench",
      clientSecret: "bench",
      fetch: async () => Response.json({ access_token: "token", token_type: "Bearer", expires_in: 86_400 }),
    });
    const costs: number[] = [];
    for (let round = -1; round < rounds; round += 1) costs.push(await microsecondsEach(tokens));
    // The first one warms up.
    const measured = costs.slice(1);
    return {
      rows: [
        {
          name: "getToken, fastest and slowest round",
          values: [Math.min(...measured), Math.max(...measured)].map((cost) => `${cost.toFixed(3)} µs`),
        },
      ],
      figures: [{ what: "getToken, median", value: median(measured), unit: "µs", atMost: 2 }],
    };
  },
};

async function microsecondsEach(tokens: TokenManager): Promise<number> {
  const startedAt = performance.now();
  for (let i = 0; i < CALLS; i += 1) await tokens.getToken();
  return (1000 * (performance.now() - startedAt)) / CALLS;
}
