import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { createKeyring } from "../../src/platform/secrets/keyring.ts";
import { callTool, connect } from "../support/client.ts";
import { SECRET } from "../support/forge.ts";
import { type Instances, startInstances } from "../support/instances.ts";
import { messagesOf } from "../support/mcp-endpoint.ts";
import { type SharedPostgres, sharedPostgres } from "../support/postgres/shared.ts";
import type { TestServer } from "../support/server.ts";
import { type ServiceDouble, startService } from "../support/service-double.ts";
import { sampleEntry } from "../support/store/samples.ts";
import { acmeAt, keepTokens } from "../support/upstream-credentials.ts";

// What a person has at another service, at two instances of one server.

let postgres: SharedPostgres;
beforeAll(async () => {
  postgres = await sharedPostgres();
});
afterAll(() => postgres.stop());

let service: ServiceDouble;
let instances: Instances;
let accessToken: string;
beforeEach(async () => {
  service = await startService();
  instances = await startInstances(await postgres.freshDatabase(), { upstreams: { acme: acmeAt(service) } });
  for (const { registrations } of [instances.a, instances.b]) {
    registrations.registerTool("act", {}, async ({ upstream }) => ({
      content: [{ type: "text", text: await upstream("acme").accessToken() }],
    }));
  }
  accessToken = (await connect(instances.a)).access_token;
});
afterEach(async () => {
  await instances.close();
  await service.close();
});

/** The token that the tool got, or what it was told. */
async function act(server: TestServer): Promise<string> {
  const answer = (await messagesOf(await callTool(server, accessToken, "act"))).at(-1);
  return answer?.result?.content?.[0]?.text ?? JSON.stringify(answer);
}

async function connectAcme(expiresInSeconds = 3600) {
  const given = { ...service.give("ada-there"), expiresInSeconds };
  const { store } = instances.a;
  await keepTokens(
    { store, keyring: createKeyring([SECRET]), now: instances.a.now() },
    service,
    "ada",
    given,
  );
  return given;
}

const bothLater = (seconds: number) => {
  for (const server of [instances.a, instances.b]) server.advance(seconds);
};
const both = () => [instances.a, instances.b];
const LINK = /Open this link in your browser/;
/** Within a second is what is promised; fails only where it never comes. */
const soon = (check: () => Promise<void>) => vi.waitFor(check, { timeout: 10_000, interval: 20 });

describe("an access token", () => {
  it("that has to be refreshed is refreshed once, whoever asks where", async () => {
    service.say({ expiresInSeconds: 60 });
    await connectAcme(60);
    for (let round = 1; round <= 3; round += 1) {
      bothLater(60);
      const tokens = await Promise.all([...both(), ...both(), ...both()].map(act));
      expect(new Set(tokens).size).toBe(1);
      expect(service.accountOf(tokens[0] ?? "")).toBe("ada-there");
      expect(service.requests).toHaveLength(round);
    }
  });

  it("that another instance was refreshing when it died ends in the link, once its lease is over", async () => {
    await connectAcme(1);
    bothLater(60);
    // It has spent the refresh token, and gets no answer any more.
    service.say({ held: new Promise(() => {}) });
    void act(instances.a).catch(() => {});
    await soon(async () => expect(service.requests).toHaveLength(1));
    service.say({ held: undefined });
    const waiting = act(instances.b);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(service.requests).toHaveLength(1);
    bothLater(31);
    expect(await waiting).toMatch(LINK);
    expect(service.requests).toHaveLength(2);
    // Nothing else ended, and who connects again goes on.
    const given = await connectAcme();
    await soon(async () => expect(await act(instances.b)).toBe(given.accessToken));
  });

  it.each<[string, (server: TestServer) => Promise<unknown>]>([
    [
      "disconnected",
      ({ store, now }) =>
        store.removeUpstreamCredential(
          { personId: "ada", upstream: "acme", now: now() },
          sampleEntry("upstream.disconnected"),
        ),
    ],
    [
      "found dead",
      async ({ store, now }) => {
        const { version = "" } = (await store.findUpstreamCredential("ada", "acme")) ?? {};
        return store.endUpstreamCredential({ personId: "ada", upstream: "acme", version, now: now() });
      },
    ],
  ])("that is %s elsewhere is not used from memory", async (_what, end) => {
    const given = await connectAcme();
    for (const server of both()) expect(await act(server)).toBe(given.accessToken);
    await end(instances.a);
    for (const server of both()) await soon(async () => expect(await act(server)).toMatch(LINK));
  });

  it("of another account that was connected elsewhere takes the place of the one in memory", async () => {
    await connectAcme();
    for (const server of both()) await act(server);
    const given = await connectAcme();
    for (const server of both()) await soon(async () => expect(await act(server)).toBe(given.accessToken));
  });
});
