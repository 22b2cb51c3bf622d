import { type ChildProcess, spawn } from "node:child_process";
import { resolve } from "node:path";
import { CHECKOUT } from "../checkout.ts";
import { freePort } from "../listening.ts";
import { HERE } from "./here.ts";

export type Program = {
  /** Where it listens: "http://localhost:49152". */
  readonly origin: string;
  /** For the drivers of test/support, which speak to https://mcp.example. */
  fetch(request: Request): Promise<Response>;
  /** What it has written to standard output and standard error so far. */
  output(): string;
  stop(): Promise<void>;
};

/**
 * Starts a program of this checkout and waits until `/health` answers.
 * @param file below the root of the project
 * @param options.environment beside GATEHOUSE_PORT and PORT, which name a free port
 */
export async function startProgram(file: string, options: RunOptions): Promise<Program> {
  const port = String(await freePort());
  const child = runNode(file, {
    ...options,
    environment: { ...options.environment, PORT: port, GATEHOUSE_PORT: port },
  });
  const output = collect(child);
  const origin = `http://localhost:${port}`;
  while (!(await isUp(origin))) {
    if (child.exitCode !== null) throw new Error(`${file} ended with ${child.exitCode}: ${output()}`);
    await new Promise((again) => setTimeout(again, 50));
  }
  return {
    origin,
    fetch: async (request) => {
      const url = request.url.replace("https://mcp.example", origin);
      const body = request.method === "GET" ? null : await request.text();
      return fetch(url, { method: request.method, headers: request.headers, body, redirect: "manual" });
    },
    output,
    stop: () => stop(child),
  };
}

/** Runs a program of this checkout to its end. */
export async function runProgram(
  file: string,
  options: RunOptions,
): Promise<{ readonly exitCode: number | null; readonly output: string }> {
  const child = runNode(file, options);
  const output = collect(child);
  await new Promise((closed) => child.once("close", closed));
  return { exitCode: child.exitCode, output: output() };
}

type RunOptions = {
  readonly cwd: string;
  readonly args?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
};

function runNode(file: string, { cwd, args = [], environment = {} }: RunOptions): ChildProcess {
  return spawn(process.execPath, ["--conditions=gatehouse-source", resolve(CHECKOUT, file), ...args], {
    cwd,
    env: { ...HERE, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

function collect(child: ChildProcess): () => string {
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
    });
  }
  return () => text;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = new Promise((done) => child.once("close", done));
  child.kill("SIGTERM");
  await closed;
}

async function isUp(origin: string): Promise<boolean> {
  try {
    return (await fetch(`${origin}/health`)).ok;
  } catch {
    return false;
  }
}
