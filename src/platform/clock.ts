/** Now, in epoch milliseconds. The entry points pass the real one; tests pass one that they move. */
export type Clock = () => number;

export const systemClock: Clock = () => Date.now();

/** Begins at this machine's time and goes on with its own pace: it does not jump where somebody sets the machine's. */
export function steadyClock(): Clock {
  const zero = systemClock() - performance.now();
  return () => Math.round(zero + performance.now());
}
