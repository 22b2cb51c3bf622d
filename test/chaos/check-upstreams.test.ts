import { describe, expect, it } from "vitest";
import { checkUpstreams } from "./check-upstreams.ts";
import type { Operation, Outcome, Promises, ServiceHistory } from "./history.ts";

// Made-up histories of another service: the checker must find each broken promise, and find none in what faults excuse.

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
const notConnected: Outcome = { kind: "refused", error: "not_connected" };

/** From second to second. */
const during = (from: number, to: number, outcome: Outcome = honoured) => ({
  startedAt: from * 1000,
  endedAt: to * 1000,
  outcome,
});
/** Whose grant it is. */
const APPROVED: Operation = {
  ...during(0, 0.5),
  kind: "approve",
  client: "client",
  person: "ada",
  session: "session",
  grant: "grant",
};
const connect = (from: number, to: number, connection = "first", outcome: Outcome = honoured): Operation => ({
  ...during(from, to, outcome),
  kind: "connect",
  person: "ada",
  connection,
});
const end = (
  kind: "disconnect" | "disable person",
  from: number,
  to: number,
  outcome: Outcome = honoured,
): Operation => ({ ...during(from, to, outcome), kind, person: "ada" });
const act = (from: number, to: number, connection = "first", actedAs = "ada"): Operation => ({
  ...during(from, to),
  kind: "act",
  grant: "grant",
  actedAs,
  connection,
});
const refused = (from: number, to: number): Operation => ({
  ...during(from, to, notConnected),
  kind: "act",
  grant: "grant",
});

function violations(operations: readonly Operation[], seen: Partial<ServiceHistory> = {}): readonly string[] {
  const history = {
    operations: [APPROVED, ...operations],
    rows: { grants: [], people: [], sessions: [] },
    disturbances: [],
    calmAt: 100_000,
    service: { shown: [], ended: [], ...seen },
  };
  return checkUpstreams(history, PROMISES).map(({ what }) => what);
}

describe("finds nothing wrong with", () => {
  it("a connection that is used, ends and begins again", () => {
    const life = [connect(1, 2), act(3, 4), end("disconnect", 5, 6), refused(8, 9)];
    expect(violations([...life, connect(10, 11, "second"), act(12, 13, "second")])).toEqual([]);
  });

  it("an instance that hears of the end within a second, and a call that had begun before", () => {
    for (const kind of ["disconnect", "disable person"] as const) {
      expect(violations([connect(1, 2), end(kind, 5, 6), act(6.9, 8), act(5.5, 20)])).toEqual([]);
    }
  });

  it("what may have been connected or ended, where that was not answered", () => {
    expect(violations([connect(1, 2, "first", unanswered), act(3, 4)])).toEqual([]);
    expect(
      violations([connect(1, 2), end("disconnect", 5, 6, unanswered), refused(8, 9), act(8, 9)]),
    ).toEqual([]);
    const again = [connect(1, 2), connect(3, 4, "second", unanswered)];
    expect(violations([...again, act(8, 9), act(8, 9, "second")])).toEqual([]);
  });

  it("a link where the service has ended the connection", () => {
    const ended = [{ connection: "first", at: 5000 }];
    expect(violations([connect(1, 2), refused(6, 7)], { ended })).toEqual([]);
  });

  it("a refresh token that is shown again when a lease is over", () => {
    const shown = [1, 31].map((at) => ({ token: "rt", connection: "first", at: at * 1000 }));
    expect(violations([connect(1, 2)], { shown })).toEqual([]);
  });
});

describe("finds", () => {
  it("a tool that acts as someone else", () => {
    expect(violations([connect(1, 2), act(3, 4, "first", "grace")])).toEqual([
      "a tool acted at another service as someone else",
    ]);
  });

  it.each([
    ["disconnected", end("disconnect", 5, 6)],
    ["disabled", end("disable person", 5, 6)],
    ["connected anew", connect(5, 6, "second")],
  ])("a token that is used after its person has %s", (_what, ending) => {
    expect(violations([connect(1, 2), ending, act(7.5, 8)])).toEqual([
      "a token was used after its connection had ended",
    ]);
  });

  it("a token that no one gave", () => {
    expect(violations([act(3, 4)])).toEqual(["a tool got a token that no one gave"]);
  });

  it("a person who has to connect again without a reason", () => {
    const broken = "a person had to connect again, and was connected";
    expect(violations([connect(1, 2), refused(3, 4)])).toEqual([broken]);
    const ended = [{ connection: "another", at: 2500 }];
    expect(violations([connect(1, 2), refused(3, 4)], { ended })).toEqual([broken]);
    expect(violations([end("disconnect", 0.5, 0.6), connect(1, 2), refused(3, 4)])).toEqual([broken]);
  });

  it("two who refresh at once", () => {
    const shown = [1, 1.5].map((at) => ({ token: "rt", connection: "first", at: at * 1000 }));
    expect(violations([connect(1, 2)], { shown })).toEqual(["a refresh token was used 2 times at once (rt)"]);
  });
});
