import { onNpmGone } from "./npm.ts";

/** npm passes on a signal that the terminal has sent us as well: the second one within this time is the same one. */
const SAME_SIGNAL_MS = 500;
/** Whatever hangs then: in five seconds a process should be gone. */
const LONGEST_DRAIN_MS = 4800;

const drains = new Set<() => Promise<void>>();
let begunAt: number | undefined;
let stopWatchingNpm = () => {};

/**
 * Runs `drain` at SIGTERM or SIGINT, beside those of other servers in this process, and then exits with 0; a second
 * signal, sent because waiting is too long, exits at once.
 * @returns stops listening for signals, unless one has come: its repetition must not kill the drain.
 */
export function onShutdownSignal(drain: () => Promise<void>): () => void {
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
  setTimeout(() => process.exit(1), LONGEST_DRAIN_MS).unref();
  Promise.all([...drains].map((drain) => drain())).then(
    () => process.exit(0),
    (cause) => {
      process.stderr.write(`The server could not be stopped properly: ${cause}\n`);
      process.exit(1);
    },
  );
}
