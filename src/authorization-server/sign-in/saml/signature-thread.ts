import { Worker } from "node:worker_threads";
import { OAuthError } from "../../../core/errors.ts";
import type { SignatureAnswer, SignatureQuestion } from "./signature-worker.ts";

/**
 * The assertion of a response, as its signature covers it, found out in a thread of its own.
 * @throws OAuthError `temporarily_unavailable` where too many wait, or this one takes too long
 */
export function verifySignature(
  question: Omit<SignatureQuestion, "id">,
): Promise<Omit<SignatureAnswer, "id">> {
  thread ??= startThread();
  return thread.ask(question);
}

type Thread = { ask(question: Omit<SignatureQuestion, "id">): Promise<SignatureAnswer> };

/** Together they take less than one may wait. */
const MOST_WAITING = 16;
const LONGEST_MS = 5000;
const RETRY_SECONDS = 5;

/** Started at the first response. */
let thread: Thread | undefined;

function startThread(): Thread {
  // The sources run as they are; the package has the same file as JavaScript.
  const file = import.meta.url.endsWith(".ts") ? "./signature-worker.ts" : "./signature-worker.js";
  const worker = new Worker(new URL(file, import.meta.url));
  const waiting = new Map<number, PromiseWithResolvers<SignatureAnswer>>();
  let last = 0;
  /** Another thread takes over: what is asked of this one gets no answer. */
  const giveUp = (cause: unknown): void => {
    if (thread === own) thread = undefined;
    for (const { reject } of waiting.values()) reject(cause);
    waiting.clear();
    void worker.terminate();
  };
  worker.unref();
  worker.on("message", (answer: SignatureAnswer) => {
    waiting.get(answer.id)?.resolve(answer);
    waiting.delete(answer.id);
    if (waiting.size === 0) worker.unref();
  });
  worker.on("error", giveUp);
  const own: Thread = {
    async ask(question) {
      if (waiting.size >= MOST_WAITING) throw tooMany(`${waiting.size} SAML responses are waiting`);
      last += 1;
      const answer = Promise.withResolvers<SignatureAnswer>();
      waiting.set(last, answer);
      worker.ref();
      worker.postMessage({ id: last, ...question } satisfies SignatureQuestion);
      const tooLong = tooMany(`a SAML response took more than ${LONGEST_MS} ms to check`);
      const timer = setTimeout(() => giveUp(tooLong), LONGEST_MS);
      try {
        return await answer.promise;
      } finally {
        clearTimeout(timer);
      }
    },
  };
  return own;
}

function tooMany(detail: string): OAuthError {
  return new OAuthError(
    "temporarily_unavailable",
    "Too many people are signing in at the moment. Try again in a few seconds.",
    { detail, retryAfterSeconds: RETRY_SECONDS },
  );
}
