import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { get } from "node:http";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { type BenchSettings, median } from "../comparison.ts";
import { CHECKOUT, pinned, SERVER_CORE } from "../processes.ts";
import type { Row, Scenario } from "../report.ts";

const PORT = 9471;
const PATIENCE_MS = 20_000;

/** A server that does nothing: what Node itself takes. */
const EMPTY = [
  "--eval",
  `require("node:http").createServer((_, response) => response.end()).listen(${PORT}, "127.0.0.1")`,
];

/** The built command, on a database that is there already, beside a process that has nothing to load. */
export const start: Scenario<BenchSettings> = {
  name: "start",
  title: "gatehouse demo, built, with an existing database: until the first 200 on /health and on /ready",
  async run({ directory, rounds }) {
    execFileSync("npm", ["run", "-s", "build"], { cwd: CHECKOUT, stdio: ["ignore", "inherit", "inherit"] });
    const demo = [join(CHECKOUT, "dist/cli/main.js"), "demo"];
    const command = [...demo, "--port", String(PORT), "--database", join(directory, "start.db")];
    // The first one makes the database.
    await oneStart(command);
    const starts: Start[] = [];
    const empty: Start[] = [];
    for (let i = 0; i < rounds; i += 1) {
      starts.push(await oneStart(command));
      empty.push(await oneStart(EMPTY));
    }
    const healthy = median(starts.map(({ healthyMs }) => healthyMs));
    const nothing = median(empty.map(({ healthyMs }) => healthyMs));
    const megabytes = median(starts.map(({ residentMegabytes }) => residentMegabytes));
    return {
      rows: [rowOf("gatehouse demo", starts), rowOf("a server that does nothing", empty)],
      figures: [
        // Half of what it was when this was set.
        { what: "start, to a server that does nothing", value: healthy / nothing, unit: "×", atMost: 3.75 },
        { what: "resident memory once it is ready", value: megabytes, unit: "MB", atMost: 90 },
      ],
    };
  },
};

/** Since the process was started, and what it had in memory at the end. */
type Start = { readonly healthyMs: number; readonly readyMs: number; readonly residentMegabytes: number };

function rowOf(name: string, starts: readonly Start[]): Row {
  const healthy = starts.map(({ healthyMs }) => healthyMs);
  return {
    name,
    values: [
      `healthy after ${ms(Math.min(...healthy))} to ${ms(Math.max(...healthy))}`,
      `ready after ${ms(median(starts.map(({ readyMs }) => readyMs)))}`,
      `${Math.round(median(starts.map(({ residentMegabytes }) => residentMegabytes)))} MB`,
    ],
  };
}

async function oneStart(parameters: readonly string[]): Promise<Start> {
  const [file = "", ...rest] = pinned([process.execPath, ...parameters], SERVER_CORE);
  const startedAt = performance.now();
  const child = spawn(file, rest, { stdio: ["ignore", "ignore", "inherit"], cwd: CHECKOUT });
  const firstAnswer = async (path: string): Promise<number> => {
    while (!(await isOk(path))) {
      if (child.exitCode !== null) throw new Error(`the process exited with ${child.exitCode}`);
      if (performance.now() - startedAt > PATIENCE_MS) throw new Error("the process does not answer");
      await setTimeout(1);
    }
    return performance.now() - startedAt;
  };
  try {
    const healthyMs = await firstAnswer("/health");
    const readyMs = await firstAnswer("/ready");
    return { healthyMs, readyMs, residentMegabytes: residentMegabytes(child.pid ?? 0) };
  } finally {
    if (child.exitCode === null) {
      const gone = once(child, "exit");
      child.kill("SIGTERM");
      await gone;
    }
  }
}

function isOk(path: string): Promise<boolean> {
  return new Promise((answer) => {
    const request = get({ host: "127.0.0.1", port: PORT, path, agent: false }, (response) => {
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
