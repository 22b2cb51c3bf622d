import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createMcpEndpoint } from "../../src/mcp/endpoint.ts";
import { createRegistrations } from "../../src/mcp/registrations.ts";
import { refuseForeignHost } from "../../src/platform/host-header.ts";
import { silentLog } from "../../src/platform/logging.ts";
import { createGuard } from "../../src/resource-server/guard.ts";
import { fixtureState, registerFixture } from "./fixture-server.ts";
import { type Forwarder, startForwarder } from "./forwarder.ts";
import { runServerScenarios, scoredScenarios } from "./runner.ts";

type Fixture = { readonly mcpUrl: string; readonly token: string; close(): Promise<void> };

let fixture: Fixture;
let forwarder: Forwarder;

beforeAll(async () => {
  fixture = await startFixture();
  forwarder = await startForwarder(fixture.mcpUrl, fixture.token);
});

afterAll(async () => {
  await forwarder?.close();
  await fixture?.close();
});

describe.each(["2025-11-25", "2026-07-28"])("the server scenarios that %s requires", (revision) => {
  it("pass through the guard", { timeout: 300_000 }, async () => {
    const scored = await scoredScenarios(revision);
    expect(scored.length).toBeGreaterThan(25);
    const { exitCode, scenarios, output } = await runServerScenarios(forwarder.url, revision);
    const results = scored.map((name) => ({ name, ...scenarios.get(name) }));
    expect(
      results.filter(({ passed, failed }) => !passed || failed !== 0),
      output,
    ).toEqual([]);
    expect(exitCode, output).toBe(0);
  });
});

async function startFixture(): Promise<Fixture> {
  const token = "the-token-of-the-forwarder";
  const registrations = createRegistrations();
  registerFixture(registrations);
  const resource = "http://127.0.0.1/mcp";
  const endpoint = createMcpEndpoint({
    identity: { name: "conformance-fixture", version: "1.0.0", requestState: fixtureState },
    registrations,
    guard: createGuard({
      resourceMetadata: "http://127.0.0.1/.well-known/oauth-protected-resource/mcp",
      requiredScopes: [],
      implies: new Map(),
      verify: async (presented) =>
        presented === token
          ? { kind: "verified", auth: authOf(token, resource) }
          : { kind: "refused", why: "another token" },
      clock: Date.now,
      log: silentLog,
    }),
    settings: {
      resource,
      catalogue: { descriptions: new Map(), required: [], implies: new Map() },
      sessions: true,
    },
    clock: Date.now,
    log: silentLog,
  });
  const server = serve({
    fetch: (request) => refuseForeignHost(request, resource, "127.0.0.1") ?? endpoint.fetch(request),
    hostname: "127.0.0.1",
    port: 0,
  });
  await once(server, "listening");
  return {
    mcpUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    token,
    async close() {
      server.close();
      await endpoint.close();
    },
  };
}

function authOf(token: string, audience: string) {
  const now = Math.floor(Date.now() / 1000);
  return {
    person: { id: "runner" },
    client: { id: "conformance", name: "Conformance runner" },
    scopes: [],
    issuer: "http://127.0.0.1",
    audience,
    issuedAt: now,
    expiresAt: now + 3600,
    tokenId: "1",
    grantId: "1",
    claims: {},
    token,
  };
}
