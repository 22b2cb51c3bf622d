import { describe, expect, it } from "vitest";
import { expectedMilliseconds, type PasswordHash } from "./password-hash.ts";
import { createSlowestHash, dummyBeside } from "./slowest-hash.ts";

/** What is found with these kinds in the store, and how often it was asked. */
function slowestOf(kinds: readonly string[]) {
  let [now, asked] = [0, 0];
  let isDown = false;
  const slowest = createSlowestHash({
    store: {
      async listCredentialKinds() {
        asked += 1;
        if (isDown) throw new Error("the database is down");
        return kinds;
      },
    },
    clock: () => now,
  });
  return {
    slowest,
    asked: () => asked,
    pass(ms: number) {
      now += ms;
    },
    fail(down: boolean) {
      isDown = down;
    },
  };
}

const OURS = { kind: "argon2", algorithm: "argon2id", memoryKibibytes: 32_768, passes: 2, lanes: 1 } as const;

describe("the slowest hash", () => {
  it.each([
    ["none yet", [], OURS],
    ["ours alone", ["$argon2id$v=19$m=32768,t=2,p=1$"], OURS],
    ["faster ones", ["$2b$04$", "$argon2id$v=19$m=8,t=1,p=1$", "$scrypt$ln=4,r=8,p=1$"], OURS],
    ["a slower bcrypt", ["$2b$10$", "$2b$12$"], { kind: "bcrypt", cost: 12 }],
    ["a slower scrypt", ["$2b$12$", "$scrypt$ln=17,r=8,p=1$"], { kind: "scrypt", logN: 17 }],
    ["what is not a hash", ["", "$1$", "$2b$31$", "$argon2id$v=19$m=4194304,t=1,p=1$"], OURS],
  ])("is of the kinds in the store: %s", async (_what, kinds, found) => {
    expect(await slowestOf(kinds).slowest()).toMatchObject(found);
  });

  it("is remembered for a minute, and not where the database did not answer", async () => {
    const { slowest, asked, pass, fail } = slowestOf([]);
    fail(true);
    await expect(slowest()).rejects.toThrow("down");
    fail(false);
    await Promise.all([slowest(), slowest(), slowest()]);
    pass(59_999);
    await slowest();
    expect(asked()).toBe(2);
    pass(1);
    await slowest();
    expect(asked()).toBe(3);
  });
});

describe("beside a person's own hash", () => {
  const bcrypt = (cost: number): PasswordHash => ({ kind: "bcrypt", cost, text: "" });

  it("nothing is computed where it is as slow, the slowest where it is faster, and for an unknown name too", () => {
    expect(dummyBeside(bcrypt(12), bcrypt(12))).toBeUndefined();
    expect(dummyBeside(bcrypt(13), bcrypt(12))).toBeUndefined();
    expect(dummyBeside(bcrypt(4), bcrypt(12))).toEqual(bcrypt(12));
    expect(dummyBeside(undefined, bcrypt(12))).toEqual(bcrypt(12));
  });

  it("whoever is there, the longest computation takes the same", () => {
    const [slowest] = [bcrypt(12)];
    const longest = (own: PasswordHash | undefined) =>
      Math.max(...[own, dummyBeside(own, slowest)].map((hash) => (hash ? expectedMilliseconds(hash) : 0)));
    for (const own of [undefined, bcrypt(4), bcrypt(10), bcrypt(12)]) {
      expect(longest(own)).toBe(expectedMilliseconds(slowest));
    }
  });
});
