import type { History, Operation, OperationOf, Promises, ServiceHistory } from "./history.ts";
import { doneBy, isHonoured, isRefused } from "./outcomes.ts";
import { type PersonHistory, personHistories } from "./person-history.ts";
import { type Violation, violation } from "./violation.ts";

/**
 * Holds a history against what is promised of other services (decision 0054): a tool acts as its caller and as no one else, nothing is
 * used after its connection has ended, no one connects again without a reason, and one caller at a time refreshes.
 */
export function checkUpstreams(history: History, promises: Promises): readonly Violation[] {
  const { service } = history;
  return [
    ...[...personHistories(history).values()].flatMap((person) => [
      ...actedAsSomeoneElse(person),
      ...actedAfterTheEnd(person, promises),
      ...askedToConnectWithoutReason(person, service, promises),
    ]),
    ...shownTwice(service),
  ];
}

function actedAsSomeoneElse({ id, acts }: PersonHistory): readonly Violation[] {
  return acts
    .filter(({ actedAs }) => actedAs !== undefined && actedAs !== id)
    .map((act) => violation("a tool acted at another service as someone else", act));
}

function actedAfterTheEnd(person: PersonHistory, promises: Promises): readonly Violation[] {
  return person.acts.filter(isHonoured).flatMap((act) => {
    const connected = person.connects.find(({ connection }) => connection === act.connection);
    if (!connected) return [violation("a tool got a token that no one gave", act)];
    const lastAct = (ending: Operation) => ending.endedAt + promises.revokedWithinSeconds * 1000;
    const ending = endingsOf(connected, person).find(
      (one) => isHonoured(one) && one.startedAt > doneBy(connected, promises) && lastAct(one) < act.startedAt,
    );
    return ending
      ? [violation("a token was used after its connection had ended", connected, ending, act)]
      : [];
  });
}

/** Only what was connected for sure, and is not known to have ended, is no reason. */
function askedToConnectWithoutReason(
  person: PersonHistory,
  { ended }: ServiceHistory,
  promises: Promises,
): readonly Violation[] {
  return person.acts.filter(isRefused).flatMap((act) => {
    const before = person.connects.filter((one) => isHonoured(one) && one.endedAt < act.startedAt);
    const connected = before.findLast(
      (one) => one.endedAt === Math.max(...before.map(({ endedAt }) => endedAt)),
    );
    if (!connected) return [];
    const mayHaveEnded = endingsOf(connected, person).some(
      (ending) => ending.startedAt < act.endedAt && doneBy(ending, promises) > connected.startedAt,
    );
    const hasEndedThere = ended.some(
      ({ connection, at }) => connection === connected.connection && at < act.endedAt,
    );
    return mayHaveEnded || hasEndedThere
      ? []
      : [violation("a person had to connect again, and was connected", connected, act)];
  });
}

/** What may end a connection: another one in its place, its end, or that the person is disabled. */
function endingsOf(
  connected: OperationOf<"connect">,
  { connects, disconnects, disablings }: PersonHistory,
): readonly Operation[] {
  return [
    ...connects.filter((one) => one.connection !== connected.connection),
    ...disconnects,
    ...disablings,
  ];
}

/** Shorter than a lease, and than a service may take for its answer: after either, it may be tried again. */
const TOGETHER_MS = 9000;

/** One caller at a time: a refresh token is shown again only where whoever showed it has died. */
function shownTwice({ shown }: ServiceHistory): readonly Violation[] {
  return [...Map.groupBy(shown, ({ token }) => token).values()].flatMap((times) =>
    times.some(({ at }, index) => index > 0 && at - (times[index - 1]?.at ?? 0) < TOGETHER_MS)
      ? [violation(`a refresh token was used ${times.length} times at once (${times[0]?.token})`)]
      : [],
  );
}
