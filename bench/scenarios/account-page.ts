import { join } from "node:path";
import { type BenchSettings, median } from "../comparison.ts";
import { SERVER_CORE, startWorker } from "../processes.ts";
import type { Figure, Report, Row, Scenario } from "../report.ts";
import type { AccountOptions, AccountTimes } from "../servers/account.ts";
import { withPostgres } from "./with-postgres.ts";

const CONNECTIONS = 1000;
const AT_MOST_MS = 100;

/** What a person with very many connections waits for. */
export const accountPage: Scenario<BenchSettings> = {
  name: "account-page",
  title: `the account page, and the lists behind it, of a person with ${CONNECTIONS.toLocaleString("en")} connections`,
  run: (settings) =>
    withPostgres(settings, async (freshDatabase) => {
      const onSqlite = await measure("SQLite", undefined, settings);
      const onPostgres = await measure("Postgres", await freshDatabase(), settings);
      return {
        rows: [...onSqlite.rows, ...onPostgres.rows],
        figures: [...onSqlite.figures, ...onPostgres.figures],
      };
    }),
};

async function measure(
  where: string,
  database: string | undefined,
  { rounds, directory }: BenchSettings & { readonly directory: string },
): Promise<Report> {
  const options: AccountOptions = { connections: CONNECTIONS, ...(database !== undefined && { database }) };
  const worker = await startWorker({
    module: "servers/account.ts",
    core: SERVER_CORE,
    options: { ...options, directory },
    output: join(directory, "output.log"),
  });
  try {
    const measured: AccountTimes[] = [];
    // The first one warms up.
    for (let round = -1; round < rounds; round += 1) {
      const times = await worker.ask<AccountTimes>("round");
      if (round >= 0) measured.push(times);
    }
    const paths = Object.keys(measured[0] ?? {});
    const all = paths.map((path) => ({
      name: `${where}, ${path}`,
      times: measured.flatMap((times) => times[path] ?? []),
    }));
    return { rows: all.map(row), figures: all.map(figure) };
  } finally {
    await worker.stop();
  }
}

type Times = { readonly name: string; readonly times: readonly number[] };

function row({ name, times }: Times): Row {
  return {
    name,
    values: [`median ${median(times).toFixed(1)} ms`, `most ${Math.max(...times).toFixed(1)} ms`],
  };
}

function figure({ name, times }: Times): Figure {
  return { what: name, value: median(times), unit: "ms", atMost: AT_MOST_MS };
}
