import { describe, expect, it } from "vitest";
import { createUpstreamMemory } from "./memory.ts";

describe("what is remembered", () => {
  const forever = { until: Number.POSITIVE_INFINITY };
  const found = async (memory: ReturnType<typeof createUpstreamMemory<string>>, person: string) =>
    memory.find(person, "acme", async () => ({ found: person, ...forever }));

  it("is bounded: the one who came first goes first", async () => {
    const memory = createUpstreamMemory<string>(
      () => 0,
      () => true,
      2,
    );
    for (const person of ["a", "b", "c"]) await found(memory, person);
    expect(["a", "b", "c"].map((person) => memory.get(person, "acme"))).toEqual([undefined, "b", "c"]);
  });

  it("is no one else's and of no other service, whatever they are called", async () => {
    const memory = createUpstreamMemory<string>(
      () => 0,
      () => true,
    );
    await memory.find("ada", "acme", async () => ({ found: "ada's", ...forever }));
    for (const [person, name] of [
      ["ada acme", ""],
      ["adaacme", "acme"],
      ["ada", "acm"],
      ["__proto__", "acme"],
      ["ada", "constructor"],
    ] as const) {
      expect(memory.get(person, name)).toBeUndefined();
    }
  });

  it("is found out once by who asks at the same time, and again after it failed", async () => {
    const memory = createUpstreamMemory<string>(
      () => 0,
      () => true,
    );
    let looks = 0;
    const look = async () => {
      looks += 1;
      await Promise.resolve();
      if (looks === 1) throw new Error("not now");
      return { found: "ada's", ...forever };
    };
    const failing = [1, 2].map(() => memory.find("ada", "acme", look));
    for (const one of failing) await expect(one).rejects.toThrow("not now");
    expect(await Promise.all([1, 2].map(() => memory.find("ada", "acme", look)))).toEqual(["ada's", "ada's"]);
    expect(looks).toBe(2);
  });
});
