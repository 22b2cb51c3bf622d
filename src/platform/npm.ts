const CHECK_MS = 250;

/**
 * Calls back once when the shell in which npm runs this process has gone: npm hands a SIGTERM to that shell, which dies
 * of it and tells us nothing.
 * @returns stops watching.
 */
export function onNpmGone(callback: () => void): () => void {
  if (process.env.npm_lifecycle_event === undefined) return () => {};
  const shell = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === shell) return;
    clearInterval(timer);
    callback();
  }, CHECK_MS);
  timer.unref();
  return () => clearInterval(timer);
}
