import type { History, Operation, OperationOf, Promises } from "./history.ts";

/** What the operator did to one client, and what it was answered. */
export type ClientHistory = {
  readonly disablings: readonly OperationOf<"disable">[];
  readonly enablings: readonly OperationOf<"enable">[];
  /** What the client asked for, and its people for it. */
  readonly requests: readonly Operation[];
};

/** The clients of a history by what stands in it for them, each with what was done with its grants too. */
export function clientHistories({ operations }: History): ReadonlyMap<string, ClientHistory> {
  const clientOfGrant = new Map(
    operations.flatMap((operation) =>
      operation.kind === "approve" && operation.grant !== undefined
        ? [[operation.grant, operation.client] as const]
        : [],
    ),
  );
  const clientOf = (operation: Operation): string | undefined => {
    if ("client" in operation) return operation.client;
    return "grant" in operation ? clientOfGrant.get(operation.grant) : undefined;
  };
  const byClient = Map.groupBy(operations, clientOf);
  return new Map(
    [...byClient].flatMap(([client, own]) =>
      client === undefined ? [] : [[client, clientHistory(own)] as const],
    ),
  );
}

export const NOTHING_DONE: ClientHistory = { disablings: [], enablings: [], requests: [] };

function clientHistory(operations: readonly Operation[]): ClientHistory {
  return {
    disablings: operations.filter((operation) => operation.kind === "disable"),
    enablings: operations.filter((operation) => operation.kind === "enable"),
    requests: operations.filter(({ kind }) => kind !== "disable" && kind !== "enable" && kind !== "register"),
  };
}

/** The answer by which every instance had to know that the client is disabled, if a request fell into such a time. */
export function disabledBefore(
  { startedAt, endedAt }: Operation,
  { disablings, enablings }: ClientHistory,
  promises: Promises,
): Operation | undefined {
  return disablings.find((disabling) => {
    const knownAt = disabling.endedAt + promises.revokedWithinSeconds * 1000;
    if (disabling.outcome.kind !== "honoured" || startedAt <= knownAt) return false;
    return !enablings.some(
      (enabling) => doneBy(enabling, promises) > disabling.startedAt && enabling.startedAt < endedAt,
    );
  });
}

/** Whether an instance may have gone by it that the client is disabled. */
export function mayBeDisabled(
  { startedAt, endedAt }: Operation,
  { disablings, enablings }: ClientHistory,
  promises: Promises,
): boolean {
  return disablings.some((disabling) => {
    if (disabling.startedAt >= endedAt) return false;
    return !enablings.some(
      (enabling) =>
        enabling.outcome.kind === "honoured" &&
        enabling.startedAt > doneBy(disabling, promises) &&
        enabling.endedAt + promises.revokedWithinSeconds * 1000 < startedAt,
    );
  });
}

/** From when on it is done, or never will be. */
export function doneBy({ endedAt, outcome }: Operation, { lateSeconds }: Promises): number {
  return outcome.kind === "honoured" ? endedAt : endedAt + lateSeconds * 1000;
}

/** What clients are told that the operator has disabled. */
export function isSentAway({ outcome }: Operation): boolean {
  return outcome.kind === "refused" && outcome.error === "unauthorized_client";
}
