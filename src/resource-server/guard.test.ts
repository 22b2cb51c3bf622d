import { describe, expect, it } from "vitest";
import type { Auth } from "../core/auth.ts";
import { silentLog } from "../platform/logging.ts";
import { createGuard } from "./guard.ts";

const NOW = Date.UTC(2026, 10, 1);
const AUTH: Auth = {
  person: { id: "ada" },
  client: { id: "client-1", name: null },
  scopes: ["mcp"],
  issuer: "https://mcp.example",
  audience: "https://mcp.example/mcp",
  issuedAt: NOW / 1000,
  expiresAt: NOW / 1000 + 600,
  tokenId: "token-1",
  grantId: "grant-1",
  claims: {},
  token: "token",
};

/** A guard that takes the word of the test for every token, and counts how often it verified one. */
function guardOf(grantId: string | null) {
  let verified = 0;
  let hears = true;
  const guard = createGuard({
    resourceMetadata: "https://mcp.example/.well-known/oauth-protected-resource/mcp",
    requiredScopes: ["mcp"],
    implies: new Map(),
    async verify(token) {
      verified += 1;
      return { kind: "verified", auth: { ...AUTH, grantId, token } };
    },
    cachedTokens: 10,
    hearsOfRevocations: () => hears,
    clock: () => NOW,
    log: silentLog,
  });
  const ask = (authorization: string) => guard(new Request(AUTH.audience, { headers: { authorization } }));
  return {
    async timesVerified(requests: number, authorization = "Bearer token") {
      const before = verified;
      for (let i = 0; i < requests; i += 1) expect(await ask(authorization)).toMatchObject({ grantId });
      return verified - before;
    },
    hear(whether: boolean) {
      hears = whether;
    },
  };
}

describe("what a guard remembers of a token", () => {
  it.each(["Bearer token", "bearer  token"])("is verified once (%s)", async (authorization) => {
    expect(await guardOf("grant-1").timesVerified(3, authorization)).toBe(1);
  });

  it.each(["Bearer token", "bearer  token"])(
    "counts for nothing while revocations are not heard of: each request is verified again (%s)",
    async (authorization) => {
      const { timesVerified, hear } = guardOf("grant-1");
      await timesVerified(1, authorization);
      hear(false);
      expect(await timesVerified(3, authorization)).toBe(3);
      hear(true);
      expect(await timesVerified(3, authorization)).toBe(0);
    },
  );

  it("counts all the same where the token comes of no grant that could be revoked", async () => {
    const { timesVerified, hear } = guardOf(null);
    await timesVerified(1);
    hear(false);
    expect(await timesVerified(3)).toBe(0);
  });
});
