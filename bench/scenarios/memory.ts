import { join } from "node:path";
import { type BenchSettings, type Contestant, oneRound, type Round } from "../comparison.ts";
import { LOAD_CORE, SERVER_CORE, startWorker } from "../processes.ts";
import type { Figure, Scenario } from "../report.ts";
import type { Era } from "../servers/plans.ts";

const SECONDS = 10;
const ERA: Era = "2026-07-28";
/** What the image and the systemd unit tell Node: docs/deploy/capacity.md. */
const SMALL_YOUNG_GENERATION = "--max-semi-space-size=16";

/** How much memory a server has after some seconds of one load, each in a process of its own. */
export const memory: Scenario<BenchSettings> = {
  name: "memory",
  title: `resident memory after ${SECONDS} s of load, as it is, and with ${SMALL_YOUNG_GENERATION}`,
  async run({ directory }) {
    const ours = await measureAll(directory, OURS, []);
    const deployed = await measureAll(directory, OURS, [SMALL_YOUNG_GENERATION]);
    const others = await measureAll(directory, OTHERS, []);
    // So that one sees what of it is V8's.
    const othersToo = await measureAll(directory, OTHERS, [SMALL_YOUNG_GENERATION]);
    return {
      rows: [...ours, ...deployed, ...others, ...othersToo].map(
        ({ name, residentMegabytes, requestsPerSecond, serverMicroseconds }) => ({
          name,
          values: [
            `${residentMegabytes.toFixed(0)} MB`,
            `${Math.round(requestsPerSecond).toLocaleString("en")} requests/s`,
            `${serverMicroseconds.toFixed(1)} µs of CPU each`,
          ],
        }),
      ),
      figures: [...ratios(ours, others), ...ratios(deployed, others), ...ratios(deployed, othersToo)],
    };
  },
};

const OURS: readonly Contestant[] = [
  gatehouse("refresh", { kind: "refresh" }),
  gatehouse("registration", { kind: "register", which: "new" }),
  gatehouse("tools/call", { kind: "echo", era: ERA }),
];
const OTHERS: readonly Contestant[] = [
  {
    name: "oidc-provider, refresh",
    module: "servers/oidc-provider.ts",
    options: { load: { kind: "refresh" } },
  },
  { name: "SDK on Express, tools/call", module: "servers/sdk-express.ts", options: { era: ERA } },
];

function gatehouse(name: string, load: unknown): Contestant {
  return { name: `Gatehouse, ${name}`, module: "servers/gatehouse.ts", options: { load } };
}

async function measureAll(
  directory: string,
  contestants: readonly Contestant[],
  flags: readonly string[],
): Promise<readonly Measured[]> {
  const measured: Measured[] = [];
  for (const { name, ...contestant } of contestants) {
    measured.push(await loaded({ ...contestant, name: [name, ...flags].join(", "), flags }, directory));
  }
  return measured;
}

/** Each of ours to each of the others. */
function ratios(ours: readonly Measured[], others: readonly Measured[]): readonly Figure[] {
  return ours.flatMap((one) =>
    others.map((other) => ({
      what: `${one.name}, to ${other.name}`,
      value: one.residentMegabytes / other.residentMegabytes,
      unit: "×" as const,
      atMost: 1,
    })),
  );
}

type Measured = Round & { readonly name: string; readonly residentMegabytes: number };

async function loaded({ name, options, ...contestant }: Contestant, directory: string): Promise<Measured> {
  const output = join(directory, "output.log");
  const generator = await startWorker({ module: "load/generator.ts", core: LOAD_CORE, output });
  const server = await startWorker({
    ...contestant,
    core: SERVER_CORE,
    options: { directory, ...(options as object) },
    output,
  });
  try {
    const round = await oneRound(server, generator, SECONDS);
    return { name, ...round, residentMegabytes: await server.ask<number>("residentMegabytes") };
  } finally {
    await server.stop();
    await generator.stop();
  }
}
