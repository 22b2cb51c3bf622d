/** npm passes on a signal that the terminal has sent us as well: the second one within this time is the same one. */
const SAME_SIGNAL_MS = 500;

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
  return () => {
    process.off("SIGTERM", stop);
    process.off("SIGINT", stop);
  };
}
