import { describe, expect, it } from "vitest";
import { OAuthError } from "../core/errors.ts";
import { createKeyring } from "../platform/keyring.ts";
import { createAttempts, networkOf } from "./attempts.ts";
import { signInWithPassword } from "./password.ts";

const clock = () => 0;

function refusedAfter(tries: number, attempt: () => unknown): number | undefined {
  for (let i = 0; i < tries; i++) {
    try {
      attempt();
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
  it("are slowed per username within twenty tries, and other usernames are left alone", () => {
    const attempts = createAttempts(clock);
    expect(refusedAfter(20, () => attempts.begin("ada", "10.0.0.1"))).toBe(10);
    expect(refusedAfter(5, () => attempts.begin("bob", "10.0.0.1"))).toBeUndefined();
  });

  it("do not lock the person out from elsewhere", () => {
    const attempts = createAttempts(clock);
    refusedAfter(20, () => attempts.begin("ada", "10.0.0.1"));
    expect(() => attempts.begin("ada", "10.0.0.2")).not.toThrow();
  });

  it.each(["ADA", " ada ", "\uff41\uff44\uff41", "ada\u00a0"])(
    "count %j as ada: a directory may forgive it",
    (name) => {
      const attempts = createAttempts(clock);
      refusedAfter(20, () => attempts.begin("ada", "10.0.0.1"));
      expect(() => attempts.begin(name, "10.0.0.1")).toThrow(OAuthError);
    },
  );

  it("are slowed for a quarter of an hour, and then may be made again", () => {
    let now = 0;
    const attempts = createAttempts(() => now);
    refusedAfter(20, () => attempts.begin("ada", "10.0.0.1"));
    now = 15 * 60_000 - 1;
    expect(() => attempts.begin("ada", "10.0.0.1")).toThrow(OAuthError);
    now += 1;
    expect(refusedAfter(20, () => attempts.begin("ada", "10.0.0.1"))).toBe(10);
  });

  it("of one network with a name each are slowed as a network, which leaves other networks alone", () => {
    const attempts = createAttempts(clock);
    let names = 0;
    expect(refusedAfter(300, () => attempts.begin(`person-${++names}`, "10.0.0.1"))).toBe(200);
    expect(() => attempts.begin("ada", "10.0.0.2")).not.toThrow();
  });

  it("that are refused count nowhere: who is slowed does not use up what the network has", () => {
    const attempts = createAttempts(clock);
    for (let i = 0; i < 500; i++) refusedAfter(1, () => attempts.begin("ada", "10.0.0.1"));
    expect(() => attempts.begin("bob", "10.0.0.1")).not.toThrow();
  });

  it("are forgotten once the right one comes", () => {
    const attempts = createAttempts(clock);
    for (let i = 0; i < 9; i++) attempts.begin("ada", "10.0.0.1");
    attempts.begin("ada", "10.0.0.1").succeeded();
    expect(refusedAfter(9, () => attempts.begin("ada", "10.0.0.1"))).toBeUndefined();
  });

  it("do not count where nobody could tell whether they were wrong", () => {
    const attempts = createAttempts(clock);
    for (let i = 0; i < 50; i++) attempts.begin("ada", "10.0.0.1").undecided();
    expect(() => attempts.begin("ada", "10.0.0.1")).not.toThrow();
  });

  it("count before they are made, so that many at once are no way around", async () => {
    let asked = 0;
    const checkUser = async () => {
      asked += 1;
      return null;
    };
    const keyring = createKeyring(["a secret of this test, long enough"]);
    const deps = { checkUser, attempts: createAttempts(clock), keyring, record: async () => {} };
    const guess = () => signInWithPassword({ username: "ada", password: "x", address: "10.0.0.1" }, deps);
    const answers = await Promise.allSettled(Array.from({ length: 50 }, guess));
    expect(answers.filter((answer) => answer.status === "rejected")).toHaveLength(40);
    expect(asked).toBe(10);
  });

  it("from a whole IPv6 /64 count as from one machine (CVE-2026-45364)", () => {
    const attempts = createAttempts(clock);
    let host = 0;
    const next = () => attempts.begin("ada", `2001:db8:1:2::${(++host).toString(16)}`);
    expect(refusedAfter(20, next)).toBe(10);
    expect(() => attempts.begin("ada", "2001:db8:1:3::1")).not.toThrow();
  });

  it("for one username from everywhere are slowed, except from where that username has signed in", () => {
    const attempts = createAttempts(clock);
    attempts.begin("ada", "10.9.9.9").succeeded();
    let machine = 0;
    const botnet = () => attempts.begin("ada", `10.1.${Math.floor(machine / 200)}.${machine++ % 200}`);
    expect(refusedAfter(200, botnet)).toBe(100);
    expect(() => attempts.begin("ada", "10.9.9.9")).not.toThrow();
  });
});

describe("networks", () => {
  it.each([
    ["192.0.2.7", "192.0.2.7"],
    ["::ffff:192.0.2.7", "192.0.2.7"],
    ["2001:db8::1", "2001:db8:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["192.0.2.7:50123", "192.0.2.7"],
    ["[2001:db8::1]:50123", "2001:db8:0:0::/64"],
    ["[2001:db8::1]", "2001:db8:0:0::/64"],
    [undefined, "unknown"],
  ])("%s is %s", (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});
