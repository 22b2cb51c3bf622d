import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { missingScopes, narrowScopes, parseScopes, type ScopeCatalogue, union } from "./scopes.ts";

const catalogue: ScopeCatalogue = {
  descriptions: new Map([
    ["mcp", "Use it"],
    ["read", "Read"],
    ["write", "Write"],
  ]),
  required: ["mcp"],
  implies: new Map([["write", ["read"]]]),
};

describe("scopes (RFC 6749 §3.3)", () => {
  it("are case-sensitive tokens, each counted once, anything else left out", () => {
    expect(parseScopes('a A a  b"c d\\e é f')).toEqual(["a", "A", "f"]);
    expect(parseScopes(undefined)).toEqual([]);
  });

  it("narrow to what is known, with what is required", () => {
    expect(narrowScopes(["read", "admin", "offline_access"], catalogue)).toEqual(["mcp", "read"]);
    expect(narrowScopes([], catalogue)).toEqual(["mcp"]);
  });

  it("imply narrower ones, through several steps and around cycles", () => {
    const implies = new Map([
      ["admin", ["write"]],
      ["write", ["read"]],
      ["read", ["admin"]],
    ]);
    expect(missingScopes(["read"], ["admin"], implies)).toEqual([]);
    expect(missingScopes(["read", "other"], ["write"], implies)).toEqual(["other"]);
    expect(missingScopes(["write"], ["read"])).toEqual(["write"]);
  });

  it("never miss what is granted, and a union misses nothing", () => {
    const scope = fc.constantFrom("a", "b", "c", "d");
    fc.assert(
      fc.property(fc.array(scope), fc.array(scope), (needed: string[], granted: string[]) => {
        expect(missingScopes(needed, granted).some((s) => granted.includes(s))).toBe(false);
        expect(missingScopes(needed, union(granted, needed))).toEqual([]);
      }),
    );
  });
});
