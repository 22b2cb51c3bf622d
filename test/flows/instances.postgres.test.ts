import { Client, type ClientOptions, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { decodeProtectedHeader } from "jose";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { rotateSigningKey } from "../../src/authorization-server/tokens/signing-keys.ts";
import { createKeyring } from "../../src/platform/secrets/keyring.ts";
import {
  authorize,
  authorizeUrl,
  callTool,
  connect,
  newPkce,
  postForm,
  RESOURCE,
  redeem,
  refresh,
  register,
  tokensOf,
} from "../support/client.ts";
import { claimsOf, SECRET } from "../support/forge.ts";
import { type Instances, startInstances } from "../support/instances.ts";
import { atLogin } from "../support/login.ts";
import { decide, openBrowser, signIn, stateOf } from "../support/person.ts";
import {
  sharedPostgres as startPostgres,
  type SharedPostgres as TestPostgres,
} from "../support/postgres/shared.ts";
import { createProvider } from "../support/sdk-client-provider.ts";
import { PEOPLE, type TestServer } from "../support/server.ts";
import { DISABLED, ENABLED, KEY_ROTATED, REMOVED, REVOKED } from "../support/store/samples.ts";
import { openTestStore as openStore, type TestStore } from "../support/store/test-store.ts";

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());

let database: string;
let instances: Instances;
let command: TestStore;
const start = async (options?: Parameters<typeof startInstances>[1]) => {
  database = await postgres.freshDatabase();
  instances = await startInstances(database, options);
  command = await openStore({ database });
  return instances;
};
afterEach(async () => {
  await instances.close();
  await command.close();
});

type Answering = Pick<TestServer, "fetch">;
const statusOf = async (server: Answering, token: string) => (await callTool(server, token)).status;
/** Within a second is what is promised; fails only where it never comes. */
const soon = (check: () => Promise<void>) => vi.waitFor(check, { timeout: 10_000, interval: 20 });

describe("any request of a flow may come to any instance", () => {
  it("from the registration to the revocation", async () => {
    const { a, b, balanced, served } = await start();
    const { clientId, access_token, refresh_token } = await connect(balanced, { scopes: ["mcp"] });
    for (const server of [a, b]) expect(await statusOf(server, access_token)).toBe(200);
    let tokens = { access_token, refresh_token };
    for (let times = 0; times < 4; times += 1) {
      tokens = await tokensOf(refresh(balanced, clientId, tokens.refresh_token));
      expect(await statusOf(balanced, tokens.access_token)).toBe(200);
    }
    const revoked = await postForm(balanced, "/oauth/revoke", {
      client_id: clientId,
      token: tokens.refresh_token,
    });
    expect(revoked.status).toBe(200);
    for (const server of [a, b]) {
      await soon(async () => expect(await statusOf(server, tokens.access_token)).toBe(401));
      expect((await refresh(server, clientId, tokens.refresh_token)).status).toBe(400);
    }
    expect(Math.min(served.a, served.b)).toBeGreaterThan(5);
  });

  it("a code is redeemed once, whoever is asked, and twice ends the grant on both", async () => {
    const { a, b } = await start();
    const { client_id: clientId } = await register(a);
    const authorized = await authorize(b, clientId);
    const answers = await Promise.all([a, b, a, b].map((server) => redeem(server, clientId, authorized)));
    expect(answers.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(1);
    for (const server of [a, b]) expect((await redeem(server, clientId, authorized)).status).toBe(400);
  });

  it("the same refresh on both at once has one outcome", async () => {
    const { a, b, balanced } = await start();
    const { clientId, refresh_token } = await connect(balanced);
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) => tokensOf(refresh(index % 2 ? a : b, clientId, refresh_token))),
    );
    const [first] = answers;
    for (const answer of answers) expect(answer.refresh_token).toBe(first?.refresh_token);
  });

  it("a page that one made is posted to the other, and a session of one is known to the other", async () => {
    const { a, b } = await start();
    const { client_id: clientId } = await register(a);
    const first = { fetch: a.fetch };
    const browser = openBrowser({ fetch: (request) => first.fetch(request) });
    await signIn(browser, authorizeUrl(clientId, newPkce().challenge));
    first.fetch = b.fetch;
    const again = await browser.request(authorizeUrl(clientId, newPkce().challenge));
    expect(new URL(again.headers.get("location") ?? "").pathname).toBe("/oauth/consent");
  });

  it("both sign with the same key, though both were new to the database", async () => {
    const { a, b } = await start();
    const kids = await Promise.all(
      [a, b].map(async (server) => {
        const { access_token } = await connect(server);
        return decodeProtectedHeader(access_token).kid;
      }),
    );
    expect(kids[0]).toBe(kids[1]);
  });

  it.each([
    { era: "2025-11-25", options: {} },
    { era: "2026-07-28", options: { versionNegotiation: { mode: { pin: "2026-07-28" } } } },
  ] satisfies { era: string; options: ClientOptions }[])(
    "with the SDK's own client of $era",
    async ({ era, options }) => {
      const { balanced, served } = await start();
      const fetch = (url: string | URL, init?: RequestInit) => balanced.fetch(new Request(url, init));
      const browser = openBrowser(balanced);
      const provider = createProvider({
        async person(url) {
          const { state } = await signIn(browser, url.href);
          const answer = await decide(browser, state, "approve", ["mcp"]);
          return new URL(answer.headers.get("location") ?? "");
        },
      });
      const newTransport = () =>
        new StreamableHTTPClientTransport(new URL(RESOURCE), { authProvider: provider, fetch });
      const stranger = newTransport();
      await expect(new Client({ name: "x", version: "1" }, options).connect(stranger)).rejects.toThrow();
      await stranger.finishAuth(provider.callback());

      const client = new Client({ name: "x", version: "1" }, options);
      await client.connect(newTransport());
      expect(client.getNegotiatedProtocolVersion()).toBe(era);
      for (let times = 0; times < 3; times += 1) {
        const { content } = await client.callTool({ name: "echo", arguments: { text: "hello" } });
        expect(content).toEqual([{ type: "text", text: "hello" }]);
      }
      await client.close();
      expect(provider.authorizeUrls).toHaveLength(1);
      expect(Math.min(served.a, served.b)).toBeGreaterThan(5);
    },
  );
});

describe("what happens on one instance holds on the other", () => {
  let tokens: Awaited<ReturnType<typeof connect>>;
  let grantId: string;
  beforeEach(async () => {
    const { a, b } = await start();
    tokens = await connect(a, { scopes: ["mcp"] });
    grantId = String(claimsOf(tokens.access_token).gid);
    for (const server of [a, b]) expect(await statusOf(server, tokens.access_token)).toBe(200);
  });

  it("a revocation by the client: at once here, soon there, and nobody else's grant ends", async () => {
    const { a, b } = instances;
    const bystander = await connect(b, { scopes: ["mcp"] });
    await postForm(a, "/oauth/revoke", { client_id: tokens.clientId, token: tokens.access_token });
    expect(await statusOf(a, tokens.access_token)).toBe(401);
    await soon(async () => expect(await statusOf(b, tokens.access_token)).toBe(401));
    for (const server of [a, b]) expect(await statusOf(server, bystander.access_token)).toBe(200);
  });

  it("a stolen refresh token: using an old one on one instance ends the grant on both", async () => {
    const { a, b } = instances;
    const successor = await tokensOf(refresh(a, tokens.clientId, tokens.refresh_token));
    expect(await statusOf(a, successor.access_token)).toBe(200);
    for (const server of [a, b]) server.advance(10 * 60);
    // Until the other one knows of the use, the old one has its successor again, and ends nothing.
    await soon(async () =>
      expect((await refresh(b, tokens.clientId, tokens.refresh_token)).status).toBe(400),
    );
    expect((await refresh(b, tokens.clientId, tokens.refresh_token)).status).toBe(400);
    expect(await statusOf(b, tokens.access_token)).toBe(401);
    await soon(async () => expect(await statusOf(a, tokens.access_token)).toBe(401));
  });

  it("a revocation by the operator", async () => {
    await command.revokeGrant(grantId, "operator", instances.a.now(), REVOKED);
    for (const server of [instances.a, instances.b]) {
      await soon(async () => expect(await statusOf(server, tokens.access_token)).toBe(401));
    }
  });

  it("a removed client: it is unknown everywhere, and its grants have ended", async () => {
    const { a, b } = instances;
    await command.removeClient(tokens.clientId, a.now(), REMOVED);
    for (const server of [a, b]) {
      await soon(async () => {
        expect(await statusOf(server, tokens.access_token)).toBe(401);
        expect((await refresh(server, tokens.clientId, tokens.refresh_token)).status).toBe(401);
      });
      const page = await openBrowser(server).request(authorizeUrl(tokens.clientId, newPkce().challenge));
      expect(page.status).toBe(400);
    }
  });

  it("a disabled client: nobody gets anything for it anywhere, until it is enabled", async () => {
    const { a, b } = instances;
    const page = (server: TestServer) =>
      openBrowser(server).request(authorizeUrl(tokens.clientId, newPkce().challenge));
    await command.disableClient(tokens.clientId, a.now(), DISABLED);
    for (const server of [a, b]) {
      await soon(async () => expect((await page(server)).status).toBe(400));
      expect(await statusOf(server, tokens.access_token)).toBe(401);
      expect((await refresh(server, tokens.clientId, tokens.refresh_token)).status).toBe(400);
    }
    await command.enableClient(tokens.clientId, ENABLED);
    for (const server of [a, b]) await soon(async () => expect((await page(server)).status).toBe(303));
  });

  it("a rotated key: published everywhere long before anything is signed with it, and then it signs everywhere", async () => {
    const { a, b, balanced } = instances;
    const kidsOf = async (server: TestServer): Promise<readonly string[]> => {
      const answer = await server.fetch(new Request("https://mcp.example/oauth/jwks"));
      return ((await answer.json()) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid);
    };
    const { kid } = await rotateSigningKey(
      {
        store: command,
        keyring: createKeyring([SECRET]),
        clock: a.now,
      },
      () => KEY_ROTATED,
    );
    for (const server of [a, b]) await soon(async () => expect(await kidsOf(server)).toContain(kid));

    const signedBy = async (server: TestServer) =>
      decodeProtectedHeader((await connect(server)).access_token).kid;
    for (const server of [a, b]) expect(await signedBy(server)).not.toBe(kid);
    // One instance's clock is half a minute ahead: it signs with the new key first, and the other one knows it.
    const [ahead, behind] = [a, b];
    ahead.advance(10 * 60 + 30);
    behind.advance(10 * 60 - 30);
    const newer = await connect(ahead);
    expect(decodeProtectedHeader(newer.access_token).kid).toBe(kid);
    expect(await signedBy(behind)).not.toBe(kid);
    for (const token of [newer.access_token, tokens.access_token]) {
      expect(await statusOf(balanced, token)).toBe(200);
      expect(await statusOf(balanced, token)).toBe(200);
    }
  });

  it("wrong passwords are counted together", async () => {
    const { a, b } = instances;
    const attempt = async (server: TestServer, password: string) => {
      const browser = openBrowser(server);
      const page = await browser.request(authorizeUrl(tokens.clientId, newPkce().challenge));
      const state = stateOf(page.headers.get("location"));
      return browser.submit("/oauth/login", { state, username: "ada", password });
    };
    for (let times = 0; times < 10; times += 1) {
      expect((await attempt(times % 2 ? a : b, "wrong")).status).toBe(403);
    }
    for (const server of [a, b]) {
      const refused = await attempt(server, PEOPLE.ada ?? "");
      expect(refused.status).toBe(429);
      expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(800);
    }
    for (const server of [a, b]) server.advance(15 * 60);
    expect((await attempt(b, PEOPLE.ada ?? "")).status).toBe(303);
  });

  const signIn = async (
    server: TestServer,
    address: string,
    username = "ada",
    password = PEOPLE.ada ?? "",
  ) => {
    const { browser, state } = await atLogin(server, address);
    return (await browser.submit("/oauth/login", { state, username, password })).status;
  };

  it("a block has one check a minute at all of them, beyond what a username has, and its familiar networks are known to all", async () => {
    const { a, b } = instances;
    expect(await signIn(a, "192.0.2.1")).toBe(303);
    for (let block = 0; block < 100; block += 1) {
      expect(await signIn(block % 2 ? a : b, `10.0.${block}.1`, "ADA", "wrong")).toBe(403);
    }
    expect(await signIn(a, "192.0.2.2", "ada", "wrong")).toBe(403);
    for (const server of [a, b]) expect(await signIn(server, "192.0.2.3")).toBe(429);
    for (const server of [a, b]) expect(await signIn(server, "192.0.2.1")).toBe(303);
    for (const server of [a, b]) server.advance(60);
    expect(await signIn(b, "192.0.2.3")).toBe(303);
  });

  it("neither a username nor an address is in what is counted, nor in what is familiar", async () => {
    await signIn(instances.a, "198.51.100.7", "my-pa55word", "ada");
    await signIn(instances.a, "198.51.100.7");
    const counted = await postgres.query(database, "SELECT * FROM counters");
    const familiar = await postgres.query(database, "SELECT * FROM familiar_networks");
    for (const rows of [counted, familiar]) expect(rows.length).toBeGreaterThan(1);
    expect(JSON.stringify([counted, familiar])).not.toMatch(/my-pa55word|"ada"|198\.51\.100/);
  });
});
