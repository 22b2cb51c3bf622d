import { type ClientHistory, clientHistories, NOTHING_DONE } from "./client-history.ts";
import type { Disturbance, FinalGrant, History, Operation, OperationOf, Promises } from "./history.ts";
import { doneBy, isHonoured, isSentAway } from "./outcomes.ts";
import { endingsOf, mayBeEnded, NOBODY, type PersonHistory, personHistories } from "./person-history.ts";

/** All that happened to one grant, in the order in which it began. */
export type GrantHistory = {
  readonly id: string;
  readonly client: ClientHistory;
  readonly person: PersonHistory;
  readonly approvals: readonly OperationOf<"approve">[];
  readonly redemptions: readonly OperationOf<"redeem">[];
  readonly refreshes: readonly OperationOf<"refresh">[];
  readonly calls: readonly OperationOf<"call">[];
  readonly revocations: readonly OperationOf<"revoke">[];
  readonly row: FinalGrant | undefined;
  readonly disturbances: readonly Disturbance[];
  readonly calmAt: number;
};

/** The grants of a history: those whose code somebody was given. */
export function grantHistories(history: History): readonly GrantHistory[] {
  const { operations, rows, disturbances, calmAt } = history;
  const clients = clientHistories(history);
  const people = personHistories(history);
  const sorted = [...operations].sort((one, other) => one.startedAt - other.startedAt);
  const byGrant = Map.groupBy(sorted, (operation) => ("grant" in operation ? operation.grant : undefined));
  byGrant.delete(undefined);
  return [...byGrant].map(([grant = "", own]) => {
    const approvals = ofKind(own, "approve");
    return {
      id: grant,
      client: clients.get(approvals[0]?.client ?? "") ?? NOTHING_DONE,
      person: people.get(approvals[0]?.person ?? "") ?? NOBODY,
      approvals,
      redemptions: ofKind(own, "redeem"),
      refreshes: ofKind(own, "refresh"),
      calls: ofKind(own, "call"),
      revocations: ofKind(own, "revoke"),
      row: rows.grants.find((row) => row.grant === grant),
      disturbances,
      calmAt,
    };
  });
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
    ...grant.revocations.filter(isHonoured),
    ...grant.client.disablings.filter((disabling) => revokes(disabling, grant)),
    ...grant.approvals.flatMap((approval) => endingsOf(withSignIn(approval, grant), grant.person, promises)),
    // A refresh is refused for what ended the grant, or ends it by being refused.
    ...grant.refreshes.filter(isInvalidGrant),
    // So is a code that was used before, but not one that came too late.
    ...grant.redemptions.filter(
      (redemption) => isInvalidGrant(redemption) && codeAge(redemption, grant) < promises.codeSeconds * 1000,
    ),
  ];
  return answers.sort((one, other) => one.endedAt - other.endedAt)[0];
}

/** The disabling of a client ends what was approved before it. What is approved meanwhile, it may end or not. */
function revokes(disabling: OperationOf<"disable">, { approvals }: GrantHistory): boolean {
  return isHonoured(disabling) && approvals.some(({ endedAt }) => endedAt < disabling.startedAt);
}

function withSignIn(approval: OperationOf<"approve">, { person }: GrantHistory) {
  return { ...approval, signIn: person.signIns.find(({ session }) => session === approval.session) };
}

/** Whether something that had begun by then may have ended the grant. */
export function mayBeRevokedBy(time: number, grant: GrantHistory, promises: Promises): boolean {
  const { approvals, client, person, revocations, redemptions, refreshes } = grant;
  const approvedAt = approvals[0]?.startedAt ?? 0;
  return (
    client.disablings.some(
      (disabling) => disabling.startedAt < time && doneBy(disabling, promises) > approvedAt,
    ) ||
    approvals.some((approval) => mayBeEnded(time, approval, person, promises)) ||
    revocations.some(({ startedAt }) => startedAt < time) ||
    redemptions.some((redemption) => mayBeReuse(redemption, time, grant, promises)) ||
    refreshes.some((refresh) => mayBeTheft(refresh, time, grant, promises))
  );
}

/** Whether the code may have been used before by the time it was looked at. */
function mayBeReuse(
  redemption: OperationOf<"redeem">,
  time: number,
  { redemptions }: GrantHistory,
  promises: Promises,
): boolean {
  const lookedAtBy = lastLook(redemption, time, promises);
  return redemptions.some((other) => other !== redemption && other.startedAt <= lookedAtBy);
}

/**
 * Whether the token may have been an old one by the time it was looked at: two generations, or one, its grace over and its
 * successor used. A lost answer signs nobody out.
 */
function mayBeTheft(
  refresh: OperationOf<"refresh">,
  time: number,
  grant: GrantHistory,
  promises: Promises,
): boolean {
  const { refreshes } = grant;
  const { graceSeconds, slackSeconds } = promises;
  const lookedAtBy = lastLook(refresh, time, promises);
  return refreshes.some((other) => {
    if (other === refresh || other.startedAt > lookedAtBy) return false;
    if (other.presented.generation > refresh.presented.generation) return true;
    const same = other.presented.generation === refresh.presented.generation;
    if (!same || lookedAtBy - other.startedAt <= (graceSeconds - slackSeconds) * 1000) return false;
    return callsWithSuccessorOf(refresh, grant).some(
      ({ startedAt, outcome }) => startedAt <= lookedAtBy && outcome.kind !== "refused",
    );
  });
}

/** The calls with an access token that came with the successor of what a refresh presented. */
function callsWithSuccessorOf(
  { presented }: OperationOf<"refresh">,
  { refreshes, calls }: GrantHistory,
): readonly OperationOf<"call">[] {
  const successors = new Set(
    refreshes
      .filter((other) => other.presented.token === presented.token)
      .map(({ accessToken }) => accessToken),
  );
  return calls.filter(({ accessToken }) => successors.has(accessToken));
}

/** A call after which everybody knew, when the refresh began, that the successor of what it presents was used. */
export function knownUse(
  refresh: OperationOf<"refresh">,
  grant: GrantHistory,
  { usedWithinSeconds, slackSeconds }: Promises,
): OperationOf<"call"> | undefined {
  const [withinMs, slackMs] = [usedWithinSeconds * 1000, slackSeconds * 1000];
  return callsWithSuccessorOf(refresh, grant).find((call) => {
    const writtenBy = call.endedAt + withinMs + slackMs;
    // What was broken a moment before may not work at once.
    const isDisturbed = grant.disturbances.some(
      ({ from, to, instance = call.instance }) =>
        instance === call.instance && from <= writtenBy && to >= call.startedAt - slackMs,
    );
    return call.outcome.kind === "honoured" && writtenBy < refresh.startedAt && !isDisturbed;
  });
}

/**
 * The last moment, up to a time, in which the server may have refused what an operation presented: of one that was honoured
 * there is none, and one that was not answered may be looked at later.
 */
function lastLook(operation: Operation, time: number, { lateSeconds }: Promises): number {
  const { startedAt, endedAt, outcome } = operation;
  // Nor is anything looked at that a disabled client presents.
  const neverRefused = outcome.kind === "honoured" || isSentAway(operation);
  if (neverRefused || startedAt >= time) return Number.NEGATIVE_INFINITY;
  const late = outcome.kind === "refused" ? 0 : lateSeconds * 1000;
  return Math.min(endedAt + late, time);
}

function isInvalidGrant({ outcome }: Operation): boolean {
  return outcome.kind === "refused" && outcome.error === "invalid_grant";
}

function codeAge({ code, endedAt }: OperationOf<"redeem">, { approvals }: GrantHistory): number {
  const approved = approvals.find((approval) => approval.code === code);
  return endedAt - (approved?.startedAt ?? 0);
}
