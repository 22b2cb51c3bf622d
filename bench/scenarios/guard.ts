import { type BenchSettings, inTurn, type Measurement } from "../comparison.ts";
import { reportOf, type Scenario, throughput } from "../report.ts";

/** What the guard costs a request whose token it has seen before. */
export const guard: Scenario<BenchSettings> = {
  name: "guard",
  title: "tools/call (2025-11-25) with a token that was verified before, and with no guard at all",
  async run(settings) {
    const era = "2025-11-25";
    const measured = await inTurn(
      [
        { name: "Gatehouse", module: "servers/gatehouse.ts", options: { load: { kind: "echo", era } } },
        { name: "without the guard", module: "servers/gatehouse-unguarded.ts", options: { era } },
      ],
      settings,
    );
    const [guarded, open] = measured as [Measurement, Measurement];
    return reportOf(measured, [throughput("to no guard", guarded, open, 0.97)]);
  },
};
