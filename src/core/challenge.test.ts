import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatChallenge, readBearer } from "./challenge.ts";

describe("the Authorization header (RFC 6750 §2.1)", () => {
  it.each([
    ["Bearer abc", "abc"],
    ["bearer abc", "abc"],
    ["BEARER   abc==", "abc=="],
    ["Bearer a.b-c_d~e+f/g", "a.b-c_d~e+f/g"],
  ])("%j holds a token", (header, token) => {
    expect(readBearer(header)).toEqual({ kind: "token", token });
  });

  it.each(["Bearer", "Bearer ", "Bearer a b", "Bearer a,b", "Bearer =", 'Bearer "a"', "Bearer ä"])(
    "%j is malformed",
    (header) => {
      expect(readBearer(header)).toEqual({ kind: "malformed" });
    },
  );

  it.each([null, "", "Basic abc", "Bearerabc", "DPoP abc"])("%j holds none", (header) => {
    expect(readBearer(header)).toEqual({ kind: "none" });
  });

  it("never reads a token that is not b64token", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const read = readBearer(`Bearer ${text}`);
        if (read.kind === "token") expect(read.token).toMatch(/^[A-Za-z0-9\-._~+/]+=*$/);
      }),
    );
  });
});

describe("the challenge (RFC 6750 §3)", () => {
  it("has no error where there were no credentials", () => {
    expect(formatChallenge({ resourceMetadata: "https://a.example/prm", scopes: ["mcp", "x"] })).toBe(
      'Bearer scope="mcp x", resource_metadata="https://a.example/prm"',
    );
  });

  it("cannot be broken out of by a description", () => {
    fc.assert(
      fc.property(fc.string(), (description) => {
        const text = formatChallenge({
          resourceMetadata: "https://a.example",
          error: "invalid_token",
          description,
        });
        expect(text).toMatch(/^[\x20-\x7E]+$/);
        expect(text.match(/"/g)?.length ?? 0).toBe(description === "" ? 4 : 6);
      }),
    );
  });
});
