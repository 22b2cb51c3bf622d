/**
 * Runs a callback, and gives what it throws, or rejects with, to `failed`. Whatever is awaited may reject, also what is no promise of the
 * platform, like a query of a database's library. What awaits it takes a promise in its place; the query is not run twice.
 */
export function whenItFails<Result>(callback: () => Result, failed: (cause: unknown) => never): Result {
  try {
    const result = callback();
    return isThenable(result) ? (Promise.resolve(result).catch(failed) as Result) : result;
  } catch (cause) {
    return failed(cause);
  }
}

/** Runs a callback, and calls back once it has returned, thrown, resolved or rejected. */
export function whenItSettles<Result>(callback: () => Result, settled: () => void): Result {
  let isLater = false;
  try {
    const result = callback();
    isLater = isThenable(result);
    return isLater ? (Promise.resolve(result).finally(settled) as Result) : result;
  } finally {
    if (!isLater) settled();
  }
}

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  const mayHaveMembers = (typeof value === "object" && value !== null) || typeof value === "function";
  return mayHaveMembers && "then" in value && typeof value.then === "function";
}
