import { type BenchSettings, cpuRatio, inTurn, type Measurement } from "../comparison.ts";
import { reportOf, type Scenario } from "../report.ts";
import { withPostgres } from "./with-postgres.ts";

/** What a second instance on the same database costs. */
export const twoInstances: Scenario<BenchSettings> = {
  name: "two-instances",
  title: "refresh-token rotation by two instances on one Postgres, and by one",
  run: (settings) =>
    withPostgres(settings, async (freshDatabase) => {
      const load = { kind: "refresh" };
      const measured = await inTurn(
        [
          {
            name: "two instances",
            module: "servers/gatehouse-pair.ts",
            options: { database: await freshDatabase(), load },
          },
          {
            name: "one instance",
            module: "servers/gatehouse.ts",
            options: { database: await freshDatabase(), load },
          },
        ],
        settings,
      );
      const [two, one] = measured as [Measurement, Measurement];
      return reportOf(measured, [
        { what: "CPU each, to one instance", value: cpuRatio(one, two), unit: "×", atMost: 1.1 },
      ]);
    }),
};
