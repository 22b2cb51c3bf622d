import { type BenchSettings, type Contestant, inTurn, type Measurement, p99Ratio } from "../comparison.ts";
import { type Figure, reportOf, type Scenario } from "../report.ts";
import { withPostgres } from "./with-postgres.ts";

const MANY = 10_000_000;
const FEW = 10_000;

/** Whether people wait longer where the table is full, on both databases. */
export const tenMillionGrants: Scenario<BenchSettings> = {
  name: "ten-million-grants",
  title: "the slowest hundredth of refreshes with ten million grants in the table, and with ten thousand",
  onRequest: "takes some twenty minutes and 20 GB",
  run: (settings) =>
    withPostgres(settings, async (freshDatabase) => {
      const measured = await inTurn(
        [
          contestant("SQLite", MANY),
          contestant("SQLite", FEW),
          contestant("Postgres", MANY, await freshDatabase()),
          contestant("Postgres", FEW, await freshDatabase()),
        ],
        settings,
      );
      const [many, few, manyThere, fewThere] = measured as [
        Measurement,
        Measurement,
        Measurement,
        Measurement,
      ];
      return reportOf(measured, [slower("SQLite", many, few), slower("Postgres", manyThere, fewThere)]);
    }),
};

function contestant(where: string, count: number, database?: string): Contestant {
  return {
    name: `${where}, ${count.toLocaleString("en")} grants`,
    module: "servers/gatehouse-with-grants.ts",
    options: { count, used: "any", database },
  };
}

function slower(where: string, many: Measurement, few: Measurement): Figure {
  return { what: `p99 to ten thousand, ${where}`, value: p99Ratio(many, few), unit: "×", atMost: 1.5 };
}
