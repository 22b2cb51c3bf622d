import { type BenchSettings, inTurn, type Measurement } from "../comparison.ts";
import { reportOf, type Scenario, throughput } from "../report.ts";

/** Whether a full table slows refreshes. */
export const millionGrants: Scenario<BenchSettings> = {
  name: "million-grants",
  title:
    "refresh-token rotation of grants from all over the table, with a million of them and with a thousand",
  async run(settings) {
    const measured = await inTurn(
      [1_000_000, 1000].map((count) => ({
        name: `${count.toLocaleString("en")} grants`,
        module: "servers/gatehouse-with-grants.ts",
        options: { count },
      })),
      settings,
    );
    const [million, thousand] = measured as [Measurement, Measurement];
    return reportOf(measured, [throughput("to a thousand grants", million, thousand, 0.9)]);
  },
};
