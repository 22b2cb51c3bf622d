import { type BenchSettings, type Contestant, inTurn, type Measurement, p99Ratio } from "../comparison.ts";
import { type Figure, reportOf, type Scenario } from "../report.ts";
import { withPostgres } from "./with-postgres.ts";

const LIVE = 10_000;
const EXPIRED = 1_000_000;

/** Whether people notice that a million expired grants are being deleted. */
export const janitor: Scenario<BenchSettings> = {
  name: "janitor",
  title:
    "the slowest hundredth of refreshes while a million expired grants are deleted, and while nothing is",
  onRequest: "takes some five minutes",
  run: (settings) =>
    withPostgres(settings, async (freshDatabase) => {
      const measured = await inTurn(
        [
          contestant("SQLite", EXPIRED),
          contestant("SQLite", 0),
          contestant("Postgres", EXPIRED, await freshDatabase()),
          contestant("Postgres", 0, await freshDatabase()),
        ],
        settings,
      );
      const [busy, quiet, busyThere, quietThere] = measured as [
        Measurement,
        Measurement,
        Measurement,
        Measurement,
      ];
      return reportOf(measured, [slower("SQLite", busy, quiet), slower("Postgres", busyThere, quietThere)]);
    }),
};

function contestant(where: string, expired: number, database?: string): Contestant {
  return {
    name: `${where}, ${expired === 0 ? "quiet" : "deleting"}`,
    module: "servers/gatehouse-with-grants.ts",
    options: { count: LIVE, used: "any", expired, database },
  };
}

function slower(where: string, busy: Measurement, quiet: Measurement): Figure {
  return { what: `p99 to quiet, ${where}`, value: p99Ratio(busy, quiet), unit: "×", atMost: 2 };
}
