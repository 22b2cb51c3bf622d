import { join } from "node:path";
import { type BenchSettings, CONNECTIONS, median, oneRound, type Round } from "../comparison.ts";
import { LOAD_CORE, SERVER_CORE, startWorker, type Worker } from "../processes.ts";
import type { Scenario } from "../report.ts";
import type { RawResult } from "../servers/raw-statement.ts";
import { withPostgres } from "./with-postgres.ts";

/** How many connections to Postgres the server opens where it is not told otherwise. */
const POOL_CONNECTIONS = 10;
const WARM_UP_SECONDS = 6;

/** What signing, parsing and HTTP leave of the rate at which the statement alone goes through the same pool. */
export const postgresRefresh: Scenario<BenchSettings> = {
  name: "postgres-refresh",
  title: "refresh-token rotation on Postgres, and its statement by pg alone",
  run: (settings) =>
    withPostgres(settings, async (freshDatabase) => {
      const { directory } = settings;
      const output = join(directory, "output.log");
      const start = (module: string, core: number, options: object = {}) =>
        startWorker({ module, core, output, options: { directory, ...options } });
      const workers: Worker[] = [];
      try {
        const generator = await start("load/generator.ts", LOAD_CORE);
        const server = await start("servers/gatehouse.ts", SERVER_CORE, {
          database: await freshDatabase(),
          load: { kind: "refresh" },
        });
        const raw = await start("servers/raw-statement.ts", SERVER_CORE, {
          database: await freshDatabase(),
          connections: CONNECTIONS,
          poolConnections: POOL_CONNECTIONS,
        });
        workers.push(server, raw, generator);
        return report(await rounds(server, raw, generator, settings));
      } finally {
        for (const worker of workers) await worker.stop();
      }
    }),
};

type Pair = { readonly ours: Round; readonly rawPerSecond: number };

async function rounds(server: Worker, raw: Worker, generator: Worker, settings: BenchSettings) {
  const pair = async (seconds: number): Promise<Pair> => {
    const ours = await oneRound(server, generator, seconds);
    const alone = await raw.ask<RawResult>("run", seconds);
    return { ours, rawPerSecond: alone.answered / alone.seconds };
  };
  await pair(WARM_UP_SECONDS);
  const pairs: Pair[] = [];
  for (let round = 0; round < settings.rounds; round += 1) pairs.push(await pair(settings.seconds));
  return pairs;
}

function report(pairs: readonly Pair[]) {
  const perSecond = (rates: readonly number[], unit: string) =>
    `${Math.round(median(rates)).toLocaleString("en")} ${unit}/s`;
  return {
    rows: [
      {
        name: "Gatehouse",
        values: [
          perSecond(
            pairs.map(({ ours }) => ours.requestsPerSecond),
            "requests",
          ),
        ],
      },
      {
        name: "pg alone",
        values: [
          perSecond(
            pairs.map(({ rawPerSecond }) => rawPerSecond),
            "statements",
          ),
        ],
      },
    ],
    figures: [
      {
        what: "to the statement alone",
        value: median(pairs.map(({ ours, rawPerSecond }) => ours.requestsPerSecond / rawPerSecond)),
        unit: "×" as const,
        atLeast: 0.6,
      },
    ],
  };
}
