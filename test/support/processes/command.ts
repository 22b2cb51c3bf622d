import { type ChildProcess, fork, type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { afterAll } from "vitest";
import { CHECKOUT } from "../checkout.ts";
import type { HostedCommand } from "./command-host.ts";
import { HERE } from "./here.ts";
import { installed } from "./installed.ts";

const MAIN = join(CHECKOUT, "src/cli/main.ts");
const HOST = join(import.meta.dirname, "command-host.ts");

export type Environment = Readonly<Record<string, string>>;

export type Outcome = {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
};

/** A process whose output is kept. */
export type Spawned = {
  readonly child: ChildProcess;
  stdout(): string;
  stderr(): string;
  readonly ended: Promise<Outcome>;
};

const cleanups: (() => Promise<unknown>)[] = [];

// Not at the end of each test: concurrent ones cannot be told apart here.
afterAll(async () => {
  for (const cleanUp of cleanups.reverse()) await cleanUp();
});

/** A directory that goes with the test file. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "gatehouse-cli-"));
  cleanups.push(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

type Surroundings = { readonly cwd?: string; readonly env?: Environment };

/**
 * The command, run to its end, in a directory of its own and without this process's environment: by a process that runs
 * all of this file's commands, since most of what one takes is to start Node and to load it. What only a process has
 * (its end, signals, standard input) is for {@link gatehouseProcess}.
 */
export async function gatehouse(
  parameters: readonly string[],
  { cwd, env = {} }: Surroundings = {},
): Promise<Outcome> {
  const command: HostedCommand = {
    parameters,
    cwd: cwd ?? (await temporaryFolder()),
    env: { ...HERE, ...env },
  };
  const outcome = hosted.then(() => onHost(command));
  hosted = outcome.catch(() => {});
  return outcome;
}

let host: ChildProcess | undefined;
let hosted: Promise<unknown> = Promise.resolve();

function onHost(command: HostedCommand): Promise<Outcome> {
  const running = host ?? startHost();
  return new Promise((resolve, reject) => {
    const ended = () => reject(new Error(`the commands' process ended in ${command.parameters.join(" ")}`));
    running.once("exit", ended);
    running.once("message", (outcome: Outcome) => {
      running.off("exit", ended);
      resolve(outcome);
    });
    running.send(command);
  });
}

function startHost(): ChildProcess {
  const started = fork(HOST, { env: HERE, stdio: ["ignore", "inherit", "inherit", "ipc"] });
  host = started;
  const ended = once(started, "exit");
  cleanups.push(() => {
    started.kill("SIGKILL");
    return ended;
  });
  return started;
}

/** The command as a process of its own. @param input on its standard input */
export async function gatehouseProcess(
  parameters: readonly string[],
  { cwd, env = {}, input }: Surroundings & { readonly input?: string | Uint8Array } = {},
): Promise<Outcome> {
  const options = { cwd: cwd ?? (await temporaryFolder()), env, input };
  return start(process.execPath, [MAIN, ...parameters], options).ended;
}

const SCRIPT = process.platform === "linux" ? installed("script") : undefined;
/** Whether {@link gatehouseOnTerminal} can be used here. */
export const HAS_TERMINALS = SCRIPT !== undefined;

/**
 * The command on a terminal, where someone types each answer once its question is there.
 * @returns what was on the screen as `stdout`
 */
export async function gatehouseOnTerminal(
  parameters: readonly string[],
  typed: readonly (readonly [question: string, answer: string])[],
  { cwd, env = {} }: Surroundings = {},
): Promise<Outcome> {
  const command = [process.execPath, MAIN, ...parameters].map((part) => `'${part.replaceAll("'", "'\\''")}'`);
  const options = {
    cwd: cwd ?? (await temporaryFolder()),
    env: { ...env, SHELL: "/bin/sh" },
    input: "typed",
  };
  const parts = ["--quiet", "--return", "--command", command.join(" "), "/dev/null"];
  const { child, stdout, ended } = start(SCRIPT ?? "script", parts, options);
  let [answered, read] = [0, 0];
  child.stdout?.on("data", () => {
    const [question, answer] = typed[answered] ?? [];
    const at = question === undefined ? -1 : stdout().indexOf(question, read);
    if (question === undefined || at < 0) return;
    answered += 1;
    read = at + question.length;
    child.stdin?.write(answer ?? "");
  });
  return ended;
}

export type Demo = Spawned & {
  /** The MCP URL that it printed. */
  readonly url: string;
  readonly origin: string;
  readonly cwd: string;
  /** Sends the signal and waits for the end. */
  stop(signal?: NodeJS.Signals): Promise<Outcome>;
};

export type DemoOptions = {
  readonly cwd?: string;
  readonly env?: Environment;
  /** Where the port is said elsewhere. */
  readonly port?: number | "elsewhere";
};

/** The demonstration on a free port, with its database in a directory of its own, once it answers. */
export async function startDemo(
  parameters: readonly string[] = [],
  { cwd, env = {}, port = 0 }: DemoOptions = {},
): Promise<Demo> {
  const folder = cwd ?? (await temporaryFolder());
  const at = port === "elsewhere" ? [] : ["--port", String(port)];
  return running(start(process.execPath, [MAIN, "demo", ...at, ...parameters], { cwd: folder, env }), folder);
}

/** Waits for the lines that say where it is. */
export async function running(spawned: Spawned, cwd: string): Promise<Demo> {
  const url = await printedUrl(spawned);
  return {
    ...spawned,
    url,
    origin: new URL(url).origin,
    cwd,
    stop(signal = "SIGTERM") {
      spawned.child.kill(signal);
      return spawned.ended;
    },
  };
}

/** @param input on standard input, which is empty without it; `typed` where it comes later */
export function start(
  command: string,
  parameters: readonly string[],
  { input, ...options }: SpawnOptions & { readonly input?: string | Uint8Array | undefined },
): Spawned {
  const env = { ...HERE, ...options.env };
  const stdin = input === undefined ? "ignore" : "pipe";
  const child = spawn(command, parameters, { ...options, env, stdio: [stdin, "pipe", "pipe"] });
  // A command may end without reading it.
  child.stdin?.on("error", () => {});
  if (input !== "typed") child.stdin?.end(input);
  let [stdout, stderr] = ["", ""];
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const ended = new Promise<Outcome>((done, fail) => {
    child.on("error", fail);
    child.on("close", (exitCode, signal) => done({ exitCode, signal, stdout, stderr }));
  });
  cleanups.push(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
    await ended;
  });
  return { child, stdout: () => stdout, stderr: () => stderr, ended };
}

async function printedUrl({ child, stdout, ended }: Spawned): Promise<string> {
  const seen = () => /MCP URL\s+(\S+)/.exec(stripVTControlCharacters(stdout()))?.[1];
  const printed = new Promise<string>((done) => {
    child.stdout?.on("data", () => {
      const url = seen();
      // The empty line after them is the last that is printed: whoever closes the pipe sooner ends the server by it.
      if (url !== undefined && /Ctrl\+C.*\n\n/s.test(stripVTControlCharacters(stdout()))) done(url);
    });
  });
  const early = ended.then(({ exitCode, stderr }): string => {
    throw new Error(`the demonstration ended with ${exitCode}: ${stderr}`);
  });
  return Promise.race([printed, early]);
}
