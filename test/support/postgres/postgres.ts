import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../listening.ts";
import { type Cluster, makeCluster } from "./cluster.ts";
import { databasesOf, TEST_PASSWORD, type TestDatabases, urlOf } from "./databases.ts";

/** A Postgres that a test has for itself, on a free port: one that it stops, hangs or configures. */
export type TestPostgres = TestDatabases & {
  /** Goes away and cuts every connection; `immediate` as if its power went. What was committed stays. */
  goDown(how?: "fast" | "immediate"): Promise<void>;
  /** Is there again, under the same URLs. */
  comeBack(): Promise<void>;
  /** Both, one after the other. */
  restart(): Promise<void>;
  /** Takes connections and statements, and answers nothing, until it goes on. */
  hang(): void;
  goOn(): void;
  /** Ends it for good and deletes its files. */
  stop(): Promise<void>;
};

/** What tests do without: they take no power away, and their tables are small. */
export type PostgresSettings = { readonly durable?: boolean; readonly flags?: readonly string[] };

/** Starts a cluster in a second or so. In `beforeAll`; `stop()` it in `afterAll`. */
export async function startPostgres(settings: PostgresSettings = {}): Promise<TestPostgres> {
  const cluster = makeCluster(TEST_PASSWORD);
  const flags = flagsOf(settings);
  const port = await freePort();
  try {
    await cluster.start(port, flags);
  } catch (error) {
    cluster.remove();
    throw error;
  }
  let isUp = true;
  const goDown = async (how: "fast" | "immediate" = "fast") => {
    if (!isUp) return;
    isUp = false;
    if (how === "immediate") {
      process.kill(postmasterOf(cluster), "SIGQUIT");
      await cluster.ended();
    } else await cluster.stop();
  };
  const comeBack = async () => {
    if (isUp) return;
    await cluster.start(port, flags);
    isUp = true;
  };
  return {
    ...databasesOf(urlOf(port)),
    goDown,
    comeBack,
    async restart() {
      await goDown();
      await comeBack();
    },
    hang: () => signalAll(cluster, "SIGSTOP"),
    goOn: () => signalAll(cluster, "SIGCONT"),
    async stop() {
      await goDown();
      cluster.remove();
    },
  };
}

/** The first line of its lock file. */
function postmasterOf({ directory }: Cluster): number {
  return Number.parseInt(readFileSync(join(directory, "data", "postmaster.pid"), "utf8"), 10);
}

/** Postgres and its process for each connection. */
function signalAll(cluster: Cluster, signal: NodeJS.Signals): void {
  const postmaster = postmasterOf(cluster);
  process.kill(postmaster, signal);
  const { error } = spawnSync("pkill", ["--signal", signal, "--parent", String(postmaster)]);
  if (error) throw error;
}

function flagsOf({ durable = false, flags = [] }: PostgresSettings): readonly string[] {
  const all = ["listen_addresses=127.0.0.1", `fsync=${durable ? "on" : "off"}`, ...flags];
  return all.flatMap((flag) => ["-c", flag]);
}
