import { Worker } from "node:worker_threads";
import type { OAuthError } from "../../../core/errors.ts";
import { PageError } from "../../../pages/page-error.ts";
import type { SignatureAnswer, SignatureQuestion } from "./signature-worker.ts";

export type { SignatureAnswer, SignatureQuestion };

/**
 * The assertion of a response, as its signature covers it, found out in a thread of its own, one after the other.
 * @param network whose places it takes; undefined where everyone may come from it
 * @throws OAuthError `temporarily_unavailable` where too many wait, or this one takes too long
 */
export function verifySignature(
  question: SignatureQuestion,
  network: string | undefined,
): Promise<SignatureAnswer> {
  const ofNetwork = waiting.filter((check) => check.network === network).length;
  if (waiting.length >= MOST_WAITING) throw tooMany(`${waiting.length} SAML responses are waiting`);
  if (network !== undefined && ofNetwork >= MOST_OF_A_NETWORK) {
    throw tooMany(`${ofNetwork} SAML responses of one network are waiting`);
  }
  const { promise, resolve, reject } = Promise.withResolvers<SignatureAnswer>();
  waiting.push({ question, network, resolve, reject });
  if (waiting.length === 1) begin();
  return promise;
}

type Check = Pick<PromiseWithResolvers<SignatureAnswer>, "resolve" | "reject"> & {
  readonly question: SignatureQuestion;
  readonly network: string | undefined;
};

const MOST_WAITING = 16;
const MOST_OF_A_NETWORK = 3;
/** Of one check, without the time that it waits. */
const LONGEST_MS = 5000;
const RETRY_SECONDS = 5;

/** The first one is being checked. */
const waiting: Check[] = [];
/** Started at the first response. */
let thread: Worker | undefined;

function begin(): void {
  const [check] = waiting;
  if (!check) {
    thread?.unref();
    return;
  }
  thread ??= startThread();
  const worker = thread;
  const next = (settle: () => void): void => {
    clearTimeout(timer);
    worker.off("message", answered);
    worker.off("error", failed);
    waiting.shift();
    settle();
    begin();
  };
  const answered = (answer: SignatureAnswer) => next(() => check.resolve(answer));
  /** Another thread takes over for those that wait. */
  const failed = (cause: unknown): void => {
    thread = undefined;
    void worker.terminate();
    next(() => check.reject(cause));
  };
  const timer = setTimeout(
    () => failed(tooMany(`a SAML response took more than ${LONGEST_MS} ms to check`)),
    LONGEST_MS,
  );
  worker.ref();
  worker.once("message", answered);
  worker.once("error", failed);
  worker.postMessage(check.question);
}

function startThread(): Worker {
  // The sources run as they are; the package has the same file as JavaScript.
  const file = import.meta.url.endsWith(".ts") ? "./signature-worker.ts" : "./signature-worker.js";
  const worker = new Worker(new URL(file, import.meta.url));
  // One that fails while nothing is asked of it is replaced, and does not end the server.
  worker.on("error", () => {
    if (thread === worker) thread = undefined;
  });
  return worker;
}

function tooMany(detail: string): OAuthError {
  return new PageError("temporarily_unavailable", ({ login }) => login.problems.tooManyNow, {
    detail,
    retryAfterSeconds: RETRY_SECONDS,
  });
}
