import { checkPeople } from "./check-people.ts";
import { checkUpstreams } from "./check-upstreams.ts";
import { type ClientHistory, clientHistories } from "./client-history.ts";
import { disabledBefore, mayBeDisabled } from "./disabling.ts";
import { type GrantHistory, grantHistories, knownUse, mayBeRevokedBy, revokedAt } from "./grant-history.ts";
import type { History, Operation, OperationOf, Promises } from "./history.ts";
import { isHonoured, isOpen, isRefused, isSentAway } from "./outcomes.ts";
import { type Violation, violation } from "./violation.ts";

/**
 * Holds a whole history against what is promised: no code is honoured twice, a refresh token has one successor, what was
 * revoked is honoured no more, nor what a disabled client or person asks for, what was answered is there, and neither a fault
 * nor a lost answer signs anybody out.
 *
 * An operation that was not answered may have been done or not, and may be done later. Whatever either would excuse is
 * excused; nothing else is.
 */
export function checkHistory(history: History, promises: Promises): readonly Violation[] {
  const everywhere = [wrongAnswers, lostRegistrations, unansweredInCalm, rowsOfNobody];
  const forEachClient = [honouredWhileDisabled, sentAwayWithoutReason];
  const forEachGrant = [
    codesHonouredTwice,
    successors,
    honouredAfterRevocation,
    oldTokensHonoured,
    codesRefused,
    refreshesRefused,
    callsRefused,
    ranAsSomeoneElse,
    neverSeenAgain,
    finalRow,
  ];
  return [
    ...everywhere.flatMap((check) => check(history, promises)),
    ...[...clientHistories(history).values()].flatMap((client) =>
      forEachClient.flatMap((check) => check(client, promises)),
    ),
    ...checkPeople(history, promises),
    ...checkUpstreams(history, promises),
    ...grantHistories(history).flatMap((grant) => forEachGrant.flatMap((check) => check(grant, promises))),
  ];
}

function wrongAnswers({ operations }: History): readonly Violation[] {
  return operations.flatMap((operation) =>
    operation.outcome.kind === "wrong"
      ? [violation(`a wrong answer: ${operation.outcome.what}`, operation)]
      : [],
  );
}

/** Every client that is sent anywhere here has registered, and the token of every grant is its own. */
function lostRegistrations({ operations }: History): readonly Violation[] {
  return operations
    .filter((operation) => {
      const { kind, outcome } = operation;
      if (outcome.kind !== "refused" || isSentAway(operation)) return false;
      return !(REFUSALS[kind] ?? []).includes(outcome.error);
    })
    .map((operation) => violation("a client that had registered was refused", operation));
}

/** What is refused for a grant, a token, a session or a person, and not for the client. */
const REFUSALS: { readonly [Kind in Operation["kind"]]?: readonly string[] } = {
  redeem: ["invalid_grant"],
  refresh: ["invalid_grant"],
  call: ["invalid_token"],
  begin: ["login_required"],
  "sign in": ["access_denied", "login_required"],
  approve: ["login_required", "access_denied"],
  act: ["not_connected"],
  connect: ["access_denied"],
};

function unansweredInCalm({ operations, calmAt }: History, promises: Promises): readonly Violation[] {
  const recoveredAt = calmAt + promises.recoveredWithinSeconds * 1000;
  return (
    operations
      // What an instance that died was refreshing, the others wait for until its lease is over.
      .filter(({ kind }) => kind !== "act")
      .filter((operation) => operation.startedAt >= recoveredAt && isOpen(operation))
      .map((operation) => violation("the server did not recover", operation))
  );
}

function rowsOfNobody({ operations, rows }: History): readonly Violation[] {
  const approvals = operations.filter(({ kind }) => kind === "approve") as readonly OperationOf<"approve">[];
  const answered = new Set(approvals.map(({ grant }) => grant));
  const mayHaveMadeOne = approvals.filter(isOpen);
  const unknown = rows.grants.filter(({ grant }) => !answered.has(grant));
  const ended = new Set(
    operations.flatMap((operation) => {
      if (operation.kind === "disable") return operation.client;
      return operation.kind === "disable person" || operation.kind === "sign out person"
        ? operation.person
        : [];
    }),
  );
  const used = unknown.filter(
    ({ generation, isRevoked, client, person }) =>
      generation > 0 || (isRevoked && !ended.has(client) && !ended.has(person)),
  );
  return [
    ...(unknown.length > mayHaveMadeOne.length
      ? [violation("grants that nobody was given", ...mayHaveMadeOne)]
      : []),
    ...used.map(() => violation("a grant was used, and nobody had its code")),
  ];
}

function honouredWhileDisabled(client: ClientHistory, promises: Promises): readonly Violation[] {
  return client.requests.filter(isHonoured).flatMap((request) => {
    const disabling = disabledBefore(request, client, promises.revokedWithinSeconds, promises);
    return disabling ? [violation("a disabled client got what it asked for", disabling, request)] : [];
  });
}

function sentAwayWithoutReason(client: ClientHistory, promises: Promises): readonly Violation[] {
  return client.requests
    .filter(
      (request) =>
        isSentAway(request) && !mayBeDisabled(request, client, promises.revokedWithinSeconds, promises),
    )
    .map((request) =>
      violation("a client was refused as a disabled one, and it was none", ...client.enablings, request),
    );
}

function codesHonouredTwice({ redemptions }: GrantHistory): readonly Violation[] {
  const honoured = redemptions.filter(isHonoured);
  return honoured.length > 1 ? [violation("a code was honoured twice", ...honoured)] : [];
}

function successors({ refreshes }: GrantHistory): readonly Violation[] {
  const honoured = refreshes.filter(isHonoured);
  const byToken = Map.groupBy(honoured, ({ presented }) => presented.token);
  return [
    ...honoured
      .filter(({ presented, successor }) => successor?.generation !== presented.generation + 1)
      .map((operation) => violation("a successor of the wrong generation", operation)),
    ...[...byToken.values()]
      .filter((answers) => new Set(answers.map(({ successor }) => successor?.token)).size > 1)
      .map((answers) => violation("a refresh token has two successors", ...answers)),
  ];
}

function honouredAfterRevocation(grant: GrantHistory, promises: Promises): readonly Violation[] {
  const revoked = revokedAt(grant, promises);
  if (!revoked) return [];
  const lastCall = revoked.endedAt + promises.revokedWithinSeconds * 1000;
  return [
    ...[...grant.redemptions, ...grant.refreshes]
      .filter((operation) => isHonoured(operation) && operation.startedAt > revoked.endedAt)
      .map((operation) => violation("a revoked grant got tokens", revoked, operation)),
    ...grant.calls
      .filter((call) => isHonoured(call) && call.startedAt > lastCall)
      .map((call) => violation("a guard let in a token of a revoked grant", revoked, call)),
  ];
}

function oldTokensHonoured(grant: GrantHistory, promises: Promises): readonly Violation[] {
  const honoured = grant.refreshes.filter(isHonoured);
  const graceMs = (promises.graceSeconds + promises.slackSeconds) * 1000;
  return honoured.flatMap((late) =>
    honoured
      .filter(({ presented, endedAt }) => {
        if (presented.generation > late.presented.generation) return endedAt < late.startedAt;
        const isSame = presented.token === late.presented.token;
        const isLate = endedAt + graceMs < late.startedAt;
        return isSame && isLate && knownUse(late, grant, promises) !== undefined;
      })
      .map((earlier) => violation("an old refresh token was honoured", earlier, late)),
  );
}

function codesRefused(grant: GrantHistory, promises: Promises): readonly Violation[] {
  return grant.redemptions
    .filter((redemption) => {
      if (!isRefused(redemption) || mayBeRevokedBy(redemption.endedAt, grant, promises)) return false;
      const approved = grant.approvals.find(({ code }) => code === redemption.code);
      const endsAt = (approved?.startedAt ?? 0) + (promises.codeSeconds - promises.slackSeconds) * 1000;
      return redemption.endedAt < endsAt;
    })
    .map((redemption) => violation("a good code was refused", ...grant.approvals, redemption));
}

function refreshesRefused(grant: GrantHistory, promises: Promises): readonly Violation[] {
  return grant.refreshes
    .filter((refresh) => isRefused(refresh) && !mayBeRevokedBy(refresh.endedAt, grant, promises))
    .map((refresh) => violation("somebody was signed out, and nobody had revoked the grant", refresh));
}

function callsRefused(grant: GrantHistory, promises: Promises): readonly Violation[] {
  const issuers = [...grant.redemptions, ...grant.refreshes];
  return grant.calls
    .filter((call) => {
      const { endedAt, accessToken } = call;
      if (!isRefused(call) || mayBeRevokedBy(endedAt, grant, promises)) return false;
      if (mayBeDisabled(call, grant.client, promises.revokedWithinSeconds, promises)) return false;
      const issuedAt = issuers.find((issuer) => issuer.accessToken === accessToken)?.startedAt ?? 0;
      return endedAt < issuedAt + (promises.accessTokenSeconds - promises.slackSeconds) * 1000;
    })
    .map((call) => violation("a guard refused a good token", call));
}

/** Whose browser it was that approved, and no one else. */
function ranAsSomeoneElse({ person, calls, row, approvals }: GrantHistory): readonly Violation[] {
  return [
    ...calls
      .filter(({ ranAs }) => ranAs !== undefined && ranAs !== person.id)
      .map((call) => violation("a call ran as someone else", ...approvals, call)),
    ...(row && row.person !== person.id ? [violation("a grant is of someone else", ...approvals)] : []),
  ];
}

/** What was answered must be there at the end: somebody has to have looked. */
function neverSeenAgain(grant: GrantHistory, promises: Promises): readonly Violation[] {
  const redeemed = grant.redemptions.find(isHonoured);
  if (!redeemed || mayBeRevokedBy(Number.POSITIVE_INFINITY, grant, promises)) return [];
  // Approved when not every instance knew yet that the client was disabled: the device has begun anew.
  if ([...grant.redemptions, ...grant.refreshes].some(isSentAway)) return [];
  const last = (operations: readonly Operation[]) =>
    operations.some((operation) => isHonoured(operation) && operation.startedAt >= grant.calmAt);
  return last(grant.refreshes) && last(grant.calls)
    ? []
    : [violation("a live grant was not looked at in the end", redeemed)];
}

function finalRow(grant: GrantHistory, promises: Promises): readonly Violation[] {
  const { row, redemptions, refreshes } = grant;
  if (!row) return [violation("a grant is gone", ...grant.approvals)];
  const tokens = [...redemptions, ...refreshes];
  const answered = tokens.filter(isHonoured).map(({ successor }) => successor?.generation ?? 0);
  const asked = [...redemptions.map(() => 1), ...refreshes.map(({ presented }) => presented.generation + 1)];
  const revoked = revokedAt(grant, promises);
  const wrong = [
    row.generation < Math.max(0, ...answered) && "lost a rotation that was answered",
    row.generation > Math.max(0, ...asked) && "is ahead of all that was asked for",
    row.isRedeemed !== row.generation > 0 && "is redeemed by half",
    row.isRotated !== row.generation > 0 && "is rotated by half",
    row.isRevoked !== row.hasReason && "is revoked by half",
    revoked && !row.isRevoked && "lost a revocation that was answered",
    row.isRevoked && !mayBeRevokedBy(Number.POSITIVE_INFINITY, grant, promises) && "was revoked by nobody",
  ];
  return wrong.flatMap((what) => (what ? [violation(`a grant ${what}`, ...tokens)] : []));
}
