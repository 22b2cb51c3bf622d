import { onNpmGone } from "./npm.ts";
import { visible } from "./terminal.ts";

/** npm passes on a signal that the terminal has sent us as well: the second one within this time is the same one. */
const SAME_SIGNAL_MS = 500;
/** Whatever hangs then: in five seconds a process should be gone, and its last log lines may take half a second. */
const LONGEST_DRAIN_MS = 4300;

type Drain = { readonly run: () => Promise<void>; readonly delayMs: number };
const drains = new Set<Drain>();
let begunAt: number | undefined;
let stopWatchingNpm = () => {};

/**
 * Runs a drain at SIGTERM or SIGINT, beside those of other servers in this process, and then exits with 0; a second
 * signal, sent because waiting is too long, exits at once.
 * @param delayMs how long it serves on before anything ends: it has so much more time to end
 * @returns stops listening for signals, unless one has come: its repetition must not kill the drain.
 */
export function onShutdownSignal(run: () => Promise<void>, delayMs = 0): () => void {
  const drain: Drain = { run, delayMs };
  if (drains.size === 0) {
    for (const signal of SIGNALS) process.on(signal, onSignal);
    stopWatchingNpm = onNpmGone(begin);
  }
  drains.add(drain);
  return () => {
    drains.delete(drain);
    if (drains.size > 0 || begunAt !== undefined) return;
    for (const signal of SIGNALS) process.off(signal, onSignal);
    stopWatchingNpm();
  };
}

const SIGNALS = ["SIGTERM", "SIGINT"] as const;

function onSignal(): void {
  if (begunAt === undefined) begin();
  else if (performance.now() - begunAt > SAME_SIGNAL_MS) process.exit(1);
}

function begin(): void {
  if (begunAt !== undefined) return;
  begunAt = performance.now();
  const longestDelay = Math.max(0, ...[...drains].map(({ delayMs }) => delayMs));
  setTimeout(() => process.exit(1), longestDelay + LONGEST_DRAIN_MS).unref();
  Promise.all([...drains].map(({ run }) => run())).then(
    () => process.exit(0),
    (cause) => {
      process.stderr.write(`The server could not be stopped properly: ${visible(String(cause))}\n`);
      process.exit(1);
    },
  );
}
