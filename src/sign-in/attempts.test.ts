import { describe, expect, it } from "vitest";
import { OAuthError } from "../core/errors.ts";
import { createAttempts, networkOf } from "./attempts.ts";

async function refusedAfter(tries: number, attempt: () => Promise<unknown>): Promise<number | undefined> {
  for (let i = 0; i < tries; i++) {
    try {
      await attempt();
    } catch (error) {
      expect(error).toBeInstanceOf(OAuthError);
      expect(error).toMatchObject({ code: "slow_down", status: 429 });
      expect((error as OAuthError).retryAfterSeconds).toBeGreaterThan(0);
      return i;
    }
  }
  return undefined;
}

describe("wrong passwords", () => {
  it("are slowed per username within twenty tries, and other usernames are left alone", async () => {
    const attempts = createAttempts();
    expect(await refusedAfter(20, () => attempts.begin("ada", "10.0.0.1"))).toBe(10);
    expect(await refusedAfter(5, () => attempts.begin("bob", "10.0.0.1"))).toBeUndefined();
  });

  it("do not lock the person out from elsewhere", async () => {
    const attempts = createAttempts();
    await refusedAfter(20, () => attempts.begin("ada", "10.0.0.1"));
    await expect(attempts.begin("ada", "10.0.0.2")).resolves.toBeDefined();
  });

  it("count the name in whatever case it is typed", async () => {
    const attempts = createAttempts();
    await refusedAfter(20, () => attempts.begin("ada", "10.0.0.1"));
    await expect(attempts.begin("ADA", "10.0.0.1")).rejects.toThrow(OAuthError);
  });

  it("are forgotten once the right one comes", async () => {
    const attempts = createAttempts();
    for (let i = 0; i < 9; i++) await attempts.begin("ada", "10.0.0.1");
    await (await attempts.begin("ada", "10.0.0.1")).succeeded();
    expect(await refusedAfter(9, () => attempts.begin("ada", "10.0.0.1"))).toBeUndefined();
  });

  it("do not count where nobody could tell whether they were wrong", async () => {
    const attempts = createAttempts();
    for (let i = 0; i < 50; i++) await (await attempts.begin("ada", "10.0.0.1")).undecided();
    await expect(attempts.begin("ada", "10.0.0.1")).resolves.toBeDefined();
  });

  it("count before they are made, so that many at once are no way around", async () => {
    const attempts = createAttempts();
    const answers = await Promise.allSettled(
      Array.from({ length: 50 }, () => attempts.begin("ada", "10.0.0.1")),
    );
    expect(answers.filter((answer) => answer.status === "fulfilled")).toHaveLength(10);
  });

  it("from a whole IPv6 /64 count as from one machine (CVE-2026-45364)", async () => {
    const attempts = createAttempts();
    let host = 0;
    const next = () => attempts.begin("ada", `2001:db8:1:2::${(++host).toString(16)}`);
    expect(await refusedAfter(20, next)).toBe(10);
    await expect(attempts.begin("ada", "2001:db8:1:3::1")).resolves.toBeDefined();
  });

  it("for one username from everywhere are slowed, except from where that username has signed in", async () => {
    const attempts = createAttempts();
    await (await attempts.begin("ada", "10.9.9.9")).succeeded();
    let machine = 0;
    const botnet = () => attempts.begin("ada", `10.1.${Math.floor(machine / 200)}.${machine++ % 200}`);
    expect(await refusedAfter(200, botnet)).toBe(100);
    await expect(attempts.begin("ada", "10.9.9.9")).resolves.toBeDefined();
  });
});

describe("networks", () => {
  it.each([
    ["192.0.2.7", "192.0.2.7"],
    ["::ffff:192.0.2.7", "192.0.2.7"],
    ["2001:db8::1", "2001:db8:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    [undefined, "unknown"],
  ])("%s is %s", (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});
