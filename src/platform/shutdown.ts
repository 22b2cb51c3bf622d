/** npm passes on a signal that the terminal has sent us as well: the second one within this time is the same one. */
const SAME_SIGNAL_MS = 500;

const PARENT_CHECK_MS = 250;

/**
 * Runs `drain` at SIGTERM or SIGINT and then exits with 0; a second signal, sent because waiting is too long, exits
 * at once.
 * @returns stops listening for signals.
 */
export function onShutdownSignal(drain: () => Promise<void>): () => void {
  let begunAt: number | undefined;
  const stop = () => {
    if (begunAt === undefined) {
      begunAt = performance.now();
      drain().then(
        () => process.exit(0),
        () => process.exit(1),
      );
    } else if (performance.now() - begunAt > SAME_SIGNAL_MS) {
      process.exit(1);
    }
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  const orphaned = onOrphaned(stop);
  return () => {
    clearInterval(orphaned);
    process.off("SIGTERM", stop);
    process.off("SIGINT", stop);
  };
}

/**
 * npm hands a SIGTERM to the shell that it runs scripts in, and that shell dies without telling us. Under npm, losing
 * the parent therefore means the same.
 */
function onOrphaned(stop: () => void): NodeJS.Timeout | undefined {
  if (process.env.npm_lifecycle_event === undefined) return undefined;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    stop();
  }, PARENT_CHECK_MS);
  return timer.unref();
}
