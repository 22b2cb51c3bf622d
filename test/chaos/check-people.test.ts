import { describe, expect, it } from "vitest";
import { checkHistory } from "./check-history.ts";
import type { FinalRows, Operation, OperationOf, Outcome, Promises } from "./history.ts";

// Made-up histories of people: the checker must find each broken promise, and find none in what faults excuse.

const PROMISES: Promises = {
  codeSeconds: 60,
  graceSeconds: 10,
  accessTokenSeconds: 1800,
  revokedWithinSeconds: 1,
  usedWithinSeconds: 1,
  recoveredWithinSeconds: 10,
  lateSeconds: 6,
  slackSeconds: 2,
};

const honoured: Outcome = { kind: "honoured" };
const unanswered: Outcome = { kind: "unanswered" };
const unavailable: Outcome = { kind: "unavailable" };
const notSignedIn: Outcome = { kind: "refused", error: "login_required" };
const turnedAway: Outcome = { kind: "refused", error: "access_denied" };

/** From second to second. */
const during = (from: number, to: number, outcome: Outcome = honoured) => ({
  startedAt: from * 1000,
  endedAt: to * 1000,
  outcome,
});

const signIn = (
  from: number,
  to: number,
  changes: Partial<OperationOf<"sign in">> = { session: "session" },
): Operation => ({ ...during(from, to), kind: "sign in", person: "ada", ...changes });
const begin = (from: number, to: number, outcome: Outcome = honoured, session = "session"): Operation => ({
  ...during(from, to, outcome),
  kind: "begin",
  client: "client",
  person: "ada",
  session,
});
const approve = (from: number, to: number, outcome: Outcome = honoured): Operation => ({
  ...during(from, to, outcome),
  kind: "approve",
  client: "client",
  person: "ada",
  session: "session",
  ...(outcome.kind === "honoured" && { grant: "grant", code: "code" }),
});
const redeem = (from: number, to: number, outcome: Outcome = honoured): Operation => ({
  ...during(from, to, outcome),
  kind: "redeem",
  grant: "grant",
  code: "code",
  ...(outcome.kind === "honoured" && {
    successor: { token: "token-1", generation: 1 },
    accessToken: "access-1",
  }),
});
const refresh = (from: number, to: number): Operation => ({
  ...during(from, to),
  kind: "refresh",
  grant: "grant",
  presented: { token: "token-1", generation: 1 },
  successor: { token: "token-2", generation: 2 },
  accessToken: "access-2",
});
const call = (from: number, to: number, ranAs = "ada"): Operation => ({
  ...during(from, to),
  kind: "call",
  grant: "grant",
  accessToken: "access-1",
  ranAs,
});
const operate = (
  what: "disable" | "enable" | "sign out",
  from: number,
  to: number,
  outcome: Outcome = honoured,
): Operation => ({ ...during(from, to, outcome), kind: `${what} person`, person: "ada" });

const ROW = { person: "ada", isDisabled: false };
const SESSION = { session: "session", person: "ada" };
const GRANT = {
  grant: "grant",
  client: "client",
  person: "ada",
  generation: 1,
  isRedeemed: true,
  isRotated: true,
  isRevoked: true,
  hasReason: true,
};
const NO_GRANT = { ...GRANT, generation: 0, isRedeemed: false, isRotated: false };

function violations(operations: readonly Operation[], rows: Partial<FinalRows>): readonly string[] {
  const history = {
    operations,
    rows: { grants: [], people: [ROW], sessions: [], ...rows },
    disturbances: [],
    calmAt: 100_000,
    service: { shown: [], ended: [] },
  };
  return checkHistory(history, PROMISES).map(({ what }) => what);
}

describe("finds nothing wrong with", () => {
  it("a session that counts until the end", () => {
    expect(violations([signIn(1, 2), begin(3, 4), begin(101, 102)], { sessions: [SESSION] })).toEqual([]);
  });

  it("a session that ends with a sign-out, a disabling, or another sign-in in the same browser", () => {
    for (const end of ["sign out", "disable"] as const) {
      const ended = [signIn(1, 2), operate(end, 5, 6), begin(7, 8, notSignedIn)];
      expect(violations(ended, { people: [{ ...ROW, isDisabled: end === "disable" }] })).toEqual([]);
    }
    const again = signIn(5, 6, { session: "second", replaces: "session" });
    const guests = { ...signIn(5, 6, { session: "second", replaces: "session" }), person: "guest" };
    for (const other of [again, guests as Operation]) {
      const person = other === again ? "ada" : "guest";
      const rows = {
        people: [ROW, { ...ROW, person: "guest" }],
        sessions: [{ session: "second", person }],
      };
      expect(violations([signIn(1, 2), other, begin(7, 8, notSignedIn)], rows)).toEqual([]);
    }
  });

  it("a sign-in whose answer was lost, done or not", () => {
    const lost = signIn(1, 2, { outcome: unanswered });
    expect(violations([lost], { people: [] })).toEqual([]);
    expect(violations([lost], { sessions: [SESSION] })).toEqual([]);
  });

  it("a sign-in that has to begin again, since its person was signed out meanwhile", () => {
    for (const signOut of [operate("sign out", 2, 3), operate("sign out", 2, 3, unavailable)]) {
      expect(violations([signIn(1, 4, { outcome: notSignedIn }), signOut], {})).toEqual([]);
    }
  });

  it("a disabling that was not answered, done or not", () => {
    const begun = [signIn(1, 2), operate("disable", 5, 6, unavailable)];
    expect(violations([...begun, begin(7, 8)], { sessions: [SESSION] })).toEqual([]);
    const done = [...begun, begin(7, 8, notSignedIn), signIn(9, 10, { outcome: turnedAway })];
    expect(violations(done, { people: [{ ...ROW, isDisabled: true }] })).toEqual([]);
  });

  it("what was under way while a person was disabled, and who is enabled again", () => {
    const operations = [
      signIn(1, 2),
      begin(4, 9),
      operate("disable", 5, 6),
      begin(7, 8, notSignedIn),
      operate("enable", 10, 11),
      signIn(12, 13, { session: "second", replaces: "session" }),
    ];
    expect(violations(operations, { sessions: [{ session: "second", person: "ada" }] })).toEqual([]);
  });

  it("a guard that hears of a disabling within a second", () => {
    const operations = [signIn(1, 2), approve(2, 3), redeem(3, 4), operate("disable", 5, 6), call(6.5, 6.8)];
    const rows = { grants: [GRANT], people: [{ ...ROW, isDisabled: true }] };
    expect(violations(operations, rows)).toEqual([]);
  });
});

describe("finds", () => {
  it("whatever a disabled person gets", () => {
    const disabled = operate("disable", 5, 6);
    const people = [{ ...ROW, isDisabled: true }];
    const late = [signIn(1, 2), disabled, signIn(6.5, 7, { session: "second" })];
    expect(violations(late, { people })).toContain("a disabled person could sign in");
    const begun = violations([signIn(1, 2), disabled, begin(7, 8)], { people });
    expect(begun).toContain("a disabled person could begin");
    expect(begun).toContain("a session counted after its end");
    const approved = violations([signIn(1, 2), disabled, approve(7, 8)], { people, grants: [NO_GRANT] });
    expect(approved).toContain("a disabled person could approve");
    const connected = [signIn(1, 2), approve(2, 3), redeem(3, 4), disabled];
    const called = violations([...connected, call(7.1, 7.2)], { people, grants: [GRANT] });
    expect(called).toContain("a disabled person could call");
    const grants = [{ ...GRANT, generation: 2 }];
    const refreshed = violations([...connected, refresh(6.1, 6.2)], { people, grants });
    expect(refreshed).toContain("a disabled person could refresh");
  });

  it("a session that counts after a sign-out, and a grant that outlives it", () => {
    const operations = [signIn(1, 2), approve(2, 3), operate("sign out", 5, 6)];
    const counted = violations([...operations, begin(7, 8)], { grants: [NO_GRANT] });
    expect(counted).toEqual(["a session counted after its end"]);
    const approvedLate = [signIn(1, 2), operate("sign out", 5, 6), approve(7, 8)];
    expect(violations(approvedLate, { grants: [NO_GRANT] })).toContain("a session counted after its end");
    const live = { ...NO_GRANT, isRevoked: false, hasReason: false };
    expect(violations(operations, { grants: [live] })).toContain(
      "a grant lost a revocation that was answered",
    );
    const refreshed = [signIn(1, 2), approve(2, 3), redeem(3, 4), operate("sign out", 5, 6), refresh(7, 8)];
    expect(violations(refreshed, { grants: [{ ...GRANT, generation: 2 }] })).toContain(
      "a revoked grant got tokens",
    );
  });

  it("a session that counts after another sign-in in the same browser", () => {
    const again = signIn(5, 6, { session: "second", replaces: "session" });
    const sessions = [{ session: "second", person: "ada" }];
    expect(violations([signIn(1, 2), again, begin(7, 8)], { sessions })).toEqual([
      "a session counted after its end",
    ]);
  });

  it("a session whose row outlives a sign-out", () => {
    expect(violations([signIn(1, 2), operate("sign out", 5, 6)], { sessions: [SESSION] })).toEqual([
      "a session outlived its end",
    ]);
  });

  it("a sign-in that was answered and is lost", () => {
    expect(violations([signIn(1, 2)], {})).toEqual(["a session that was answered is lost"]);
    expect(violations([signIn(1, 2), begin(5, 6, notSignedIn)], { sessions: [SESSION] })).toEqual([
      "a session did not count, and nothing had ended it",
    ]);
    expect(violations([signIn(1, 2)], { people: [], sessions: [SESSION] })).toEqual(["a person is gone"]);
  });

  it("a person who is turned away as disabled, and is not", () => {
    expect(violations([signIn(1, 2, { outcome: turnedAway })], {})).toEqual([
      "a person was turned away as disabled, and was not",
    ]);
  });

  it("a person who has to sign in again, and was signed out long before, after, or not at all", () => {
    const again = ["a person had to sign in again, and was not signed out meanwhile"];
    const sentBack = signIn(11, 12, { outcome: notSignedIn });
    expect(violations([sentBack], {})).toEqual(again);
    expect(violations([operate("sign out", 1, 2), sentBack], {})).toEqual(again);
    expect(violations([sentBack, operate("sign out", 13, 14)], {})).toEqual(again);
  });

  it("a disabling or an enabling that was answered and is lost", () => {
    expect(violations([operate("disable", 1, 2)], {})).toEqual([
      "a disabling of a person that was answered is lost",
    ]);
    const enabled = [operate("disable", 1, 2), operate("enable", 3, 4)];
    expect(violations(enabled, { people: [{ ...ROW, isDisabled: true }] })).toEqual([
      "a person is disabled, and was enabled",
    ]);
  });

  it("someone who is signed in, or called for, as someone else", () => {
    expect(violations([signIn(1, 2)], { sessions: [{ ...SESSION, person: "grace" }] })).toEqual([
      "a session is of someone else",
    ]);
    const connected = [signIn(1, 2), approve(2, 3), redeem(3, 4), call(4, 5, "grace")];
    const ended = operate("sign out", 6, 7);
    expect(violations([...connected, ended], { grants: [GRANT] })).toEqual(["a call ran as someone else"]);
    const grants = [{ ...NO_GRANT, person: "grace" }];
    expect(violations([signIn(1, 2), approve(2, 3), ended], { grants })).toEqual([
      "a grant is of someone else",
    ]);
  });

  it("sessions that no one was given", () => {
    expect(violations([], { sessions: [SESSION] })).toEqual(["sessions that no one was given"]);
  });
});
