import { type BenchSettings, cpuRatio, inTurn, type Measurement } from "../comparison.ts";
import { reportOf, type Scenario } from "../report.ts";
import { withPostgres } from "./with-postgres.ts";

/** In all, so that one instance and two load Postgres alike. */
const DATABASE_CONNECTIONS = 10;

/**
 * What a second instance on the same database costs. Two processes on one core cost more than one wherever they come from;
 * how much of it is ours, two instances say that share nothing.
 */
export const twoInstances: Scenario<BenchSettings> = {
  name: "two-instances",
  title: "refresh-token rotation by two instances on one Postgres, by two that share nothing, and by one",
  run: (settings) =>
    withPostgres(settings, async (freshDatabase) => {
      const load = { kind: "refresh" };
      const shared = await freshDatabase();
      const pair = (databases: readonly string[]) => ({
        module: "servers/gatehouse-pair.ts",
        options: { databases, databaseConnections: DATABASE_CONNECTIONS / 2, load },
      });
      const measured = await inTurn(
        [
          { name: "two instances", ...pair([shared, shared]) },
          { name: "two, a database each", ...pair([await freshDatabase(), await freshDatabase()]) },
          {
            name: "one instance",
            module: "servers/gatehouse.ts",
            options: {
              database: await freshDatabase(),
              databaseConnections: DATABASE_CONNECTIONS,
              load,
            },
          },
        ],
        settings,
      );
      const [two, apart, one] = measured as [Measurement, Measurement, Measurement];
      return reportOf(measured, [
        { what: "CPU each, to one instance", value: cpuRatio(one, two), unit: "×", atMost: 1.1 },
        { what: "CPU each, to two that share nothing", value: cpuRatio(apart, two), unit: "×", atMost: 1.1 },
      ]);
    }),
};
