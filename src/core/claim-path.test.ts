import { describe, expect, it } from "vitest";
import { claimAt } from "./claim-path.ts";

describe("a claim by name or path", () => {
  it("is one that was sent, never one that every object has", () => {
    for (const path of ["constructor", "toString", "__proto__", "a.constructor", "a.hasOwnProperty"]) {
      expect(claimAt({ a: {} }, path)).toBeUndefined();
    }
  });

  it("is that of exactly this name, else of the longest name that is there", () => {
    const claims = { "a.b": { c: 1 }, a: { "b.c": 2, b: { c: 3, d: 4 } } };
    expect(claimAt({ ...claims, "a.b.c": 0 }, "a.b.c")).toBe(0);
    expect(claimAt(claims, "a.b.c")).toBe(1);
    // Where the longer one leads nowhere, the shorter one is followed.
    expect(claimAt(claims, "a.b.d")).toBe(4);
    expect(claimAt({ a: claims.a }, "a.b.c")).toBe(2);
  });

  it.each(["", ".", ".a", "a.", "a..b"])("%j leads nowhere", (path) => {
    expect(claimAt({ a: { b: 1 } }, path)).toBeUndefined();
  });
});
