import { join } from "node:path";
import type { Load, LoadResult } from "./load/generator.ts";
import type { Plan } from "./load/plan.ts";
import { LOAD_CORE, SERVER_CORE, startWorker, type Worker } from "./processes.ts";
import { summarizeProfile } from "./profile.ts";

export const CONNECTIONS = 64;

/** How long, how often, and where files go. */
export type BenchSettings = {
  readonly seconds: number;
  readonly rounds: number;
  readonly profile: boolean;
  /** A folder on a real disk, empty at the start and removed at the end. */
  readonly directory: string;
};

/** A server in a process of its own, from `servers/`, and what it is asked. */
export type Contestant = {
  readonly name: string;
  readonly module: string;
  /** Of Node, for this process. */
  readonly flags?: readonly string[];
  /** What the server does without: a folder of `without/`. */
  readonly without?: string;
  readonly options?: unknown;
};

/** What a server says when it is ready for a round: where to send what. */
export type Prepared = { readonly ports: readonly number[]; readonly plans: readonly Plan[] };

/** The median of the rounds. */
export type Measurement = {
  readonly name: string;
  readonly requestsPerSecond: number;
  /** What a request costs the server's core. Steadier than the throughput where others use the machine. */
  readonly serverMicroseconds: number;
  readonly p99Milliseconds: number;
  readonly generatorBusy: number;
  readonly rounds: readonly Round[];
  /** Where the time went, where that was asked for. */
  readonly profile: string | undefined;
};

export type Round = {
  readonly requestsPerSecond: number;
  readonly serverMicroseconds: number;
  readonly p99Milliseconds: number;
  readonly busy: number;
};

const WARM_UP_SECONDS = 6;

/** Runs all of them in turn (A B C A B C …), so that what else the machine does hits each of them alike. */
export async function inTurn(
  contestants: readonly Contestant[],
  settings: BenchSettings,
): Promise<readonly Measurement[]> {
  const output = join(settings.directory, "output.log");
  const generator = await startWorker({ module: "load/generator.ts", core: LOAD_CORE, output });
  const running: Running[] = [];
  try {
    for (const contestant of contestants) {
      const options = { directory: settings.directory, ...(contestant.options as object | undefined) };
      const server = await startWorker({ ...contestant, core: SERVER_CORE, options, output });
      running.push({ contestant, server, rounds: [] });
    }
    for (const { server } of running) await oneRound(server, generator, WARM_UP_SECONDS);
    for (let round = 0; round < settings.rounds; round += 1) {
      for (const { server, rounds } of running)
        rounds.push(await oneRound(server, generator, settings.seconds));
    }
    const measured: Measurement[] = [];
    for (const { contestant, server, rounds } of running) {
      measured.push({
        name: contestant.name,
        requestsPerSecond: median(rounds.map(({ requestsPerSecond }) => requestsPerSecond)),
        serverMicroseconds: median(rounds.map(({ serverMicroseconds }) => serverMicroseconds)),
        p99Milliseconds: median(rounds.map(({ p99Milliseconds }) => p99Milliseconds)),
        generatorBusy: Math.max(...rounds.map(({ busy }) => busy)),
        rounds,
        profile: settings.profile ? await profileOf(server, generator, settings) : undefined,
      });
    }
    return measured;
  } finally {
    for (const { server } of running) await server.stop();
    await generator.stop();
  }
}

type Running = { readonly contestant: Contestant; readonly server: Worker; readonly rounds: Round[] };

/** Has a server prepare, and loads it. */
export async function oneRound(server: Worker, generator: Worker, seconds: number): Promise<Round> {
  const prepared = await server.ask<Prepared>("prepare", CONNECTIONS);
  return load(prepared, server, generator, seconds);
}

async function load(prepared: Prepared, server: Worker, generator: Worker, seconds: number): Promise<Round> {
  const before = await server.ask<number>("cpuMicroseconds");
  const work: Load = { ...prepared, seconds };
  const result = await generator.ask<LoadResult>("run", work);
  const spent = (await server.ask<number>("cpuMicroseconds")) - before;
  await server.ask("rest");
  return {
    requestsPerSecond: result.answered / result.seconds,
    serverMicroseconds: spent / result.answered,
    p99Milliseconds: result.p99Milliseconds,
    busy: result.busy,
  };
}

/** One more round, under the profiler, that counts for nothing else. */
async function profileOf(server: Worker, generator: Worker, settings: BenchSettings): Promise<string> {
  const file = join(settings.directory, "bench.cpuprofile");
  const prepared = await server.ask<Prepared>("prepare", CONNECTIONS);
  await server.ask("startProfile");
  await load(prepared, server, generator, settings.seconds);
  await server.ask("stopProfile", file);
  return summarizeProfile(file);
}

/** The median of how much more `a` did than `b` in the round beside it. */
export function throughputRatio(a: Measurement, b: Measurement): number {
  return medianOfPairs(a, b, (mine, other) => mine.requestsPerSecond / other.requestsPerSecond);
}

/** The same by the time that the server's core worked: what waits (for the disk, for other programs) does not count. */
export function cpuRatio(a: Measurement, b: Measurement): number {
  return medianOfPairs(a, b, (mine, other) => other.serverMicroseconds / mine.serverMicroseconds);
}

/** How much longer the slowest hundredth of `a` took than that of `b` in the round beside it. */
export function p99Ratio(a: Measurement, b: Measurement): number {
  return medianOfPairs(a, b, (mine, other) => mine.p99Milliseconds / other.p99Milliseconds);
}

/** The quarter of rounds in which `a` did least, held against the round of `b` beside it: for two of one kind, what chance does. */
export function lowThroughputRatio(a: Measurement, b: Measurement): number {
  const ratios = pairs(a, b, (mine, other) => mine.requestsPerSecond / other.requestsPerSecond);
  return ratios.toSorted((one, other) => one - other)[Math.floor(ratios.length / 4)] ?? Number.NaN;
}

function medianOfPairs(a: Measurement, b: Measurement, of: (mine: Round, other: Round) => number): number {
  return median(pairs(a, b, of));
}

function pairs(a: Measurement, b: Measurement, of: (mine: Round, other: Round) => number): readonly number[] {
  return a.rounds.flatMap((mine, i) => {
    const other = b.rounds[i];
    return other ? [of(mine, other)] : [];
  });
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle)] ?? Number.NaN)) / 2;
}
