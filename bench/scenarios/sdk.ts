import { type BenchSettings, type Contestant, inTurn, type Measurement } from "../comparison.ts";
import { reportOf, type Scenario, throughput } from "../report.ts";
import type { Era } from "../servers/plans.ts";

/** One tool behind a token: ours, the SDK's own parts on Express, and the SDK with nothing before it. */
export const sdk: Scenario<BenchSettings> = {
  name: "sdk",
  title:
    "tools/call with a token, against the SDK on Express with requireBearerAuth and jose, and on node:http without",
  async run(settings) {
    const measured = await inTurn([...contestants("2025-11-25"), ...contestants("2026-07-28")], settings);
    const [ours, express, bare, oursModern, expressModern, bareModern] = measured as [
      Measurement,
      Measurement,
      Measurement,
      Measurement,
      Measurement,
      Measurement,
    ];
    return reportOf(measured, [
      throughput("to the SDK on Express, 2025-11-25", ours, express, 2.5),
      throughput("to the SDK on Express, 2026-07-28", oursModern, expressModern, 2.5),
      throughput("to the SDK on node:http without any authentication, 2025-11-25", ours, bare, 1.5),
      throughput(
        "to the SDK on node:http without any authentication, 2026-07-28",
        oursModern,
        bareModern,
        1.5,
      ),
    ]);
  },
};

function contestants(era: Era): readonly Contestant[] {
  return [
    { name: `Gatehouse, ${era}`, module: "servers/gatehouse.ts", options: { load: { kind: "echo", era } } },
    { name: `SDK on Express, ${era}`, module: "servers/sdk-express.ts", options: { era } },
    { name: `SDK on node:http, ${era}`, module: "servers/sdk-node.ts", options: { era } },
  ];
}
