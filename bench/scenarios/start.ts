import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { get } from "node:http";
import { join, resolve } from "node:path";
import { setTimeout } from "node:timers/promises";
import { type BenchSettings, median } from "../comparison.ts";
import { pinned, SERVER_CORE } from "../processes.ts";
import type { Scenario } from "../report.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const STARTS = 15;
const PORT = 9471;
const PATIENCE_MS = 20_000;

/** The built command, from its start to the first 200 on `/health`, on a database that is there already. */
export const start: Scenario<BenchSettings> = {
  name: "start",
  title: "gatehouse demo, built, with an existing database: until the first 200 on /health",
  async run({ directory }) {
    execFileSync("npm", ["run", "-s", "build"], { cwd: ROOT, stdio: ["ignore", "inherit", "inherit"] });
    const database = join(directory, "start.db");
    // The first one makes the database.
    await oneStart(database);
    const starts: Start[] = [];
    for (let i = 0; i < STARTS; i += 1) starts.push(await oneStart(database));
    const milliseconds = starts.map((one) => one.milliseconds);
    const megabytes = starts.map((one) => one.residentMegabytes);
    return {
      rows: [
        {
          name: "start, fastest and slowest",
          values: [Math.min(...milliseconds), Math.max(...milliseconds)].map(ms),
        },
      ],
      figures: [
        { what: `start, median of ${STARTS}`, value: median(milliseconds), unit: "ms", atMost: 400 },
        { what: "resident memory after it", value: median(megabytes), unit: "MB", atMost: 100 },
      ],
    };
  },
};

type Start = { readonly milliseconds: number; readonly residentMegabytes: number };

async function oneStart(database: string): Promise<Start> {
  const command = pinned(
    [
      process.execPath,
      join(ROOT, "dist/cli/main.js"),
      "demo",
      "--port",
      String(PORT),
      "--database",
      database,
    ],
    SERVER_CORE,
  );
  const [file = "", ...parameters] = command;
  const startedAt = performance.now();
  const child = spawn(file, parameters, { stdio: ["ignore", "ignore", "inherit"], cwd: ROOT });
  try {
    while (!(await isHealthy())) {
      if (child.exitCode !== null) throw new Error(`the command exited with ${child.exitCode}`);
      if (performance.now() - startedAt > PATIENCE_MS) throw new Error("the command does not answer");
      await setTimeout(1);
    }
    const milliseconds = performance.now() - startedAt;
    return { milliseconds, residentMegabytes: residentMegabytes(child.pid ?? 0) };
  } finally {
    if (child.exitCode === null) {
      const gone = once(child, "exit");
      child.kill("SIGTERM");
      await gone;
    }
  }
}

function isHealthy(): Promise<boolean> {
  return new Promise((answer) => {
    const request = get({ host: "127.0.0.1", port: PORT, path: "/health", agent: false }, (response) => {
      response.resume();
      answer(response.statusCode === 200);
    });
    request.on("error", () => answer(false));
  });
}

function residentMegabytes(pid: number): number {
  if (process.platform === "linux") {
    const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return Number(kibibytes) / 1024;
  }
  return Number(spawnSync("ps", ["-o", "rss=", "-p", String(pid)], { encoding: "utf8" }).stdout) / 1024;
}

function ms(value: number): string {
  return `${Math.round(value)} ms`;
}
