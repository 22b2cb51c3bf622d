import { describe, expect, it } from "vitest";
import type { Auth } from "../core/auth.ts";
import { silentLog } from "../platform/logging.ts";
import { createGuard } from "./guard.ts";

const NOW = Date.UTC(2026, 10, 1);
const RESOURCE = "https://mcp.example/mcp";
const RESOURCE_METADATA = "https://mcp.example/.well-known/oauth-protected-resource/mcp";
const AUTH: Auth = {
  person: { id: "ada" },
  organization: null,
  client: { id: "client-1", name: null },
  scopes: ["mcp"],
  issuer: "https://mcp.example",
  audience: RESOURCE,
  issuedAt: NOW / 1000,
  expiresAt: NOW / 1000 + 600,
  tokenId: "token-1",
  grantId: "grant-1",
  claims: {},
  token: "token",
};

/** A guard to which every token is good, and how often it verified one. */
function startGuard(changes: Partial<Auth> = {}) {
  const auth = { ...AUTH, ...changes };
  const state = { verified: 0, hears: true, held: Promise.resolve() };
  const guard = createGuard({
    resourceMetadata: RESOURCE_METADATA,
    requiredScopes: ["mcp"],
    implies: new Map([["admin", ["mcp", "write"]]]),
    announce: (scope) => `api://${scope}`,
    async verify() {
      state.verified += 1;
      await state.held;
      return { kind: "verified", auth };
    },
    cachedTokens: 10,
    holdsRevocationLease: () => state.hears,
    clock: () => NOW,
    log: silentLog,
  });
  const ask = (authorization?: string, ...more: readonly string[]) =>
    guard(new Request(RESOURCE, authorization === undefined ? {} : { headers: { authorization } }), ...more);
  return {
    guard,
    auth,
    state,
    ask,
    async timesVerified(requests: number, authorization = "Bearer token") {
      const before = state.verified;
      for (let i = 0; i < requests; i += 1) expect(await ask(authorization)).toBe(auth);
      return state.verified - before;
    },
  };
}

describe("what a guard remembers of a token", () => {
  it.each(["Bearer token", "bearer  token"])("is verified once (%s)", async (authorization) => {
    expect(await startGuard().timesVerified(3, authorization)).toBe(1);
  });

  it.each(["Bearer token", "bearer  token"])(
    "counts for nothing while revocations are not heard of: each request is verified again (%s)",
    async (authorization) => {
      const { timesVerified, state } = startGuard();
      await timesVerified(1, authorization);
      state.hears = false;
      expect(await timesVerified(3, authorization)).toBe(3);
      state.hears = true;
      expect(await timesVerified(3, authorization)).toBe(0);
    },
  );

  it("may have ended then: a request that was let in before asks again", async () => {
    const { guard, auth, ask, state } = startGuard();
    await ask("Bearer token");
    expect(guard.isOutdated(auth)).toBe(false);
    state.hears = false;
    expect(guard.isOutdated(auth)).toBe(true);
  });

  it("counts for nothing then without a grant either: the person may be disabled", async () => {
    const { timesVerified, state } = startGuard({ grantId: null });
    await timesVerified(1);
    state.hears = false;
    expect(await timesVerified(3)).toBe(3);
  });

  it.each([
    ["invalidate", "grant-1"],
    ["invalidatePerson", "ada"],
    ["invalidateAll", ""],
  ] as const)("is not what was being verified at %s", async (invalidate, what) => {
    const { guard, ask, state, timesVerified } = startGuard();
    let release = () => {};
    state.held = new Promise((resolve) => {
      release = resolve;
    });
    const answer = ask("Bearer token");
    guard[invalidate](what);
    release();
    await answer;
    expect(await timesVerified(1)).toBe(1);
  });
});

describe("what a guard asks for", () => {
  const challengeTo = async (answer: Promise<Auth | Response>) => {
    const response = await answer;
    if (!(response instanceof Response)) return "let in";
    return `${response.status} ${response.headers.get("www-authenticate")}`;
  };

  it("is what every request needs and what this one does, by the names that clients use", async () => {
    const { ask } = startGuard({ scopes: ["read"] });
    const at = `resource_metadata="${RESOURCE_METADATA}"`;
    expect(await challengeTo(ask())).toBe(`401 Bearer scope="api://mcp", ${at}`);
    expect(await challengeTo(ask(undefined, "write"))).toBe(
      `401 Bearer scope="api://mcp api://write", ${at}`,
    );
    expect(await challengeTo(ask("Bearer token"))).toContain('scope="api://read api://mcp"');
    const refused = await challengeTo(ask("Bearer token", "write"));
    expect(refused).toMatch(/^403 .*error="insufficient_scope"/);
    expect(refused).toContain('scope="api://read api://mcp api://write"');
  });

  it.each([
    [["mcp"], [], true],
    [["write"], [], false],
    [["mcp"], ["write"], false],
    [["write"], ["write"], false],
    [["mcp", "write"], ["write"], true],
    [["admin"], ["write"], true],
    [["admin"], ["other"], false],
  ])("of a token with %j and a request for %j: let in is %s", async (scopes, needed, letIn) => {
    const { guard, ask, auth } = startGuard({ scopes });
    expect((await ask("Bearer token", ...needed)) === auth).toBe(letIn);
    expect(guard.hasScopes(auth, ["mcp", ...needed])).toBe(letIn);
  });
});
