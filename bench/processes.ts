import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Answer, Question } from "./worker.ts";

/** All of this runs as JavaScript from `.scratch/built/bench/`: else Node's stripping of types would be in what is measured. */
export const CHECKOUT = resolve(import.meta.dirname, "../../..");

/** The core that serves, and the one that loads it. Where there is no `taskset`, the system places them. */
export const SERVER_CORE = 0;
export const LOAD_CORE = 1;

const CAN_PIN = spawnSync("taskset", ["-c", `${SERVER_CORE},${LOAD_CORE}`, "true"]).status === 0;
export const PLACEMENT = CAN_PIN
  ? "the server has one core, the load generator another"
  : "there is no taskset here: the system places the processes";

/** A child process that answers questions (`worker.ts` is its side). */
export type Worker = {
  ask<Value>(name: string, details?: unknown): Promise<Value>;
  stop(): Promise<void>;
};

export type WorkerOptions = {
  /** The module that the process runs, from this folder. */
  readonly module: string;
  readonly core: number;
  /** Of Node, for this process. */
  readonly flags?: readonly string[];
  /** A folder of `without/`: the process runs with the plain forms in it. */
  readonly without?: string | undefined;
  /** What the module's `readOptions()` returns. */
  readonly options?: unknown;
  /** Where standard output goes: a server's log is written to a file, as it would be. */
  readonly output: string;
};

/** Starts a process on a core of its own, and resolves once it answers. */
export async function startWorker({
  module,
  core,
  flags = [],
  without,
  options,
  output,
}: WorkerOptions): Promise<Worker> {
  const plain = without === undefined ? [] : ["--import", plainForms(without)];
  const script = join(import.meta.dirname, module.replace(/\.ts$/, ".js"));
  const command = [process.execPath, ...plain, ...flags, script, JSON.stringify(options ?? {})];
  const [program = "", ...parameters] = pinned(command, core);
  const log = openSync(output, "a");
  const child = spawn(program, parameters, { stdio: ["ignore", log, "inherit", "ipc"] });
  closeSync(log);
  const ask = asker(child, module);
  await ask.ready;
  return {
    ask: ask.ask,
    async stop() {
      const gone = once(child, "exit");
      child.disconnect();
      await gone;
    },
  };
}

function plainForms(without: string): string {
  const hook = pathToFileURL(join(import.meta.dirname, "without/replace.js"));
  hook.search = without;
  return hook.href;
}

/** The same command, kept on one core where that can be done. */
export function pinned(command: readonly string[], core: number): readonly string[] {
  return CAN_PIN ? ["taskset", "-c", String(core), ...command] : command;
}

function asker(child: ChildProcess, module: string) {
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  const ready = Promise.withResolvers<unknown>();
  waiting.set(0, ready);
  let last = 0;
  child.on("message", ({ id, value, error }: Answer) => {
    const question = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) question?.resolve(value);
    else question?.reject(new Error(`${module}: ${error}`));
  });
  child.on("exit", (code) => {
    for (const { reject } of waiting.values()) reject(new Error(`${module} exited with ${code}`));
  });
  return {
    ready: ready.promise,
    ask<Value>(name: string, details?: unknown): Promise<Value> {
      last += 1;
      const question: Question = { id: last, name, details };
      const answer = Promise.withResolvers<unknown>();
      waiting.set(last, answer);
      child.send(question);
      return answer.promise as Promise<Value>;
    },
  };
}
