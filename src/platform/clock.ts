/** Now, in epoch milliseconds. The entry points pass the real one; tests pass one that they move. */
export type Clock = () => number;

export const systemClock: Clock = () => Date.now();
