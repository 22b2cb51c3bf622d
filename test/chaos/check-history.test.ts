import { describe, expect, it } from "vitest";
import { checkHistory } from "./check-history.ts";
import type { FinalGrant, History, Operation, Outcome, Promises, RefreshToken } from "./history.ts";

// Made-up histories: the checker must find each kind of violation, and find none in what faults excuse.

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
const signedOut: Outcome = { kind: "refused", error: "invalid_grant" };
const noEntry: Outcome = { kind: "refused", error: "invalid_token" };
const sentAway: Outcome = { kind: "refused", error: "unauthorized_client" };

/** From second to second, on an instance that matters in none of these. */
const during = (from: number, to: number) => ({ instance: 0, startedAt: from * 1000, endedAt: to * 1000 });
const token = (generation: number, name = "token"): RefreshToken => ({
  token: `${name}-${generation}`,
  generation,
});

const register = (outcome: Outcome = honoured): Operation => ({
  kind: "register",
  client: "client",
  outcome,
  ...during(0, 1),
});
const approve = (outcome: Outcome = honoured): Operation => ({
  kind: "approve",
  client: "client",
  person: "person",
  session: "session",
  ...(outcome.kind === "honoured" && { grant: "grant", code: "code" }),
  outcome,
  ...during(1, 2),
});
const redeem = (from: number, to: number, outcome: Outcome = honoured): Operation => ({
  kind: "redeem",
  grant: "grant",
  code: "code",
  ...(outcome.kind === "honoured" && { successor: token(1), accessToken: "access-1" }),
  outcome,
  ...during(from, to),
});
const refresh = (
  generation: number,
  from: number,
  to: number,
  outcome: Outcome = honoured,
  successor = token(generation + 1),
): Operation => ({
  kind: "refresh",
  grant: "grant",
  presented: token(generation),
  ...(outcome.kind === "honoured" && { successor, accessToken: `access-${generation + 1}` }),
  outcome,
  ...during(from, to),
});
const call = (from: number, to: number, outcome: Outcome = honoured, generation = 1): Operation => ({
  kind: "call",
  grant: "grant",
  accessToken: `access-${generation}`,
  outcome,
  ...during(from, to),
});
const revoke = (from: number, to: number, outcome: Outcome = honoured): Operation => ({
  kind: "revoke",
  grant: "grant",
  outcome,
  ...during(from, to),
});
const operate = (
  kind: "disable" | "enable",
  from: number,
  to: number,
  outcome: Outcome = honoured,
): Operation => ({ kind, client: "client", outcome, startedAt: from * 1000, endedAt: to * 1000 });

const CALM_SECONDS = 100;
/** The last look at a grant that lives, with the refresh token that it should have by then. */
const seen = (generation: number) => [
  refresh(generation, 101, 102),
  { ...call(103, 104), accessToken: `access-${generation + 1}` } as Operation,
];
const connected = [register(), approve(), redeem(3, 4)];

const row = (generation: number, changes: Partial<FinalGrant> = {}): FinalGrant => ({
  grant: "grant",
  client: "client",
  person: "person",
  generation,
  isRedeemed: generation > 0,
  isRotated: generation > 0,
  isRevoked: false,
  hasReason: false,
  ...changes,
});
const revokedRow = (generation: number) => row(generation, { isRevoked: true, hasReason: true });

function violations(
  operations: readonly Operation[],
  grants: readonly FinalGrant[],
  disturbances: History["disturbances"] = [],
): readonly string[] {
  const rows = { grants, people: [], sessions: [] };
  const service = { shown: [], ended: [] };
  const history = { operations, rows, disturbances, calmAt: CALM_SECONDS * 1000, service };
  return checkHistory(history, PROMISES).map(({ what }) => what);
}

describe("finds nothing wrong with", () => {
  it("a life without faults", () => {
    const operations = [...connected, call(5, 6), refresh(1, 7, 8), refresh(2, 9, 10), ...seen(3)];
    expect(violations(operations, [row(4)])).toEqual([]);
  });

  it("answers that were lost, and asked for again", () => {
    const operations = [
      ...connected,
      refresh(1, 5, 6, unanswered),
      refresh(1, 7, 8, unavailable),
      refresh(1, 9, 10),
      refresh(1, 10, 11),
      call(11, 12, unavailable),
      call(101, 102, unavailable),
      ...seen(2),
    ];
    expect(violations(operations, [row(3)])).toEqual([]);
  });

  it("a code whose answer was lost: its second use ends the grant", () => {
    const operations = [register(), approve(), redeem(3, 4, unanswered), redeem(5, 6, signedOut)];
    expect(violations(operations, [revokedRow(1)])).toEqual([]);
  });

  it("an approval that was not answered, done or not", () => {
    expect(violations([register(), approve(unanswered)], [])).toEqual([]);
    expect(violations([register(), approve(unanswered)], [row(0)])).toEqual([]);
  });

  it("a code or a token whose lost use comes late: after another use of it, it ends the grant", () => {
    const code = [
      register(),
      approve(),
      redeem(3, 4, unanswered),
      redeem(5, 6),
      refresh(1, 9, 10, signedOut),
    ];
    expect(violations(code, [revokedRow(1)])).toEqual([]);
    const old = [
      ...connected,
      refresh(1, 5, 6, unavailable),
      refresh(1, 7, 8),
      refresh(2, 9, 10),
      refresh(3, 13, 14, signedOut),
    ];
    expect(violations(old, [revokedRow(3)])).toEqual([]);
  });

  it("a revocation, what was under way before its answer, and a guard that hears of it within a second", () => {
    const operations = [
      ...connected,
      refresh(1, 5, 9),
      revoke(6, 7),
      call(7.5, 7.6),
      call(9, 10, noEntry),
      refresh(2, 10, 11, signedOut),
    ];
    expect(violations(operations, [revokedRow(2)])).toEqual([]);
  });

  it("a revocation that was not answered, and done all the same", () => {
    const operations = [...connected, revoke(5, 6, unanswered), refresh(1, 7, 8, signedOut)];
    expect(violations(operations, [revokedRow(1)])).toEqual([]);
  });

  it("a client that is disabled for a while, known everywhere within a second, and its grant that ends for good", () => {
    const operations = [
      ...connected,
      refresh(1, 5, 9),
      operate("disable", 6, 7),
      call(7.5, 7.6),
      refresh(2, 8.5, 8.6, sentAway),
      { ...approve(sentAway), ...during(9, 10) },
      call(9, 10, noEntry),
      operate("enable", 11, 12),
      refresh(2, 12.5, 12.6, sentAway),
      refresh(2, 14, 15, signedOut),
    ];
    expect(violations(operations, [revokedRow(2)])).toEqual([]);
  });

  it("a disabling that was not answered, done or not", () => {
    const operations = [...connected, operate("disable", 5, 6, unanswered)];
    expect(violations([...operations, refresh(1, 9, 10, sentAway)], [revokedRow(1)])).toEqual([]);
    expect(violations([...operations, call(9, 10), ...seen(1)], [row(2)])).toEqual([]);
  });

  it("an enabling that was not answered, done or not", () => {
    const operations = [operate("disable", -5, -4), operate("enable", -3, -2, unanswered), register()];
    expect(violations([...operations, approve(sentAway)], [])).toEqual([]);
    expect(violations([...operations, ...connected, ...seen(1)], [row(2)])).toEqual([]);
  });

  it("what was approved while a client was being disabled: it lives on afterwards, or does not", () => {
    const operations = [
      operate("disable", 1.5, 2.5),
      ...connected,
      call(4.5, 4.6, noEntry),
      operate("enable", 5, 6),
    ];
    expect(violations([...operations, call(8, 9), ...seen(1)], [row(2)])).toEqual([]);
    expect(violations([...operations, refresh(1, 8, 9, signedOut)], [revokedRow(1)])).toEqual([]);
  });

  it("theft: an old token, or one whose grace is over, ends the grant", () => {
    const tooOld = [...connected, refresh(1, 5, 6), refresh(2, 7, 8), refresh(1, 9, 10, signedOut)];
    expect(violations([...tooOld, call(12, 13, noEntry)], [revokedRow(3)])).toEqual([]);
    for (const outcome of [honoured, unanswered, unavailable]) {
      const used = call(7, 8, outcome, 2);
      const tooLate = [...connected, refresh(1, 5, 6), used, refresh(1, 17, 18, signedOut)];
      expect(violations(tooLate, [revokedRow(2)])).toEqual([]);
    }
  });

  it("a lost answer that is asked for long after the grace, and nothing of which was used", () => {
    const operations = [...connected, refresh(1, 5, 6, unanswered), call(7, 8), refresh(1, 60, 61)];
    expect(violations([...operations, ...seen(2)], [row(3)])).toEqual([]);
    const given = [...connected, refresh(1, 5, 6), call(7, 8, noEntry, 2), refresh(1, 60, 61)];
    const expired = { ...PROMISES, accessTokenSeconds: 1 };
    const rows = { grants: [row(3)], people: [], sessions: [] };
    const service = { shown: [], ended: [] };
    const looked = [...given, ...seen(2)];
    const history = { operations: looked, rows, disturbances: [], calmAt: 100_000, service };
    expect(checkHistory(history, expired)).toEqual([]);
  });

  it("one that was used, where that could not be written, or was lost with its instance, or came too late to know", () => {
    const used = [...connected, refresh(1, 5, 6), call(18, 19, honoured, 2)];
    const late = [...used, refresh(1, 40, 41), ...seen(2)];
    for (const disturbance of [
      { from: 0, to: 17 },
      { from: 18.5, to: 18.6 },
      { from: 21, to: 25, instance: 0 },
    ]) {
      const { from, to } = disturbance;
      const disturbances = [{ ...disturbance, from: from * 1000, to: to * 1000 }];
      expect(violations(late, [row(3)], disturbances)).toEqual([]);
    }
    expect(violations([...used, refresh(1, 20, 21), ...seen(2)], [row(3)])).toEqual([]);
  });
});

describe("finds", () => {
  it("a code that is honoured twice", () => {
    const operations = [...connected, redeem(3, 5), ...seen(1)];
    expect(violations(operations, [row(2)])).toContain("a code was honoured twice");
  });

  it("two successors of one refresh token", () => {
    const operations = [...connected, refresh(1, 5, 6), refresh(1, 5, 7, honoured, token(2, "other"))];
    expect(violations([...operations, ...seen(2)], [row(3)])).toEqual(["a refresh token has two successors"]);
  });

  it("a successor that skips a generation", () => {
    const operations = [...connected, refresh(1, 5, 6, honoured, token(3)), ...seen(3)];
    expect(violations(operations, [row(4)])).toContain("a successor of the wrong generation");
  });

  it("tokens for a revoked grant", () => {
    const operations = [...connected, revoke(5, 6), refresh(1, 7, 8)];
    expect(violations(operations, [revokedRow(2)])).toEqual(["a revoked grant got tokens"]);
  });

  it("tokens for a grant that ended with the reuse of its code, or by theft", () => {
    const reuse = [...connected, redeem(5, 6, signedOut), refresh(1, 7, 8)];
    expect(violations(reuse, [revokedRow(2)])).toEqual(["a revoked grant got tokens"]);
    const theft = [...connected, refresh(1, 5, 6), refresh(2, 7, 8), refresh(1, 9, 10, signedOut)];
    expect(violations([...theft, refresh(3, 11, 12)], [revokedRow(4)])).toEqual([
      "a revoked grant got tokens",
    ]);
  });

  it("a guard that lets in a revoked token later than a second after", () => {
    const operations = [...connected, revoke(5, 6), call(7.1, 7.2)];
    expect(violations(operations, [revokedRow(1)])).toEqual(["a guard let in a token of a revoked grant"]);
  });

  it("whatever a disabled client gets later than a second after", () => {
    const late = "a disabled client got what it asked for";
    const disabled = [operate("disable", -2, -1), register()];
    expect(violations([...disabled, approve()], [row(0)])).toEqual([late]);
    const disabling = operate("disable", 1.5, 1.9);
    expect(violations([disabling, ...connected, ...seen(1)], [row(2)])).toEqual([late, late, late]);
    const enabled = [disabling, ...connected, operate("enable", 50, 51), ...seen(1)];
    expect(violations(enabled, [row(2)])).toEqual([late]);
  });

  it("a grant that outlives the disabling of its client, though the client is enabled again", () => {
    const operations = [...connected, operate("disable", 5, 6), operate("enable", 7, 8)];
    expect(violations([...operations, call(8.5, 8.6)], [revokedRow(1)])).toEqual([
      "a guard let in a token of a revoked grant",
    ]);
    expect(violations([...operations, refresh(1, 8, 9)], [revokedRow(2)])).toEqual([
      "a revoked grant got tokens",
    ]);
    expect(violations(operations, [row(1)])).toEqual(["a grant lost a revocation that was answered"]);
  });

  it("a client that is refused as a disabled one before it was, or later than a second after", () => {
    const wrong = "a client was refused as a disabled one, and it was none";
    const before = [...connected, refresh(1, 5, 6, sentAway), operate("disable", 7, 8)];
    expect(violations(before, [revokedRow(1)])).toEqual([wrong]);
    const after = [operate("disable", -5, -4), operate("enable", -3, -2), register()];
    expect(violations([...after, approve(sentAway)], [])).toEqual([wrong]);
    const others = { ...operate("disable", -2, -1), client: "other" } as Operation;
    expect(violations([others, register(), approve(sentAway)], [])).toEqual([wrong]);
  });

  it("a guard that refuses a good token of a client that is enabled again", () => {
    const operations = [operate("disable", -5, -4), operate("enable", -3, -2), ...connected];
    expect(violations([...operations, call(5, 6, noEntry), ...seen(1)], [row(2)])).toEqual([
      "a guard refused a good token",
    ]);
  });

  it("an old refresh token that is honoured", () => {
    const tooOld = [...connected, refresh(1, 5, 6), refresh(2, 7, 8), refresh(1, 9, 10), ...seen(3)];
    expect(violations(tooOld, [row(4)])).toEqual(["an old refresh token was honoured"]);
    const used = [...connected, refresh(1, 5, 6), call(7, 8, honoured, 2)];
    const tooLate = [...used, refresh(1, 19, 20), ...seen(2)];
    expect(violations(tooLate, [row(3)])).toEqual(["an old refresh token was honoured"]);
    // Another instance's end, and what failed long before or long after, excuse nothing.
    const disturbances = [
      { from: 7000, to: 8000, instance: 1 },
      { from: 1000, to: 4000 },
      { from: 12_000, to: 13_000 },
    ];
    expect(violations(tooLate, [row(3)], disturbances)).toEqual(["an old refresh token was honoured"]);
  });

  it("a lost answer that signs somebody out", () => {
    const wrong = "somebody was signed out, and nobody had revoked the grant";
    for (const used of [call(7, 8), call(7, 8, noEntry, 2)]) {
      const operations = [...connected, refresh(1, 5, 6), used, refresh(1, 60, 61, signedOut)];
      expect(violations(operations, [revokedRow(2)])).toContain(wrong);
    }
  });

  it("a fault that signs somebody out", () => {
    const operations = [...connected, refresh(1, 5, 6, unanswered), refresh(1, 7, 8, signedOut)];
    expect(violations(operations, [revokedRow(2)])).toEqual([
      "somebody was signed out, and nobody had revoked the grant",
      "a live grant was not looked at in the end",
      "a grant was revoked by nobody",
    ]);
  });

  it("a fault that signs somebody out when it is long over", () => {
    const operations = [
      ...connected,
      refresh(1, 5, 6, unanswered),
      refresh(1, 7, 8),
      refresh(2, 15, 16),
      ...seen(3),
    ];
    expect(violations(operations, [revokedRow(4)])).toEqual(["a grant was revoked by nobody"]);
    expect(violations([...operations, refresh(4, 20, 21, signedOut)], [revokedRow(4)])).toContain(
      "somebody was signed out, and nobody had revoked the grant",
    );
    const code = [register(), approve(), redeem(3, 4, unanswered), redeem(13, 14), ...seen(1)];
    expect(violations(code, [revokedRow(2)])).toEqual(["a grant was revoked by nobody"]);
  });

  it("a grant that nobody revoked, and is revoked", () => {
    expect(violations([...connected, ...seen(1)], [revokedRow(2)])).toEqual([
      "a grant was revoked by nobody",
    ]);
  });

  it("a rotation that was answered and is lost, though its row looks well", () => {
    const operations = [...connected, refresh(1, 5, 6), refresh(2, 7, 8, signedOut)];
    expect(violations(operations, [row(1)])).toEqual(
      expect.arrayContaining([
        "somebody was signed out, and nobody had revoked the grant",
        "a grant lost a rotation that was answered",
      ]),
    );
  });

  it("an approval that was answered and is lost", () => {
    const operations = [register(), approve(), redeem(3, 4, signedOut)];
    expect(violations(operations, [])).toEqual(
      expect.arrayContaining(["a good code was refused", "a grant is gone"]),
    );
  });

  it("a registration that was answered and is lost", () => {
    const unknown: Outcome = { kind: "refused", error: "invalid_client" };
    const operations = [...connected, refresh(1, 5, 6, unknown), ...seen(1)];
    expect(violations(operations, [row(2)])).toContain("a client that had registered was refused");
    expect(violations([register(), approve(unknown)], [])).toEqual([
      "a client that had registered was refused",
    ]);
  });

  it("a revocation that was answered and is lost", () => {
    expect(violations([...connected, revoke(5, 6)], [row(1)])).toEqual([
      "a grant lost a revocation that was answered",
    ]);
  });

  it("a guard that refuses a good token", () => {
    const operations = [...connected, call(5, 6, noEntry), ...seen(1)];
    expect(violations(operations, [row(2)])).toEqual(["a guard refused a good token"]);
  });

  it("an answer that nobody should get", () => {
    const operations = [...connected, call(5, 6, { kind: "wrong", what: "500" }), ...seen(1)];
    expect(violations(operations, [row(2)])).toEqual(["a wrong answer: 500"]);
  });

  it("a server that does not recover", () => {
    const operations = [...connected, call(110.5, 111, unavailable), ...seen(1)];
    expect(violations(operations, [row(2)])).toEqual(["the server did not recover"]);
  });

  it("a live grant at which nobody looked in the end", () => {
    expect(violations([...connected, refresh(1, 5, 6)], [row(2)])).toEqual([
      "a live grant was not looked at in the end",
    ]);
  });

  it.each([
    ["is redeemed by half", row(2, { isRedeemed: false })],
    ["is rotated by half", row(2, { isRotated: false })],
    ["is revoked by half", row(2, { hasReason: true })],
    ["is ahead of all that was asked for", row(3)],
  ])("a row that %s", (what, last) => {
    expect(violations([...connected, ...seen(1)], [last])).toEqual([`a grant ${what}`]);
  });

  it("grants that nobody was given, or that were used without a code", () => {
    const other = { ...row(0), grant: "other" };
    expect(violations([...connected, ...seen(1)], [row(2), other])).toEqual(["grants that nobody was given"]);
    const used = [register(), approve(unanswered)];
    expect(violations(used, [row(1)])).toEqual(["a grant was used, and nobody had its code"]);
  });
});
