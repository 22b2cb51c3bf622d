import { describe, expect, it } from "vitest";
import { decideRedemption, decideRotation, type Grant, sameResource } from "./grant.ts";

const NOW = 1_800_000_000_000;
const GRANT: Grant = {
  id: "g",
  clientId: "client",
  clientName: "Client",
  person: { id: "ada" },
  organization: null,
  resource: "https://mcp.example/mcp",
  scopes: ["mcp"],
  redirectUri: "https://client.example/cb",
  codeChallenge: "challenge",
  codeExpiresAt: NOW + 60_000,
  redeemedAt: null,
  generation: 0,
  rotatedAt: null,
  unusedGeneration: null,
  usedAt: null,
  refreshExpiresAt: NOW + 60_000,
  endsAt: NOW + 1_000_000,
  createdAt: NOW,
  revokedAt: null,
  revokedReason: null,
  approvedAs: null,
  refusedAt: null,
  refusal: null,
};
const REDEMPTION = {
  clientId: "client",
  redirectUri: "https://client.example/cb",
  codeChallenge: "challenge",
  resource: "https://mcp.example/mcp",
};

describe("redeeming a code (OAuth 2.1 §4.1.3)", () => {
  it("goes through for the client, address, verifier and resource of the request", () => {
    expect(decideRedemption(GRANT, REDEMPTION, NOW)).toEqual({ kind: "redeem", grant: GRANT });
    expect(
      decideRedemption(GRANT, { ...REDEMPTION, redirectUri: undefined, resource: undefined }, NOW),
    ).toEqual({ kind: "redeem", grant: GRANT });
  });

  it.each([
    ["another client", { clientId: "other" }, undefined],
    ["another redirect URI", { redirectUri: "https://client.example/cb2" }, "redirect_mismatch"],
    ["another verifier", { codeChallenge: "other" }, "verifier_mismatch"],
    ["another resource", { resource: "https://mcp.example/other" }, "resource_mismatch"],
  ])("is refused for %s, used or not", (_name, wrong, refusal) => {
    for (const grant of [GRANT, { ...GRANT, redeemedAt: NOW, generation: 1 }]) {
      const decision = decideRedemption(grant, { ...REDEMPTION, ...wrong }, NOW);
      expect(decision).toMatchObject({ kind: "refuse" });
      // The person of the grant is told nothing of another client's requests.
      expect("refusal" in decision ? decision.refusal : undefined).toBe(refusal);
    }
  });

  it("is refused for an unknown grant, a revoked one, and at the very end of the code's life", () => {
    expect(decideRedemption(undefined, REDEMPTION, NOW)).toMatchObject({ kind: "refuse" });
    expect(decideRedemption({ ...GRANT, revokedAt: NOW }, REDEMPTION, NOW)).toMatchObject({ kind: "refuse" });
    expect(decideRedemption(GRANT, REDEMPTION, GRANT.codeExpiresAt - 1)).toEqual({
      kind: "redeem",
      grant: GRANT,
    });
    expect(decideRedemption(GRANT, REDEMPTION, GRANT.codeExpiresAt)).toMatchObject({ kind: "refuse" });
  });

  it("is reuse the second time, even after the code has expired", () => {
    const used = { ...GRANT, redeemedAt: NOW, generation: 1 };
    expect(decideRedemption(used, REDEMPTION, NOW)).toEqual({ kind: "reuse", grant: used });
    expect(decideRedemption(used, REDEMPTION, GRANT.codeExpiresAt + 1)).toEqual({
      kind: "reuse",
      grant: used,
    });
  });
});

describe("rotating a refresh token (OAuth 2.1 §4.3.1)", () => {
  const live: Grant = {
    ...GRANT,
    redeemedAt: NOW,
    generation: 5,
    rotatedAt: NOW,
    refreshExpiresAt: NOW + 500_000,
  };
  const rotation = { clientId: "client", generation: 5, resource: undefined };

  it("moves the live generation on", () => {
    expect(decideRotation(live, rotation, NOW, 60)).toEqual({ kind: "rotate", generation: 6, healed: false });
  });

  it("answers the previous generation with the same successor inside the window, and not after it", () => {
    const previous = { ...rotation, generation: 4 };
    expect(decideRotation(live, previous, NOW + 60_000, 60)).toEqual({ kind: "repeat", generation: 5 });
    expect(decideRotation(live, previous, NOW + 60_001, 60)).toEqual({ kind: "reuse" });
  });

  it("answers it after the window too, while nothing of the successor was used: the answer was lost", () => {
    const unused = { ...live, unusedGeneration: 5 };
    const previous = { ...rotation, generation: 4 };
    for (const later of [NOW + 60_001, live.refreshExpiresAt - 1]) {
      expect(decideRotation(unused, previous, later, 60)).toEqual({ kind: "repeat", generation: 5 });
    }
    expect(decideRotation(unused, previous, live.refreshExpiresAt, 60)).toMatchObject({ kind: "refuse" });
    expect(decideRotation({ ...unused, revokedAt: NOW }, previous, NOW, 60)).toMatchObject({
      kind: "refuse",
    });
  });

  it("goes by what is known of the latest generation: an earlier one that was never used excuses nothing", () => {
    const previous = { ...rotation, generation: 4 };
    for (const unusedGeneration of [null, 4, 6]) {
      expect(decideRotation({ ...live, unusedGeneration }, previous, NOW + 60_001, 60)).toEqual({
        kind: "reuse",
      });
    }
  });

  it("takes two generations old for theft at once, inside the window or not, used or not", () => {
    const old = { ...rotation, generation: 3 };
    expect(decideRotation(live, old, NOW, 60)).toEqual({ kind: "reuse" });
    expect(decideRotation({ ...live, unusedGeneration: 5 }, old, NOW, 60)).toEqual({ kind: "reuse" });
  });

  it("heals a row that is behind a token with our MAC", () => {
    expect(decideRotation(live, { ...rotation, generation: 9 }, NOW, 60)).toEqual({
      kind: "rotate",
      generation: 10,
      healed: true,
    });
  });

  it.each([
    ["another client", live, { clientId: "other" }, undefined],
    ["another resource", live, { resource: "https://else.example/" }, "resource_mismatch"],
    ["a revoked grant", { ...live, revokedAt: NOW }, {}, "revoked"],
    ["an idle one past its time", { ...live, refreshExpiresAt: NOW }, {}, "expired"],
    ["one past its end", { ...live, endsAt: NOW }, {}, "expired"],
  ])("is refused for %s, whatever the generation", (_name, grant, wrong, refusal) => {
    for (const generation of [1, 4, 5, 6]) {
      const decision = decideRotation(grant, { ...rotation, generation, ...wrong }, NOW, 60);
      expect(decision).toMatchObject({ kind: "refuse" });
      expect("refusal" in decision ? decision.refusal : undefined).toBe(refusal);
    }
  });
});

describe("resources", () => {
  it("are the same byte for byte, one trailing slash forgiven and nothing else", () => {
    expect(sameResource("https://a.example/mcp", "https://a.example/mcp/")).toBe(true);
    expect(sameResource("https://a.example/mcp//", "https://a.example/mcp")).toBe(false);
    expect(sameResource("https://a.example/mcp", "https://A.example/mcp")).toBe(false);
    expect(sameResource("https://a.example/mcp", "https://a.example/mcp?x")).toBe(false);
  });
});
