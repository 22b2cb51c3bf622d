import { describe, expect, it, test } from "vitest";
import { createKeyring } from "../../../platform/secrets/keyring.ts";
import { type ChallengeUse, createChallenges } from "./challenges.ts";

const SECRET = "0123456789abcdef0123456789abcdef";
const MINUTE = 60_000;

function start(issuer = "https://mcp.example", secrets: readonly string[] = [SECRET]) {
  let now = 1_000_000;
  const keyring = createKeyring(secrets);
  return {
    ...createChallenges({ keyring, clock: () => now, issuer }),
    advance: (milliseconds: number) => {
      now += milliseconds;
    },
  };
}

const VISIT = { purpose: "sign_in", boundTo: "visit-1" } as const;

describe("a challenge", () => {
  it("opens for what it was made for, with its own id, end and user handle", () => {
    const { make, open } = start();
    const [one, other] = [make({ ...VISIT, userHandle: "aGFuZGxl" }), make(VISIT)];
    expect(one).toMatch(/^[\w-]+$/);
    expect(open(one, VISIT)).toEqual({
      id: expect.stringMatching(/^[\w-]{22}$/),
      endsAt: 1_000_000 + 30 * MINUTE,
      userHandle: "aGFuZGxl",
    });
    expect(open(other, VISIT)?.userHandle).toBeUndefined();
    expect(open(other, VISIT)?.id).not.toBe(open(one, VISIT)?.id);
  });

  test.each<[string, Pick<ChallengeUse, "purpose" | "boundTo">]>([
    ["another visit", { ...VISIT, boundTo: "visit-2" }],
    ["another purpose", { ...VISIT, purpose: "account" }],
    ["an invitation of the same text", { ...VISIT, purpose: "invitation" }],
  ])("does not open for %s", (_what, use) => {
    const { make, open } = start();
    expect(open(make(VISIT), use)).toBeUndefined();
  });

  it("does not open at another server of the same secret, or under another secret", () => {
    const made = start().make(VISIT);
    expect(start("https://other.example").open(made, VISIT)).toBeUndefined();
    expect(start(undefined, ["another secret of thirty-two letters"]).open(made, VISIT)).toBeUndefined();
    expect(
      start(undefined, ["another secret of thirty-two letters", SECRET]).open(made, VISIT),
    ).toBeDefined();
  });

  it("ends", () => {
    const { make, open, advance } = start();
    const made = make(VISIT);
    advance(30 * MINUTE - 1);
    expect(open(made, VISIT)).toBeDefined();
    advance(1);
    expect(open(made, VISIT)).toBeUndefined();
  });

  it("does not open once anything in it is changed", () => {
    const { make, open } = start();
    const text = Buffer.from(make(VISIT), "base64url").toString();
    const [payload = "", mac = ""] = text.split(".");
    const later = Buffer.from(payload, "base64url")
      .toString()
      .replace(/"endsAt":\d+/, '"endsAt":9999999999999');
    const forged = [
      "",
      "AAAA",
      "not a challenge",
      text,
      Buffer.from(payload).toString("base64url"),
      Buffer.from(`${payload}.`).toString("base64url"),
      Buffer.from(`${Buffer.from(later).toString("base64url")}.${mac}`).toString("base64url"),
    ];
    for (const one of forged) expect(open(one, VISIT), one).toBeUndefined();
  });
});
