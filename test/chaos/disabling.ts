import type { Operation, Promises } from "./history.ts";
import { doneBy, isHonoured } from "./outcomes.ts";

/** When the operator disabled and enabled one client or one person, and what they were answered. */
export type Switched<One extends Operation = Operation> = {
  readonly disablings: readonly One[];
  readonly enablings: readonly Operation[];
};

type When = Pick<Operation, "startedAt" | "endedAt">;

/**
 * The answer by which every instance had to know that it is disabled, if a request fell into such a time.
 * @param withinSeconds how long after the answer an instance may not know of it
 */
export function disabledBefore<One extends Operation>(
  { startedAt, endedAt }: When,
  { disablings, enablings }: Switched<One>,
  withinSeconds: number,
  promises: Promises,
): One | undefined {
  return disablings.find((disabling) => {
    if (!isHonoured(disabling) || startedAt <= disabling.endedAt + withinSeconds * 1000) return false;
    return !mayBeEnabledBetween(disabling.startedAt, endedAt, enablings, promises);
  });
}

/** Whether an instance may have gone by it that it is disabled. */
export function mayBeDisabled(
  { startedAt, endedAt }: When,
  { disablings, enablings }: Switched,
  withinSeconds: number,
  promises: Promises,
): boolean {
  return disablings.some((disabling) => {
    if (disabling.startedAt >= endedAt) return false;
    return !enablings.some(
      (enabling) =>
        isHonoured(enabling) &&
        enabling.startedAt > doneBy(disabling, promises) &&
        enabling.endedAt + withinSeconds * 1000 < startedAt,
    );
  });
}

export function mayBeEnabledBetween(
  from: number,
  to: number,
  enablings: readonly Operation[],
  promises: Promises,
): boolean {
  return enablings.some((enabling) => doneBy(enabling, promises) > from && enabling.startedAt < to);
}
