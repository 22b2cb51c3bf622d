import type { Switched } from "./disabling.ts";
import type { History, Operation, OperationOf } from "./history.ts";

/** What the operator did to one client, and what it was answered. */
export type ClientHistory = Switched<OperationOf<"disable">> & {
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
