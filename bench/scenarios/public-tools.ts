import { type BenchSettings, inTurn, lowThroughputRatio, type Measurement } from "../comparison.ts";
import { reportOf, type Scenario, throughput } from "../report.ts";

const PUBLIC_TOOLS = 20;

/** What tools that anyone may call cost those who have a token. */
export const publicTools: Scenario<BenchSettings> = {
  name: "public-tools",
  title: "tools/call (2026-07-28) with a token, beside public tools and without them",
  async run(settings) {
    const load = { kind: "echo", era: "2026-07-28" };
    const module = "servers/gatehouse.ts";
    const measured = await inTurn(
      [
        { name: "no public tools", module, options: { load } },
        { name: "the same again", module, options: { load } },
        { name: "at a path of their own", module, options: { load, publicTools: PUBLIC_TOOLS } },
        {
          name: "at the MCP endpoint",
          module,
          options: { load, publicTools: PUBLIC_TOOLS, askToSignIn: "call" },
        },
      ],
      settings,
    );
    const [none, again, apart, together] = measured as [Measurement, Measurement, Measurement, Measurement];
    // What two servers of one kind differ by is no cost.
    const equal = Math.min(1, lowThroughputRatio(again, none));
    return reportOf(measured, [
      throughput("at a path of their own, to none", apart, none, equal),
      throughput("at the MCP endpoint, to none", together, none, equal),
    ]);
  },
};
