import { Worker } from "node:worker_threads";
import type { BcryptAnswer, BcryptQuestion } from "./bcrypt-worker.ts";

/** Whether a password is that of a bcrypt hash, found out in a thread of its own. */
export function verifyBcrypt(password: string, hash: string): Promise<boolean> {
  thread ??= startThread();
  return thread.ask(password, hash);
}

type Thread = { ask(password: string, hash: string): Promise<boolean> };

/** Started at the first bcrypt hash: most servers have none. */
let thread: Thread | undefined;

function startThread(): Thread {
  // The sources run as they are; the package has the same file as JavaScript.
  const file = import.meta.url.endsWith(".ts") ? "./bcrypt-worker.ts" : "./bcrypt-worker.js";
  const worker = new Worker(new URL(file, import.meta.url));
  const waiting = new Map<number, PromiseWithResolvers<boolean>>();
  let last = 0;
  worker.unref();
  worker.on("message", ({ id, isRight }: BcryptAnswer) => {
    waiting.get(id)?.resolve(isRight);
    waiting.delete(id);
    if (waiting.size === 0) worker.unref();
  });
  worker.on("error", (cause) => {
    thread = undefined;
    for (const { reject } of waiting.values()) reject(cause);
  });
  return {
    ask(password, hash) {
      last += 1;
      const answer = Promise.withResolvers<boolean>();
      waiting.set(last, answer);
      worker.ref();
      worker.postMessage({ id: last, password, hash } satisfies BcryptQuestion);
      return answer.promise;
    },
  };
}
