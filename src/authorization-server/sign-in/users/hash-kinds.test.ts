import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createHashKinds, dummiesBeside } from "./hash-kinds.ts";
import { dummyHash, expectedMilliseconds, type PasswordHash } from "./password-hash.ts";

/** What is found with these kinds in the store, and how often it was asked. */
function kindsOf(stored: readonly string[]) {
  let [now, asked] = [0, 0];
  let isDown = false;
  const kinds = createHashKinds({
    store: {
      async listCredentialKinds() {
        asked += 1;
        if (isDown) throw new Error("the database is down");
        return stored;
      },
    },
    clock: () => now,
  });
  return {
    kinds,
    asked: () => asked,
    pass(ms: number) {
      now += ms;
    },
    fail(down: boolean) {
      isDown = down;
    },
  };
}

const OURS = { kind: "argon2", algorithm: "argon2id", memoryKibibytes: 32_768, passes: 2, lanes: 1 };
const BCRYPT = "$2b$12$";
const SCRYPT = "$scrypt$ln=15,r=8,p=1$";

describe("the kinds of hashes", () => {
  it.each([
    ["none yet", [], [OURS]],
    ["ours alone", ["$argon2id$v=19$m=32768,t=2,p=1$"], [OURS]],
    ["bcrypt under its three names", ["$2a$04$", "$2b$04$", "$2y$04$"], [OURS, { cost: 4 }]],
    ["slower and faster ones", ["$2b$04$", BCRYPT], [{ cost: 12 }, OURS, { cost: 4 }]],
    [
      "what is not a hash, or takes too long to compute",
      ["", "$1$", "$2b$31$", "$argon2id$v=19$m=4194304,t=1,p=1$"],
      [OURS],
    ],
    [
      "more than are computed",
      ["$2b$04$", "$2b$10$", "$2b$11$", "$2b$12$", "$2b$13$"],
      [{ cost: 13 }, { cost: 12 }, { cost: 11 }, { cost: 10 }],
    ],
  ])("in the directory: %s", async (_what, stored, found) => {
    const kinds = await kindsOf(stored).kinds();
    expect(kinds).toHaveLength(found.length);
    expect(kinds).toMatchObject(found);
  });

  it("are remembered for a minute, and not where the database did not answer", async () => {
    const { kinds, asked, pass, fail } = kindsOf([]);
    fail(true);
    await expect(kinds()).rejects.toThrow("down");
    fail(false);
    await Promise.all([kinds(), kinds(), kinds()]);
    pass(59_999);
    await kinds();
    expect(asked()).toBe(2);
    pass(1);
    await kinds();
    expect(asked()).toBe(3);
  });
});

function hashOf(beginning: string): PasswordHash {
  const hash = dummyHash(beginning);
  if ("problem" in hash) throw new Error(`${beginning} ${hash.problem}`);
  return hash;
}

/** The work of a wrong password, in an order of its own. */
const workOf = (own: PasswordHash | undefined, kinds: readonly PasswordHash[]) =>
  [...(own ? [own] : []), ...dummiesBeside(own, kinds)].map(expectedMilliseconds).toSorted((a, b) => a - b);

describe("a wrong password", () => {
  it("is the same work for an unknown name and for a person with a hash of any kind in the directory", async () => {
    const beginning = fc.oneof(
      fc.integer({ min: 4, max: 15 }).map((cost) => `$2b$${String(cost).padStart(2, "0")}$`),
      fc.integer({ min: 1, max: 17 }).map((ln) => `$scrypt$ln=${ln},r=8,p=1$`),
      fc
        .tuple(fc.integer({ min: 8, max: 65_536 }), fc.integer({ min: 1, max: 4 }))
        .map(([m, t]) => `$argon2id$v=19$m=${m},t=${t},p=1$`),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(beginning, { maxLength: 3 }), async (stored) => {
        const kinds = await kindsOf(stored).kinds();
        for (const own of stored) expect(workOf(hashOf(own), kinds)).toEqual(workOf(undefined, kinds));
      }),
    );
  });

  it("is one hash where the directory has one kind", async () => {
    const kinds = await kindsOf(["$argon2id$v=19$m=32768,t=2,p=1$"]).kinds();
    expect(dummiesBeside(kinds[0], kinds)).toEqual([]);
    expect(dummiesBeside(undefined, kinds)).toEqual(kinds);
  });

  it("for a kind that is not computed, or was imported just now, counts as one that is", async () => {
    const kinds = await kindsOf([BCRYPT, SCRYPT]).kinds();
    expect(kinds).toMatchObject([{ cost: 12 }, { logN: 15 }, OURS]);
    expect(dummiesBeside(hashOf("$2b$04$"), kinds)).toEqual(kinds.slice(0, 2));
    expect(dummiesBeside(hashOf("$2b$11$"), kinds)).toEqual(kinds.slice(1));
    expect(dummiesBeside(hashOf("$2b$14$"), kinds)).toEqual(kinds.slice(1));
  });
});
