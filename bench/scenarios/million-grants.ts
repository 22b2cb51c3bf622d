import { type BenchSettings, type Contestant, inTurn, type Measurement } from "../comparison.ts";
import { reportOf, type Scenario, throughput } from "../report.ts";

/** Whether a full table slows refreshes: of the grants that are in use, and of grants that lie anywhere in it. */
export const millionGrants: Scenario<BenchSettings> = {
  name: "million-grants",
  title: "refresh-token rotation with a million grants in the table, and with a thousand",
  async run(settings) {
    const measured = await inTurn([...contestants("own"), ...contestants("any")], settings);
    const [million, thousand, anyOfMillion, anyOfThousand] = measured as [
      Measurement,
      Measurement,
      Measurement,
      Measurement,
    ];
    return reportOf(measured, [
      throughput("to a thousand, a grant for each connection", million, thousand, 0.9),
      throughput("to a thousand, grants from all over the table", anyOfMillion, anyOfThousand, 0.9),
    ]);
  },
};

function contestants(used: "own" | "any"): readonly Contestant[] {
  return [1_000_000, 1000].map((count) => ({
    name: `${count.toLocaleString("en")} grants, ${used === "own" ? "one each" : "any of them"}`,
    module: "servers/gatehouse-with-grants.ts",
    options: { count, used },
  }));
}
