import { setImmediate } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openTestStore, type TestStore } from "../../../../test/support/store/test-store.ts";
import { OAuthError } from "../../../core/errors.ts";
import { silentLog } from "../../../platform/logging.ts";
import { createKeyring } from "../../../platform/secrets/keyring.ts";
import { createRecorder } from "../../recorder.ts";
import type { Proof } from "../method.ts";
import { createPasswordCheck } from "../password/check-password.ts";
import { type Attempts, type AttemptsParts, createAttempts } from "./attempts.ts";

const keyring = createKeyring(["a secret of this test, long enough"]);
const PEER = { address: "10.0.0.1", correlationId: "c0ffee" };
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let store: TestStore;
let attempts: Attempts;
let now = 0;
const clock = () => now;

beforeEach(async () => {
  now = 0;
  store = await openTestStore({ database: ":memory:" });
  attempts = createAttempts({ counters: store.counters, store, keyring, clock });
});
afterEach(() => store.close());

/** 0, or the seconds that an attempt must wait. */
async function waitOf(username: string, address?: string): Promise<number> {
  try {
    (await attempts.begin(username, address)).ended();
    return 0;
  } catch (error) {
    expect(error).toMatchObject({ code: "slow_down", status: 429 });
    return (error as OAuthError).retryAfterSeconds ?? Number.NaN;
  }
}

/** How many of so many attempts are let through. */
async function letThrough(tries: number, attempt: (index: number) => readonly [string, string?]) {
  let count = 0;
  for (let index = 0; index < tries; index += 1) if ((await waitOf(...attempt(index))) === 0) count += 1;
  return count;
}

async function signsIn(username: string, address: string, id = username): Promise<void> {
  const attempt = await attempts.begin(username, address);
  await attempt.succeeded({ id });
  attempt.ended();
}

const ada = (address: string) => (): readonly [string, string] => ["ada", address];

describe("wrong passwords from one host", () => {
  it("are slowed per username within twenty tries, and other usernames are left alone", async () => {
    expect(await letThrough(20, ada("10.0.0.1"))).toBe(10);
    expect(await letThrough(5, () => ["bob", "10.0.0.1"])).toBe(5);
  });

  it("do not lock the person out from elsewhere, not even in the same block", async () => {
    await letThrough(20, ada("10.0.0.1"));
    expect(await waitOf("ada", "10.0.0.2")).toBe(0);
    expect(await waitOf("ada", "192.0.2.1")).toBe(0);
  });

  it("are slowed for a quarter of an hour, and then may be made again", async () => {
    await letThrough(20, ada("10.0.0.1"));
    now = 15 * MINUTE - 1;
    expect(await waitOf("ada", "10.0.0.1")).toBe(1);
    now += 1;
    expect(await letThrough(20, ada("10.0.0.1"))).toBe(10);
  });

  it("with a name each are slowed as a host, which leaves others alone", async () => {
    expect(await letThrough(300, (index) => [`person-${index}`, "10.0.0.1"])).toBe(200);
    expect(await waitOf("ada", "10.0.0.2")).toBe(0);
  });

  it("that are refused count nowhere: who is slowed does not use up what the network has", async () => {
    await letThrough(500, ada("10.0.0.1"));
    expect(await waitOf("bob", "10.0.0.1")).toBe(0);
  });

  it("from a whole IPv6 /64 count as from one machine (CVE-2026-45364)", async () => {
    expect(await letThrough(20, (index) => ["ada", `2001:db8:1:2::${index.toString(16)}`])).toBe(10);
    expect(await waitOf("ada", "2001:db8:1:3::1")).toBe(0);
  });

  it.each(["ADA", " ada ", "\uff41\uff44\uff41", "ada\u00a0", "àda", "a\u200bda"])(
    "count %j as ada: a directory may forgive it",
    async (name) => {
      await letThrough(20, ada("10.0.0.1"));
      expect(await waitOf(name, "10.0.0.1")).toBeGreaterThan(0);
    },
  );

  it("count before they are made, so that many at once are no way around", async () => {
    const checkPair = vi.fn(async () => undefined);
    const recorder = createRecorder({ store, clock, log: silentLog });
    const check = createPasswordCheck(checkPair, { attempts, keyring, recorder });
    const guess = () => check({ username: "ada", password: "x" }, "client-1", PEER);
    const answers = await Promise.all(Array.from({ length: 50 }, guess));
    const slowed = answers.filter((answer) => "refusal" in answer && answer.refusal.code === "slow_down");
    expect(slowed).toHaveLength(40);
    expect(checkPair).toHaveBeenCalledTimes(10);
  });

  it("are not asked about where they cannot be counted, and that is not called slowing", async () => {
    const outage = new OAuthError("temporarily_unavailable", "Try again.");
    const counters = { ...store.counters, take: () => Promise.reject(outage) };
    const uncounted = createAttempts({ counters, store, keyring, clock });
    const checkPair = vi.fn(async () => undefined);
    const recorder = createRecorder({ store, clock, log: silentLog });
    const check = createPasswordCheck(checkPair, { attempts: uncounted, keyring, recorder });
    await expect(check({ username: "ada", password: "x" }, "client-1", PEER)).rejects.toBe(outage);
    expect(checkPair).not.toHaveBeenCalled();
    expect(await store.auditAfter(0, 10)).toEqual([]);
  });
});

describe("the right password", () => {
  it("takes back what was counted before it, and itself", async () => {
    await letThrough(9, ada("10.0.0.1"));
    await signsIn("ada", "10.0.0.1");
    expect(await letThrough(20, ada("10.0.0.1"))).toBe(10);
  });

  it("counts nowhere, however often one signs in", async () => {
    for (let times = 0; times < 300; times += 1) await signsIn("ada", "10.0.0.1");
    expect(await waitOf("bob", "10.0.0.1")).toBe(0);
    expect(await waitOf("ada", "192.0.2.1")).toBe(0);
  });

  it.each(["ADA", "Ada", "ada ", "\uff41da", "àda"])(
    "of an account %j takes nothing back that was typed as ada",
    async (theirs) => {
      let guesses = 0;
      for (let times = 0; times < 40; times += 1) {
        guesses += await letThrough(1, ada("10.0.0.1"));
        if ((await waitOf("nobody", "10.0.0.1")) === 0) await attemptAs(theirs, "mallory");
      }
      expect(guesses).toBe(10);
    },
  );

  it("takes back only its own spelling also where a directory takes both for one person", async () => {
    await letThrough(5, ada("10.0.0.1"));
    await letThrough(4, () => ["ADA", "10.0.0.1"]);
    await signsIn("ADA", "10.0.0.1", "person-1");
    expect(await letThrough(20, ada("10.0.0.1"))).toBe(5);
  });

  it("under an alias takes nothing back that was typed under the name", async () => {
    await letThrough(9, ada("10.0.0.1"));
    await signsIn("ada@example.org", "10.0.0.1", "person-1");
    expect(await letThrough(20, ada("10.0.0.1"))).toBe(1);
  });

  it("of another person with the same name takes nothing back from the one who was there first", async () => {
    await signsIn("ada", "192.0.2.1", "tenant-1/ada");
    let guesses = 0;
    for (let times = 0; times < 40; times += 1) {
      guesses += await letThrough(1, ada("10.0.0.1"));
      await attemptAs("ada", "tenant-2/ada");
    }
    expect(guesses).toBe(10);
  });

  it("of another person who was there first still gains no more than the rate of one host", async () => {
    let guesses = 0;
    // No count lasts for longer than an hour.
    for (let minute = 0; minute < 4 * 60; minute += 1) {
      now = minute * MINUTE;
      for (let times = 0; times < 12; times += 1) {
        guesses += await letThrough(1, ada("10.0.0.1"));
        await attemptAs("ada", "tenant-2/ada");
      }
    }
    // 40 an hour, and then one a minute.
    expect(guesses).toBeLessThanOrEqual(4 * 100);
  });

  /** Signs in where that is allowed. */
  async function attemptAs(username: string, id: string): Promise<void> {
    await signsIn(username, "10.0.0.1", id).catch(() => undefined);
  }
});

describe("attempts at once", () => {
  /** Checks the pair of ada and "right"; what is typed as "slow" has no answer. */
  function checking(parts: Partial<AttemptsParts> = {}) {
    const checked: string[] = [];
    const check = createPasswordCheck(
      async (username, password) => {
        checked.push(password);
        if (password === "slow") return new Promise<never>(() => {});
        await setImmediate();
        if (password === "throws") throw new Error("no directory");
        return password === "right" ? proofOf(username) : undefined;
      },
      {
        attempts: createAttempts({ counters: store.counters, store, keyring, clock, ...parts }),
        keyring,
        recorder: createRecorder({ store, clock, log: silentLog }),
      },
    );
    const type = async (password: string, username = "ada") => {
      const result = await check({ username, password }, "client-1", PEER);
      return "proof" in result ? "in" : result.refusal.code;
    };
    return {
      checked,
      type,
      atOnce: (passwords: readonly string[]) => Promise.all(passwords.map((one) => type(one))),
    };
  }
  const times = (count: number, password: string) => Array.from({ length: count }, () => password);

  it("that are all right are all let in, however few tries are left", async () => {
    await letThrough(9, ada("10.0.0.1"));
    expect(await checking().atOnce(times(6, "right"))).toEqual(times(6, "in"));
    expect(await letThrough(20, ada("10.0.0.1"))).toBe(10);
  });

  it("that are all right are all let in where a username has one check a minute", async () => {
    await letThrough(400, (index) => ["ada", `10.1.${index}.1`]);
    expect(await checking().atOnce(times(6, "right"))).toEqual(times(6, "in"));
  });

  it("that are all wrong are no more than one after the other", async () => {
    await letThrough(9, ada("10.0.0.1"));
    const { checked, atOnce } = checking();
    const answers = await atOnce(times(30, "wrong"));
    expect(checked).toHaveLength(1);
    expect(answers.filter((answer) => answer === "slow_down")).toHaveLength(29);
  });

  it("with a right one among them gain what they would gain after it, and never more than the rate of one host", async () => {
    const { checked, atOnce } = checking();
    const guesses = () => checked.filter((password) => password === "wrong").length;
    await atOnce(["right", ...times(40, "wrong")]);
    expect(guesses()).toBeLessThanOrEqual(10 + 10);
    // No count lasts for longer than an hour.
    for (let minute = 0; minute < 2 * 60; minute += 1) {
      now = minute * MINUTE;
      await atOnce([...times(12, "wrong"), "right", ...times(12, "wrong")]);
    }
    expect(guesses()).toBeLessThanOrEqual(2 * 100);
  });

  it("wait for those in flight, ten at most, and hold up no other username", async () => {
    const { checked, type } = checking();
    const answers: string[] = [];
    for (const _ of times(35, "slow")) void type("slow").then((answer) => answers.push(answer));
    await expect.poll(() => answers).toEqual(times(15, "slow_down"));
    expect(checked).toHaveLength(10);
    expect(await type("right", "bob")).toBe("in");
  });

  it("end their wait where the check of those before them throws", async () => {
    await letThrough(9, ada("10.0.0.1"));
    const { type } = checking();
    const [thrown, waited] = await Promise.allSettled([type("throws"), type("right")]);
    expect(thrown).toMatchObject({ status: "rejected" });
    expect(waited).toEqual({ status: "fulfilled", value: "slow_down" });
  });

  it("end their wait where a right one cannot give back what it counted", async () => {
    await letThrough(9, ada("10.0.0.1"));
    const outage = new OAuthError("temporarily_unavailable", "Try again.");
    const rememberNetwork = () => Promise.reject(outage);
    const { type } = checking({ store: { isFamiliarNetwork: store.isFamiliarNetwork, rememberNetwork } });
    const [failed, waited] = await Promise.allSettled([type("right"), type("right")]);
    expect(failed).toEqual({ status: "rejected", reason: outage });
    expect(waited).toEqual({ status: "fulfilled", value: "slow_down" });
  });

  function proofOf(username: string): Proof {
    const identity = { method: "password", issuer: "", subject: username };
    return { identity } as unknown as Proof;
  }
});

describe("wrong passwords for one username from many networks", () => {
  const site = (index: number): readonly [string, string] => [
    "ada",
    `2001:db8:1:${(0x200 + (index % 10)).toString(16)}::1`,
  ];
  const botnet = (index: number): readonly [string, string] => ["ada", `10.1.${index}.1`];

  it("from ten /64s of one /56 lock no one out elsewhere", async () => {
    expect(await letThrough(100, site)).toBe(41);
    expect(await waitOf("ada", "192.0.2.1")).toBe(0);
    expect(await waitOf("ada", "2001:db8:2::1")).toBe(0);
  });

  it("from one /56 slow its neighbours by a minute at the most", async () => {
    await letThrough(100, site);
    expect(await waitOf("ada", "2001:db8:1:300::1")).toBe(0);
    for (let index = 0; index < 100; index += 1) await waitOf("ada", `2001:db8:1:${index}00::1`);
    expect(await waitOf("ada", "2001:db8:1:400::1")).toBeLessThanOrEqual(60);
    now += MINUTE;
    expect(await waitOf("ada", "2001:db8:1:400::1")).toBe(0);
  });

  it.each([
    ["a /48", (index: number) => `2001:db8:1:${index.toString(16)}00::1`],
    ["a /24", (index: number) => `10.1.1.${index}`],
  ])("are slowed for %s as a whole, to one a minute", async (_what, address) => {
    expect(await letThrough(200, (index) => ["ada", address(index)])).toBe(61);
    now += MINUTE - 1;
    expect(await letThrough(200, (index) => ["ada", address(index)])).toBe(0);
    now += 1;
    expect(await letThrough(200, (index) => ["ada", address(index)])).toBe(1);
    expect(await waitOf("ada", "192.0.2.1")).toBe(0);
  });

  it("from everywhere leave each block one check a minute, and never an hour to wait", async () => {
    expect(await letThrough(200, botnet)).toBe(200);
    expect(await letThrough(200, botnet)).toBe(100);
    expect(await letThrough(200, botnet)).toBe(0);
    // A person, from a block where no one guesses.
    expect(await waitOf("ada", "192.0.2.1")).toBe(0);
    expect(await waitOf("ada", "192.0.2.2")).toBe(60);
    now += MINUTE;
    expect(await waitOf("ada", "192.0.2.2")).toBe(0);
  });

  it("leave other usernames alone", async () => {
    await letThrough(400, botnet);
    expect(await waitOf("bob", "192.0.2.1")).toBe(0);
    expect(await waitOf("bob", "192.0.2.2")).toBe(0);
  });

  it("the right one, that came in its minute, does not use it up", async () => {
    await letThrough(400, botnet);
    await signsIn("ada", "192.0.2.1");
    expect(await waitOf("ada", "192.0.2.2")).toBe(0);
  });

  it("do not slow the networks where this username has signed in", async () => {
    await signsIn("ada", "10.9.9.9");
    await letThrough(400, botnet);
    await letThrough(100, (index) => ["ada", `10.9.9.${100 + index}`]);
    expect(await letThrough(20, ada("10.9.9.9"))).toBe(10);
    expect(await waitOf("ada", "10.9.9.8")).toBeGreaterThan(0);
  });

  it("slow them once no one has signed in there for 90 days", async () => {
    await signsIn("ada", "10.9.9.9");
    now = 90 * 24 * HOUR - 1;
    await letThrough(400, botnet);
    expect(await letThrough(3, ada("10.9.9.9"))).toBe(3);
    now += 1;
    expect(await letThrough(3, ada("10.9.9.9"))).toBe(1);
  });

  it.each([
    ["another spelling", "ADA", "mallory"],
    ["an alias", "ada@example.org", "ada"],
  ])("%s makes no network familiar to the name", async (_what, name, id) => {
    await signsIn(name, "10.9.9.9", id);
    await letThrough(400, botnet);
    expect(await letThrough(3, ada("10.9.9.9"))).toBe(1);
  });

  it("another person of the same name makes no network familiar to it", async () => {
    await signsIn("ada", "192.0.2.1", "tenant-1/ada");
    await signsIn("ada", "10.9.9.9", "tenant-2/ada");
    await letThrough(400, botnet);
    expect(await letThrough(3, ada("10.9.9.9"))).toBe(1);
  });
});

describe("wrong passwords for many usernames", () => {
  it.each([
    ["a /56", 400, (index: number) => `2001:db8:1:2${(index % 16).toString(16)}::1`],
    ["a /48", 800, (index: number) => `2001:db8:1:${index.toString(16)}::1`],
    ["a /24", 800, (index: number) => `10.1.1.${index % 250}`],
  ])("from %s are %i in a quarter of an hour", async (_what, limit, address) => {
    expect(await letThrough(1000, (index) => [`person-${index}`, address(index)])).toBe(limit);
    now = 15 * MINUTE;
    expect(await letThrough(1000, (index) => [`person-${index}`, address(index)])).toBe(limit);
  });

  it("do not slow a neighbour where they have signed in before", async () => {
    await signsIn("ada", "10.1.1.251");
    await letThrough(1000, (index) => [`person-${index}`, `10.1.1.${index % 250}`]);
    expect(await waitOf("ada", "10.1.1.251")).toBe(0);
    expect(await waitOf("bob", "10.1.1.251")).toBeGreaterThan(0);
  });
});

it.each([
  [1, "a minute"],
  [60, "a minute"],
  [61, "2 minutes"],
  [900, "15 minutes"],
])("with %i seconds to wait, the message says how long", async (seconds, said) => {
  await letThrough(10, ada("10.0.0.1"));
  now = (900 - seconds) * 1000;
  await expect(attempts.begin("ada", "10.0.0.1")).rejects.toMatchObject({
    message: `Too many attempts to sign in. Try again in ${said}.`,
    retryAfterSeconds: seconds,
  });
});

it("where no address is known, everyone is one host, and no name is slowed by others", async () => {
  expect(await letThrough(20, () => ["ada"])).toBe(10);
  for (let index = 0; index < 300; index += 1) expect(await waitOf(`person-${index}`)).toBe(0);
});
