import { createServer, type ServerResponse } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { type ProviderOptions, parseProviders } from "../../src/config/provider-options.ts";
import { fetchJson } from "../../src/platform/fetch-json.ts";
import { createDiscovery } from "../../src/platform/provider/discovery.ts";
import { openProvider } from "../../src/resource-server/provider/provider-verifier.ts";
import { AUDIENCE, type Issuer, startIssuer } from "../support/issuer.ts";
import { listening } from "../support/listening.ts";

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function start(options: Partial<ProviderOptions> = {}) {
  const clock = { now: Date.UTC(2026, 10, 1) };
  const issuer = await startIssuer(() => clock.now);
  closing.push(issuer.close);
  const [provider] = parseProviders({ issuer: issuer.url, audience: AUDIENCE, ...options }, AUDIENCE);
  const { verify } = openProvider(provider, { fetchJson, clock: () => clock.now });
  const pass = (seconds: number) => {
    clock.now += seconds * 1000;
  };
  return { issuer, verify, pass, kind: async () => (await verify(await issuer.mint())).kind };
}
const keysAsked = (issuer: Issuer) => issuer.asked.get("/jwks") ?? 0;
/** What goes on behind a request has been done. */
const settled = async (issuer: Issuer, times: number) => {
  for (let i = 0; i < 100 && keysAsked(issuer) < times; i += 1)
    await new Promise((resolve) => setTimeout(resolve, 10));
  expect(keysAsked(issuer)).toBe(times);
};

describe("keys are kept as long as HTTP says (RFC 9111)", () => {
  it.each([
    ["max-age=120", 120],
    ["public, max-age=120, must-revalidate", 120],
    // Neither with every request nor for years, whatever the provider says.
    ["max-age=1", 60],
    ["no-store", 600],
    ["max-age=999999999", 86_400],
    [undefined, 600],
  ])("%s: %d seconds", async (cacheControl, seconds) => {
    const { issuer, pass, kind } = await start();
    issuer.cacheControl = cacheControl;
    expect(await kind()).toBe("verified");
    pass(seconds - 1);
    expect(await kind()).toBe("verified");
    expect(keysAsked(issuer)).toBe(1);
    pass(1);
    expect(await kind()).toBe("verified");
    await settled(issuer, 2);
    expect(await kind()).toBe("verified");
    expect(keysAsked(issuer)).toBe(2);
  });

  it("and a key that the provider has dropped is refused once they were fetched again", async () => {
    const { issuer, verify, pass, kind } = await start();
    expect(await kind()).toBe("verified");
    const old = await issuer.mint();
    const late = await issuer.mint({ exp: Date.UTC(2026, 10, 2) / 1000 });
    await issuer.rotate();
    issuer.dropOldKeys();
    expect((await verify(old)).kind).toBe("verified");
    pass(600);
    await kind();
    expect(await verify(late)).toMatchObject({ kind: "refused", why: 'unknown kid "key-1"' });
  });
});

describe("a fetch of keys", () => {
  it("makes nobody wait whose key is known, and whose key is not until it is there", async () => {
    const { issuer, verify, pass, kind } = await start();
    expect(await kind()).toBe("verified");
    const known = await issuer.mint({ exp: Date.UTC(2026, 10, 2) / 1000 });
    await issuer.rotate();
    const unknown = await issuer.mint({ exp: Date.UTC(2026, 10, 2) / 1000 });
    pass(600);
    const released = Promise.withResolvers<void>();
    issuer.held = released.promise;
    let answered = false;
    const waiting = verify(unknown).finally(() => {
      answered = true;
    });
    await settled(issuer, 2);
    for (let i = 0; i < 3; i += 1) expect((await verify(known)).kind).toBe("verified");
    expect(answered).toBe(false);
    released.resolve();
    expect((await waiting).kind).toBe("verified");
    expect(keysAsked(issuer)).toBe(2);
  });

  it.each([
    ["an error", 500, "{}"],
    ["a page", 200, "<html>"],
    ["another document", 200, '{"keys":"none"}'],
  ])("that brings %s leaves the keys that are there", async (_what, status, body) => {
    let answer: { readonly status: number; readonly body: string } | undefined;
    const asked: number[] = [];
    const server = createServer((_request, response) => {
      const { status: now, body: text } = answer ?? { status: 200, body: keys };
      asked.push(now);
      response.writeHead(now, { "content-type": "application/json" }).end(text);
    });
    const port = await listening(server);
    closing.push(() => new Promise((resolve) => server.close(() => resolve()).closeAllConnections()));
    const jwksUri = `http://127.0.0.1:${port}/keys`;
    const { issuer, pass, kind } = await start({ jwksUri });
    const keys = JSON.stringify({ keys: [issuer.publicKey()] });
    expect(await kind()).toBe("verified");
    answer = { status, body };
    for (let i = 0; i < 3; i += 1) {
      pass(600);
      expect(await kind()).toBe("verified");
      await expect.poll(() => asked.length, { timeout: 20_000 }).toBe(i + 2);
    }
    answer = undefined;
    pass(600);
    expect(await kind()).toBe("verified");
  });
});

describe("discovery (RFC 8414 §3.1, OpenID Connect Discovery §4)", () => {
  /** A host on which these paths answer with the metadata of `issuer`. */
  async function startHost(paths: readonly string[], issuerPath = "/tenant") {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url ?? "");
      const found = paths.includes(request.url ?? "");
      response
        .writeHead(found ? 200 : 404, { "content-type": "application/json" })
        .end(JSON.stringify(found ? { issuer, jwks_uri: `${issuer}/jwks` } : {}));
    });
    const port = await listening(server);
    closing.push(() => new Promise((resolve) => server.close(() => resolve()).closeAllConnections()));
    const issuer = `http://127.0.0.1:${port}${issuerPath}`;
    return { issuer, asked };
  }
  const discover = (issuer: string, metadataUrl?: string) =>
    createDiscovery(
      { authorizationServer: issuer, issuer, metadataUrl },
      { fetchJson, clock: () => 0 },
    ).find();

  it.each([
    "/.well-known/oauth-authorization-server/tenant",
    "/.well-known/openid-configuration/tenant",
    "/tenant/.well-known/openid-configuration",
  ])("finds an issuer with a path at %s alone", async (path) => {
    const { issuer } = await startHost([path]);
    expect((await discover(issuer)).document).toMatchObject({ issuer, jwks_uri: `${issuer}/jwks` });
  });

  it.each(["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"])(
    "finds an issuer without one at %s alone",
    async (path) => {
      const { issuer } = await startHost([path], "");
      expect((await discover(issuer)).document).toMatchObject({ issuer });
    },
  );

  it("looks only where it is told to, where it is told", async () => {
    const { issuer, asked } = await startHost(["/elsewhere", "/tenant/.well-known/openid-configuration"]);
    const url = new URL("/elsewhere", issuer).href;
    expect(await discover(issuer, url)).toMatchObject({ url });
    expect(asked).toEqual(["/elsewhere"]);
  });

  it("says every place at which it looked, and what was wrong there", async () => {
    const { issuer } = await startHost([]);
    await expect(discover(issuer)).rejects.toMatchObject({
      code: "temporarily_unavailable",
      detail: expect.stringMatching(
        /oauth-authorization-server\/tenant: status 404; .*openid-configuration: /,
      ),
    });
  });

  it.each([
    ["hangs", () => {}],
    ["is cut off", (response: ServerResponse) => response.destroy()],
    ["answers with a page", (response: ServerResponse) => response.writeHead(200).end("<html>")],
    [
      "is another issuer's",
      (response: ServerResponse) => response.writeHead(200).end('{"issuer":"https://evil.example"}'),
    ],
    ["is an error", (response: ServerResponse) => response.writeHead(500).end("{}")],
  ])("tries the other forms in time where the first ones fail: one that %s", async (_what, fail) => {
    const last = "/tenant/.well-known/openid-configuration";
    const server = createServer((request, response) => {
      if (request.url !== last) fail(response);
      else response.writeHead(200).end(JSON.stringify({ issuer }));
    });
    const port = await listening(server);
    closing.push(() => new Promise((resolve) => server.close(() => resolve()).closeAllConnections()));
    const issuer = `http://127.0.0.1:${port}/tenant`;
    // Each hanging one alone would take all of the time that a request may take.
    expect(await discover(issuer)).toMatchObject({ url: new URL(last, issuer).href });
  });

  it("waits for one that is slow where the others have nothing", async () => {
    const first = "/.well-known/oauth-authorization-server/tenant";
    const server = createServer((request, response) => {
      if (request.url !== first) response.writeHead(404).end("{}");
      else setTimeout(() => response.writeHead(200).end(JSON.stringify({ issuer })), 1500);
    });
    const port = await listening(server);
    closing.push(() => new Promise((resolve) => server.close(() => resolve()).closeAllConnections()));
    const issuer = `http://127.0.0.1:${port}/tenant`;
    expect(await discover(issuer)).toMatchObject({ url: new URL(first, issuer).href });
  });

  it("needs a provider to say where its keys are, or an option that does", async () => {
    const { issuer, kind } = await start();
    issuer.metadata.jwks_uri = undefined;
    await expect(kind()).rejects.toMatchObject({ detail: expect.stringContaining("has no jwks_uri") });
  });
});

describe("claims with other names", () => {
  it("say who, for which client and with which scopes, where the options name them", async () => {
    const { issuer, verify } = await start({
      claims: { person: ["employee", "sub"], client: "app", scopes: "rights" },
    });
    const claims = { employee: "e-7", app: "a-1", rights: ["todo:read"], scope: "admin" };
    expect(await verify(await issuer.mint(claims))).toMatchObject({
      auth: { person: { id: "e-7" }, client: { id: "a-1" }, scopes: ["todo:read"] },
    });
    // Without the first, the second; without its claim, no scope at all.
    expect(await verify(await issuer.mint())).toMatchObject({
      auth: { person: { id: "ada" }, client: { id: "" }, scopes: [] },
    });
  });
});
