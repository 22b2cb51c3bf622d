import { describe, expect, it } from "vitest";
import { hasExpired, refuseClaims } from "./access-token.ts";

const NOW = 1_800_000_000;
const RESOURCE = "https://mcp.example/mcp";
const EXPECTED = {
  issuer: "https://as.example",
  resource: RESOURCE,
  leewaySeconds: 60,
  expiryLeewaySeconds: 30,
};
const CLAIMS = { iss: EXPECTED.issuer, aud: RESOURCE, iat: NOW - 10, exp: NOW + 600 };

describe("the claims of an access token (RFC 9068 §4)", () => {
  it.each<[string, object, string | undefined]>([
    ["all that is right", {}, undefined],
    ["another issuer", { iss: "https://as.example/" }, "wrong issuer"],
    ["another audience", { aud: "https://mcp.example" }, "wrong audience"],
    ["no audience at all", { aud: [] }, "wrong audience: got none"],
    ["ours among several audiences", { aud: ["https://a.example", RESOURCE] }, undefined],
    ["several without ours", { aud: ["https://a.example", "https://b.example"] }, "wrong audience"],
    ["the last second of its life, with the leeway", { exp: NOW - 29 }, undefined],
    ["an end at the leeway", { exp: NOW - 30 }, "expired"],
    ["a beginning within the leeway", { nbf: NOW + 60 }, undefined],
    ["a beginning beyond it", { nbf: NOW + 61 }, "nbf"],
    ["an issue within the leeway", { iat: NOW + 60 }, undefined],
    ["an issue beyond it", { iat: NOW + 61 }, "iat"],
  ])("%s", (_, changes, why) => {
    const refusal = refuseClaims({ ...CLAIMS, ...changes }, EXPECTED, NOW);
    if (why === undefined) expect(refusal).toBeUndefined();
    else expect(refusal).toContain(why);
  });

  it("end with exp where there is no leeway", () => {
    const strict = { expiryLeewaySeconds: 0 };
    expect(hasExpired({ exp: NOW + 1 }, strict, NOW)).toBe(false);
    expect(hasExpired({ exp: NOW }, strict, NOW)).toBe(true);
  });
});
