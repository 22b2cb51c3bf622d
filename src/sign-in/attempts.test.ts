import { describe, expect, it, vi } from "vitest";
import { OAuthError } from "../core/errors.ts";
import { createKeyring } from "../platform/secrets/keyring.ts";
import { memoryCounters } from "../store/counters.ts";
import { createAttempts } from "./attempts.ts";
import { signInWithPassword } from "./password.ts";

const keyring = createKeyring(["a secret of this test, long enough"]);
const newAttempts = (clock = () => 0) => createAttempts({ counters: memoryCounters(), keyring, clock });

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
    const attempts = newAttempts();
    expect(await refusedAfter(20, () => attempts.begin("ada", "10.0.0.1"))).toBe(10);
    expect(await refusedAfter(5, () => attempts.begin("bob", "10.0.0.1"))).toBeUndefined();
  });

  it("do not lock the person out from elsewhere", async () => {
    const attempts = newAttempts();
    await refusedAfter(20, () => attempts.begin("ada", "10.0.0.1"));
    expect(await attempts.begin("ada", "10.0.0.2")).toBeDefined();
  });

  it.each(["ADA", " ada ", "\uff41\uff44\uff41", "ada\u00a0"])(
    "count %j as ada: a directory may forgive it",
    async (name) => {
      const attempts = newAttempts();
      await refusedAfter(20, () => attempts.begin("ada", "10.0.0.1"));
      await expect(attempts.begin(name, "10.0.0.1")).rejects.toThrow(OAuthError);
    },
  );

  it("are slowed for a quarter of an hour, and then may be made again", async () => {
    let now = 0;
    const attempts = newAttempts(() => now);
    await refusedAfter(20, () => attempts.begin("ada", "10.0.0.1"));
    now = 15 * 60_000 - 1;
    await expect(attempts.begin("ada", "10.0.0.1")).rejects.toThrow(OAuthError);
    now += 1;
    expect(await refusedAfter(20, () => attempts.begin("ada", "10.0.0.1"))).toBe(10);
  });

  it("of one network with a name each are slowed as a network, which leaves other networks alone", async () => {
    const attempts = newAttempts();
    let names = 0;
    expect(await refusedAfter(300, () => attempts.begin(`person-${++names}`, "10.0.0.1"))).toBe(200);
    expect(await attempts.begin("ada", "10.0.0.2")).toBeDefined();
  });

  it("that are refused count nowhere: who is slowed does not use up what the network has", async () => {
    const attempts = newAttempts();
    for (let i = 0; i < 500; i++) await refusedAfter(1, () => attempts.begin("ada", "10.0.0.1"));
    expect(await attempts.begin("bob", "10.0.0.1")).toBeDefined();
  });

  it("are forgotten once the right one comes", async () => {
    const attempts = newAttempts();
    for (let i = 0; i < 9; i++) await attempts.begin("ada", "10.0.0.1");
    await (await attempts.begin("ada", "10.0.0.1")).succeeded();
    expect(await refusedAfter(9, () => attempts.begin("ada", "10.0.0.1"))).toBeUndefined();
  });

  it("do not count where nobody could tell whether they were wrong", async () => {
    const attempts = newAttempts();
    for (let i = 0; i < 50; i++) await (await attempts.begin("ada", "10.0.0.1")).undecided();
    expect(await attempts.begin("ada", "10.0.0.1")).toBeDefined();
  });

  it("count before they are made, so that many at once are no way around", async () => {
    let asked = 0;
    const checkUser = async () => {
      asked += 1;
      return null;
    };
    const deps = { checkUser, attempts: newAttempts(), keyring, record: async () => {} };
    const guess = () => signInWithPassword({ username: "ada", password: "x", address: "10.0.0.1" }, deps);
    const answers = await Promise.allSettled(Array.from({ length: 50 }, guess));
    expect(answers.filter((answer) => answer.status === "rejected")).toHaveLength(40);
    expect(asked).toBe(10);
  });

  it("are not asked about where they cannot be counted, and that is not called slowing", async () => {
    const outage = new OAuthError("temporarily_unavailable", "Try again.");
    const counters = { ...memoryCounters(), take: () => Promise.reject(outage) };
    const attempts = createAttempts({ counters, keyring, clock: () => 0 });
    const [checkUser, record] = [vi.fn(), vi.fn()];
    const pair = { username: "ada", password: "x", address: "10.0.0.1" };
    await expect(signInWithPassword(pair, { checkUser, attempts, keyring, record })).rejects.toBe(outage);
    expect(checkUser).not.toHaveBeenCalled();
    expect(record).not.toHaveBeenCalled();
  });

  it("from a whole IPv6 /64 count as from one machine (CVE-2026-45364)", async () => {
    const attempts = newAttempts();
    let host = 0;
    const next = () => attempts.begin("ada", `2001:db8:1:2::${(++host).toString(16)}`);
    expect(await refusedAfter(20, next)).toBe(10);
    expect(await attempts.begin("ada", "2001:db8:1:3::1")).toBeDefined();
  });

  it("for one username from everywhere are slowed, except from where that username has signed in", async () => {
    const attempts = newAttempts();
    await (await attempts.begin("ada", "10.9.9.9")).succeeded();
    let machine = 0;
    const botnet = () => attempts.begin("ada", `10.1.${Math.floor(machine / 200)}.${machine++ % 200}`);
    expect(await refusedAfter(200, botnet)).toBe(100);
    expect(await attempts.begin("ada", "10.9.9.9")).toBeDefined();
  });
});
