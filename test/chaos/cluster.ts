import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { openSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { createKeyring, type Keyring } from "../../src/platform/secrets/keyring.ts";
import { startPostgres, type TestPostgres } from "../support/postgres/postgres.ts";
import { HERE } from "../support/processes/here.ts";
import { openTestStore, type TestStore } from "../support/store/test-store.ts";
import type { InstanceOptions, SetClock } from "./instance.ts";

/** Some instances of one server, each a process of its own, and their Postgres. */
export type Cluster = {
  readonly postgres: TestPostgres;
  readonly database: string;
  /** The same database and the same secret, as a command has them. */
  readonly command: { readonly store: TestStore; readonly keyring: Keyring };
  /** @throws TypeError where the instance is not there, or goes away before it has answered. */
  fetch(instance: number, request: Request): Promise<Response>;
  /** Resolves once its process has ended. */
  end(instance: number, signal: "SIGKILL" | "SIGTERM"): Promise<void>;
  /** Starts an instance again where it was, however often that takes: its database may be away. */
  start(instance: number): Promise<void>;
  /** Sets the clock of the machine of an instance, while that runs: waits for one that is just starting. */
  setClock(instance: number, aheadSeconds: number): Promise<void>;
  stop(): Promise<void>;
};

export type ClusterOptions = Pick<InstanceOptions, "graceSeconds" | "service"> & {
  /** How wrong the clock of each instance is at first. There are as many instances. */
  readonly clocksAheadSeconds: readonly number[];
  /** Where the logs of the instances go. */
  readonly directory: string;
};

const SECRET = "a-secret-for-chaos-with-32-characters";
const PAUSE_MS = 100;
/** Longer than any fault lasts. */
const STARTING_MS = 30_000;

export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const { graceSeconds, service, directory } = options;
  // As it was when an instance ended, so it is when that starts again.
  const clocksAheadSeconds = [...options.clocksAheadSeconds];
  const postgres = await startPostgres();
  const database = await postgres.freshDatabase();
  const processes: ChildProcess[] = [];
  const ports: number[] = [];
  const listening = new Set<ChildProcess>();
  let stopping = false;

  /** False where it ended before it was ready. */
  const startOnce = async (instance: number): Promise<boolean> => {
    const child = spawnInstance(
      {
        database,
        secret: SECRET,
        port: ports[instance] ?? 0,
        graceSeconds,
        service,
        clockAheadSeconds: clocksAheadSeconds[instance] ?? 0,
      },
      join(directory, `instance-${instance}.log`),
    );
    processes[instance] = child;
    child.once("exit", () => listening.delete(child));
    const port = await new Promise<number | undefined>((resolve) => {
      child.once("message", (message: { readonly port: number }) => resolve(message.port));
      child.once("exit", () => resolve(undefined));
    });
    if (port === undefined) return false;
    ports[instance] = port;
    listening.add(child);
    return true;
  };

  const start = async (instance: number): Promise<void> => {
    const deadline = performance.now() + STARTING_MS;
    while (!stopping && !(await startOnce(instance))) {
      if (performance.now() > deadline)
        throw new Error(`instance ${instance} does not start: see ${directory}`);
      await setTimeout(PAUSE_MS);
    }
  };

  const end: Cluster["end"] = async (instance, signal) => {
    const child = processes[instance];
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, "exit");
    child.kill(signal);
    await exit;
  };

  const setClock: Cluster["setClock"] = async (instance, aheadSeconds) => {
    while (!stopping) {
      const child = processes[instance];
      if (child && listening.has(child)) {
        clocksAheadSeconds[instance] = aheadSeconds;
        const message: SetClock = { clockAheadSeconds: aheadSeconds };
        // It may be ending at this moment: then it is told when it starts again.
        return new Promise((resolve) => child.send(message, () => resolve()));
      }
      await setTimeout(PAUSE_MS);
    }
  };

  await Promise.all(clocksAheadSeconds.map((_, instance) => start(instance)));
  const store = await openTestStore({ database });
  return {
    postgres,
    database,
    command: { store, keyring: createKeyring([SECRET]) },
    end,
    start,
    setClock,
    async fetch(instance, request) {
      const { pathname, search } = new URL(request.url);
      const body = await request.text();
      return fetch(`http://localhost:${ports[instance]}${pathname}${search}`, {
        method: request.method,
        headers: request.headers,
        body: body === "" ? null : body,
        redirect: "manual",
        signal: request.signal,
      });
    },
    async stop() {
      stopping = true;
      await store.close();
      await Promise.all(processes.map((_, instance) => end(instance, "SIGKILL")));
      await postgres.stop();
    },
  };
}

function spawnInstance(options: InstanceOptions, log: string): ChildProcess {
  const output = openSync(log, "a");
  return spawn(process.execPath, [join(import.meta.dirname, "instance.ts"), JSON.stringify(options)], {
    stdio: ["ignore", output, output, "ipc"],
    // Nothing of this machine's: not its .env file, nor its variables.
    cwd: import.meta.dirname,
    env: HERE,
  });
}
