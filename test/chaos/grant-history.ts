import type { FinalRow, History, Operation, OperationOf, Promises } from "./history.ts";

/** All that happened to one grant, in the order in which it began. */
export type GrantHistory = {
  readonly id: string;
  readonly approvals: readonly OperationOf<"approve">[];
  readonly redemptions: readonly OperationOf<"redeem">[];
  readonly refreshes: readonly OperationOf<"refresh">[];
  readonly calls: readonly OperationOf<"call">[];
  readonly revocations: readonly OperationOf<"revoke">[];
  readonly row: FinalRow | undefined;
  readonly calmAt: number;
};

/** The grants of a history: those whose code somebody was given. */
export function grantHistories({ operations, rows, calmAt }: History): readonly GrantHistory[] {
  const sorted = [...operations].sort((one, other) => one.startedAt - other.startedAt);
  const byGrant = Map.groupBy(sorted, (operation) => ("grant" in operation ? operation.grant : undefined));
  byGrant.delete(undefined);
  return [...byGrant].map(([grant = "", own]) => ({
    id: grant,
    approvals: ofKind(own, "approve"),
    redemptions: ofKind(own, "redeem"),
    refreshes: ofKind(own, "refresh"),
    calls: ofKind(own, "call"),
    revocations: ofKind(own, "revoke"),
    row: rows.find((row) => row.grant === grant),
    calmAt,
  }));
}

function ofKind<Kind extends Operation["kind"]>(
  operations: readonly Operation[],
  kind: Kind,
): readonly OperationOf<Kind>[] {
  return operations.filter((operation): operation is OperationOf<Kind> => operation.kind === kind);
}

/** The answer after which nothing of this grant may be honoured any more, if there was one. */
export function revokedAt(grant: GrantHistory, promises: Promises): Operation | undefined {
  const answers = [
    ...grant.revocations.filter(({ outcome }) => outcome.kind === "honoured"),
    // A refresh is refused for what ended the grant, or ends it by being refused.
    ...grant.refreshes.filter(isInvalidGrant),
    // So is a code that was used before, but not one that came too late.
    ...grant.redemptions.filter(
      (redemption) => isInvalidGrant(redemption) && codeAge(redemption, grant) < promises.codeSeconds * 1000,
    ),
  ];
  return answers.sort((one, other) => one.endedAt - other.endedAt)[0];
}

/** Whether something that had begun by then may have ended the grant. */
export function mayBeRevokedBy(time: number, grant: GrantHistory, promises: Promises): boolean {
  const { revocations, redemptions, refreshes } = grant;
  const [, secondUse] = redemptions;
  return (
    revocations.some(({ startedAt }) => startedAt < time) ||
    (secondUse !== undefined && secondUse.startedAt < time) ||
    refreshes.some((refresh) => refresh.startedAt < time && mayBeTheft(refresh, time, grant, promises))
  );
}

/** Whether the token may have been an old one by the time it was looked at: two generations, or one and its grace over. */
function mayBeTheft(
  refresh: OperationOf<"refresh">,
  time: number,
  { refreshes }: GrantHistory,
  { graceSeconds, slackSeconds }: Promises,
): boolean {
  if (refresh.outcome.kind === "honoured") return false;
  // One that was not answered may be looked at later than that.
  const lookedAtBy = refresh.outcome.kind === "refused" ? Math.min(refresh.endedAt, time) : time;
  return refreshes.some((other) => {
    if (other === refresh || other.startedAt > lookedAtBy) return false;
    if (other.presented.generation > refresh.presented.generation) return true;
    const same = other.presented.generation === refresh.presented.generation;
    return same && lookedAtBy - other.startedAt > (graceSeconds - slackSeconds) * 1000;
  });
}

function isInvalidGrant({ outcome }: Operation): boolean {
  return outcome.kind === "refused" && outcome.error === "invalid_grant";
}

function codeAge({ code, endedAt }: OperationOf<"redeem">, { approvals }: GrantHistory): number {
  const approved = approvals.find((approval) => approval.code === code);
  return endedAt - (approved?.startedAt ?? 0);
}
