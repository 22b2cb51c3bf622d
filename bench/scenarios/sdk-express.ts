import { type BenchSettings, type Contestant, inTurn, type Measurement } from "../comparison.ts";
import { reportOf, type Scenario, throughput } from "../report.ts";
import type { Era } from "../servers/plans.ts";

/** One tool behind a token: ours, and the SDK's own parts on Express. */
export const sdkExpress: Scenario<BenchSettings> = {
  name: "sdk-express",
  title: "tools/call with a token, against the SDK on Express with requireBearerAuth and jose",
  async run(settings) {
    const measured = await inTurn([...contestants("2025-11-25"), ...contestants("2026-07-28")], settings);
    const [ours, express, oursModern, expressModern] = measured as [
      Measurement,
      Measurement,
      Measurement,
      Measurement,
    ];
    return reportOf(measured, [
      throughput("to the SDK on Express, 2025-11-25", ours, express, 1.3),
      throughput("to the SDK on Express, 2026-07-28", oursModern, expressModern, 1.3),
    ]);
  },
};

function contestants(era: Era): readonly Contestant[] {
  return [
    { name: `Gatehouse, ${era}`, module: "servers/gatehouse.ts", options: { load: { kind: "echo", era } } },
    { name: `SDK on Express, ${era}`, module: "servers/sdk-express.ts", options: { era } },
  ];
}
