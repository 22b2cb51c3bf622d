import { type BenchSettings, inTurn, type Measurement } from "../comparison.ts";
import { reportOf, type Scenario, throughput } from "../report.ts";

/** Every connection rotates the refresh token of its own grant, over and over. */
export const refresh: Scenario<BenchSettings> = {
  name: "refresh",
  title: "refresh-token rotation; ours is durable on disk",
  async run(settings) {
    const measured = await inTurn(
      [
        {
          name: "Gatehouse, SQLite file",
          module: "servers/gatehouse.ts",
          options: { load: { kind: "refresh" } },
        },
        {
          name: "oidc-provider, memory",
          module: "servers/oidc-provider.ts",
          options: { load: { kind: "refresh" } },
        },
        { name: "bare Hono, one signature", module: "servers/bare-signature.ts" },
      ],
      settings,
    );
    const [ours, provider, bare] = measured as [Measurement, Measurement, Measurement];
    return reportOf(measured, [
      throughput("to oidc-provider", ours, provider, 2.5),
      throughput("to one signature", ours, bare, 0.8),
    ]);
  },
};
