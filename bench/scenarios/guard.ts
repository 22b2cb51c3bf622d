import { type BenchSettings, inTurn, type Measurement } from "../comparison.ts";
import { reportOf, type Scenario, throughput } from "../report.ts";

/** What the guard costs a request whose token it has seen before. */
export const guard: Scenario<BenchSettings> = {
  name: "guard",
  title:
    "tools/call (2025-11-25) with a token that was verified before, ours or a provider's, and with no guard at all",
  async run(settings) {
    const era = "2025-11-25";
    const measured = await inTurn(
      [
        { name: "Gatehouse", module: "servers/gatehouse.ts", options: { load: { kind: "echo", era } } },
        { name: "behind a provider", module: "servers/gatehouse-behind-provider.ts", options: { era } },
        { name: "without the guard", module: "servers/gatehouse-unguarded.ts", options: { era } },
      ],
      settings,
    );
    const [own, provided, open] = measured as [Measurement, Measurement, Measurement];
    return reportOf(measured, [
      throughput("our token, to no guard", own, open, 0.97),
      throughput("a provider's token, to no guard", provided, open, 0.97),
    ]);
  },
};
