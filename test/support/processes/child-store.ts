import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Store } from "../../../src/store/store.ts";
import { HERE } from "./here.ts";

export type StoreCall = {
  readonly id: number;
  readonly verb: keyof Store;
  readonly args: readonly unknown[];
};
/** `id` 0 is the process itself: it is there, and then it has opened the store. */
export type StoreAnswer = { readonly id: number; readonly result?: unknown; readonly error?: string };

/** The store of another process. */
export type ChildStore = {
  /** Opens the store; rejects with what opening it said. */
  open(): Promise<void>;
  /** Calls a verb over there. */
  call<Verb extends keyof Store>(
    verb: Verb,
    ...args: Parameters<Store[Verb]>
  ): Promise<Awaited<ReturnType<Store[Verb]>>>;
  /** Closes the store and ends the process. */
  end(): Promise<void>;
  /** Ends the process with SIGKILL: it gets to do nothing more. */
  kill(): Promise<void>;
};

/** Starts a process that is ready to open the store of this database. */
export async function startChildStore(database: string): Promise<ChildStore> {
  const child = spawn(process.execPath, [join(import.meta.dirname, "store-process.ts"), database], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, ...HERE },
  });
  // A killed process does not read what it is still sent.
  child.stdin.on("error", () => {});
  const exit = once(child, "exit");
  const waiting = new Map<number, (answer: StoreAnswer) => void>();
  let lastId = 0;
  createInterface({ input: child.stdout }).on("line", (line) => {
    const answer: StoreAnswer = JSON.parse(line);
    const settle = waiting.get(answer.id);
    waiting.delete(answer.id);
    settle?.(answer);
  });
  const answerTo = (id: number): Promise<unknown> =>
    new Promise((resolve, reject) => {
      waiting.set(id, ({ result, error }) => (error ? reject(new Error(error)) : resolve(result)));
    });
  await answerTo(0);
  return {
    async open() {
      const opened = answerTo(0);
      child.stdin.write("open\n");
      await opened;
    },
    call<Verb extends keyof Store>(verb: Verb, ...args: Parameters<Store[Verb]>) {
      lastId += 1;
      const call: StoreCall = { id: lastId, verb, args };
      child.stdin.write(`${JSON.stringify(call)}\n`);
      return answerTo(lastId) as Promise<Awaited<ReturnType<Store[Verb]>>>;
    },
    async end() {
      child.stdin.end();
      await exit;
    },
    async kill() {
      child.kill("SIGKILL");
      await exit;
    },
  };
}
