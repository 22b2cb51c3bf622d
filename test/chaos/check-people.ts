import { disabledBefore, mayBeDisabled } from "./disabling.ts";
import type { History, Operation, Promises } from "./history.ts";
import { isHonoured, isOpen, isRefused, isSentBack } from "./outcomes.ts";
import {
  mayBeSignedOutAmid,
  type PersonHistory,
  personHistories,
  type SessionHistory,
  sessionEndings,
  sessionHistories,
  sessionMayHaveEnded,
} from "./person-history.ts";
import { type Violation, violation } from "./violation.ts";

/**
 * Holds a history against what is promised of people (decision 0038): nothing is given to one who is disabled, what a session
 * was before its end it is not after it, what was answered is there, and no one else is turned away.
 */
export function checkPeople(history: History, promises: Promises): readonly Violation[] {
  const people = [...personHistories(history).values()];
  const sessions = sessionHistories(people);
  return [
    ...people.flatMap((person) => [
      ...honouredWhileDisabled(person, promises),
      ...turnedAwayWithoutReason(person, promises),
      ...finalPerson(person, history, promises),
    ]),
    ...sessions.flatMap((session) => [
      ...honouredAfterItsEnd(session, promises),
      ...refusedBeforeItsEnd(session, promises),
      ...finalSession(session, history, promises),
    ]),
    ...sessionsOfNobody(people, sessions, history),
  ];
}

/** The row is read each time, except at the guard. */
function honouredWhileDisabled(person: PersonHistory, promises: Promises): readonly Violation[] {
  return person.requests.filter(isHonoured).flatMap((request) => {
    const withinSeconds = request.kind === "call" ? promises.revokedWithinSeconds : 0;
    const disabling = disabledBefore(request, person, withinSeconds, promises);
    return disabling ? [violation(`a disabled person could ${request.kind}`, disabling, request)] : [];
  });
}

function turnedAwayWithoutReason(person: PersonHistory, promises: Promises): readonly Violation[] {
  return person.signIns.filter(isRefused).flatMap((signIn) => {
    if (isSentBack(signIn)) {
      return mayBeSignedOutAmid(signIn, person, promises)
        ? []
        : [violation("a person had to sign in again, and was not signed out meanwhile", signIn)];
    }
    return mayBeDisabled(signIn, person, 0, promises)
      ? []
      : [violation("a person was turned away as disabled, and was not", signIn)];
  });
}

function honouredAfterItsEnd(session: SessionHistory, promises: Promises): readonly Violation[] {
  const endings = sessionEndings(session, promises);
  return session.uses.filter(isHonoured).flatMap((use) => {
    const ending = endings.find(({ endedAt }) => endedAt < use.startedAt);
    return ending ? [violation("a session counted after its end", session.begun, ending, use)] : [];
  });
}

/** That an instance died, or that the database was away, ends no session. */
function refusedBeforeItsEnd(session: SessionHistory, promises: Promises): readonly Violation[] {
  return session.uses
    .filter((use) => isRefused(use) && !sessionMayHaveEnded(use.endedAt, session, promises))
    .map((use) => violation("a session did not count, and nothing had ended it", session.begun, use));
}

function finalPerson(person: PersonHistory, { rows }: History, promises: Promises): readonly Violation[] {
  const row = rows.people.find(({ person: id }) => id === person.id);
  const answered = [...person.signIns, ...person.disablings].filter(isHonoured);
  if (!row) return answered.length > 0 ? [violation("a person is gone", ...answered)] : [];
  const switched = [...person.disablings, ...person.enablings];
  const disabling = disabledBefore(AT_THE_END, person, 0, promises);
  if (disabling && !row.isDisabled)
    return [violation("a disabling of a person that was answered is lost", ...switched)];
  return row.isDisabled && !mayBeDisabled(AT_THE_END, person, 0, promises)
    ? [violation("a person is disabled, and was enabled", ...switched)]
    : [];
}

function finalSession(session: SessionHistory, { rows }: History, promises: Promises): readonly Violation[] {
  const row = rows.sessions.find(({ session: id }) => id === session.id);
  const endings = sessionEndings(session, promises);
  if (row) {
    return [
      ...(endings.length > 0 ? [violation("a session outlived its end", session.begun, ...endings)] : []),
      ...(row.person === session.person.id ? [] : [violation("a session is of someone else", session.begun)]),
    ];
  }
  return sessionMayHaveEnded(AT_THE_END.endedAt, session, promises)
    ? []
    : [violation("a session that was answered is lost", session.begun)];
}

function sessionsOfNobody(
  people: readonly PersonHistory[],
  sessions: readonly SessionHistory[],
  { rows }: History,
): readonly Violation[] {
  const answered = new Set(sessions.map(({ id }) => id));
  const mayHaveBegunOne = people.flatMap(({ signIns }) => signIns.filter(isOpen));
  const unknown = rows.sessions.filter(({ session }) => !answered.has(session));
  return unknown.length > mayHaveBegunOne.length
    ? [violation("sessions that no one was given", ...mayHaveBegunOne)]
    : [];
}

const AT_THE_END = {
  startedAt: Number.POSITIVE_INFINITY,
  endedAt: Number.POSITIVE_INFINITY,
} satisfies Pick<Operation, "startedAt" | "endedAt">;
