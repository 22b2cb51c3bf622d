import { mayBeEnabledBetween, type Switched } from "./disabling.ts";
import type { History, Operation, OperationOf, Promises } from "./history.ts";
import { doneBy, isHonoured, isRefused } from "./outcomes.ts";

/** What the operator did to one person, and what was asked for as this person. */
export type PersonHistory = Switched<OperationOf<"disable person">> & {
  readonly id: string;
  readonly signOuts: readonly OperationOf<"sign out person">[];
  readonly signIns: readonly OperationOf<"sign in">[];
  /** What was done with the other service, and what tools got of it. */
  readonly connects: readonly OperationOf<"connect">[];
  readonly disconnects: readonly OperationOf<"disconnect">[];
  readonly acts: readonly OperationOf<"act">[];
  /** What they asked for, and clients for them. */
  readonly requests: readonly Operation[];
};

/** A session whose cookie a browser was given. */
export type SessionHistory = {
  readonly id: string;
  readonly person: PersonHistory;
  readonly begun: OperationOf<"sign in">;
  readonly uses: readonly (OperationOf<"begin"> | OperationOf<"approve">)[];
  /** Sign-ins in the same browser, by whichever person, each of which ends it. */
  readonly replacements: readonly OperationOf<"sign in">[];
};

/** Something of a person that ends when they are disabled or signed out, and when it was made. */
export type Theirs = Pick<Operation, "startedAt" | "endedAt"> & {
  /** The sign-in with which it was made. */
  readonly signIn?: Pick<Operation, "endedAt"> | undefined;
};

/** The people of a history by what stands in it for them, each with what was done with their grants too. */
export function personHistories({ operations }: History): ReadonlyMap<string, PersonHistory> {
  const personOfGrant = new Map(
    operations.flatMap((operation) =>
      operation.kind === "approve" && operation.grant !== undefined
        ? [[operation.grant, operation.person] as const]
        : [],
    ),
  );
  const personOf = (operation: Operation): string | undefined => {
    if ("person" in operation) return operation.person;
    return "grant" in operation ? personOfGrant.get(operation.grant) : undefined;
  };
  const byPerson = Map.groupBy(operations, personOf);
  return new Map(
    [...byPerson].flatMap(([person, own]) =>
      person === undefined ? [] : [[person, personHistory(person, own)] as const],
    ),
  );
}

export const NOBODY: PersonHistory = personHistory("", []);

function personHistory(id: string, own: readonly Operation[]): PersonHistory {
  return {
    id,
    disablings: own.filter((operation) => operation.kind === "disable person"),
    enablings: own.filter(({ kind }) => kind === "enable person"),
    signOuts: own.filter((operation) => operation.kind === "sign out person"),
    signIns: own.filter((operation) => operation.kind === "sign in"),
    connects: own.filter((operation) => operation.kind === "connect"),
    disconnects: own.filter((operation) => operation.kind === "disconnect"),
    acts: own.filter((operation) => operation.kind === "act"),
    requests: own.filter(isRequestAsThem),
  };
}

/** To come to the sign-in page is not to be anyone, and a token may be revoked at any time. */
function isRequestAsThem(operation: Operation): boolean {
  if (operation.kind === "begin") return operation.session !== undefined;
  return !NOT_AS_THEM.includes(operation.kind);
}

const NOT_AS_THEM: readonly Operation["kind"][] = [
  ...(["revoke", "disable person", "enable person", "sign out person"] as const),
  // What the tools got stands in a call, too.
  ...(["connect", "disconnect", "act"] as const),
];

export function sessionHistories(people: readonly PersonHistory[]): readonly SessionHistory[] {
  const replacements = Map.groupBy(
    people.flatMap(({ signIns }) => signIns),
    ({ replaces }) => replaces,
  );
  return people.flatMap((person) => {
    const uses = Map.groupBy(person.requests.filter(isUse), ({ session }) => session);
    return person.signIns.flatMap((begun) => {
      const { session: id } = begun;
      if (id === undefined) return [];
      return [{ id, person, begun, uses: uses.get(id) ?? [], replacements: replacements.get(id) ?? [] }];
    });
  });
}

function isUse(operation: Operation): operation is SessionHistory["uses"][number] {
  return operation.kind === "begin" || operation.kind === "approve";
}

/** What ended a session for sure, by its answer. */
export function sessionEndings(
  { begun, person, replacements }: SessionHistory,
  promises: Promises,
): readonly Operation[] {
  return [...endingsOf(begun, person, promises), ...replacements.filter(isHonoured)];
}

/** Whether something that had begun by then may have ended a session. */
export function sessionMayHaveEnded(
  time: number,
  { begun, person, replacements }: SessionHistory,
  promises: Promises,
): boolean {
  return (
    mayBeEnded(time, begun, person, promises) ||
    replacements.some((replacement) => replacement.startedAt < time && !isRefused(replacement))
  );
}

/** The answers after which what was made counts no more. */
export function endingsOf(
  theirs: Theirs,
  person: PersonHistory,
  promises: Promises,
): readonly OperationOf<"disable person" | "sign out person">[] {
  return [
    ...person.disablings.filter((disabling) => disablingEnds(disabling, theirs, person, promises)),
    ...person.signOuts.filter((signOut) => signOutEnds(signOut, theirs, promises)),
  ];
}

/**
 * What is made meanwhile is made before the person's row changes, and then ends with it; or after it, and then not at all
 * unless they were enabled again.
 */
function disablingEnds(
  disabling: OperationOf<"disable person">,
  { startedAt, endedAt }: Theirs,
  { enablings }: PersonHistory,
  promises: Promises,
): boolean {
  if (!isHonoured(disabling)) return false;
  if (endedAt < disabling.startedAt) return true;
  return (
    startedAt < disabling.endedAt && !mayBeEnabledBetween(disabling.startedAt, endedAt, enablings, promises)
  );
}

/** A sign-out ends what is approved meanwhile as well, where the sign-in for it was before. That is told by clocks. */
function signOutEnds(
  signOut: OperationOf<"sign out person">,
  { startedAt, endedAt, signIn }: Theirs,
  { slackSeconds }: Promises,
): boolean {
  if (!isHonoured(signOut)) return false;
  if (endedAt < signOut.startedAt) return true;
  const signedInBefore = signIn !== undefined && signIn.endedAt + slackSeconds * 1000 < signOut.startedAt;
  return signedInBefore && startedAt < signOut.endedAt;
}

/** Whether a disabling or a sign-out that had begun by then may have ended what was made. */
export function mayBeEnded(
  time: number,
  { startedAt }: Theirs,
  { disablings, signOuts }: PersonHistory,
  promises: Promises,
): boolean {
  return [...disablings, ...signOuts].some(
    (ending) => ending.startedAt < time && doneBy(ending, promises) > startedAt,
  );
}

/** Whether a sign-in may have been under way when its person was signed out or disabled. That is told by clocks. */
export function mayBeSignedOutAmid(
  { startedAt, endedAt }: OperationOf<"sign in">,
  person: PersonHistory,
  promises: Promises,
): boolean {
  return mayBeEnded(
    endedAt,
    { startedAt: startedAt - promises.slackSeconds * 1000, endedAt },
    person,
    promises,
  );
}
