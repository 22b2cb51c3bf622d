import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { allowInsecurePublicUrl, type OAuthServerOptions } from "../../src/config/options-schema.ts";
import type { Client } from "../../src/core/client.ts";
import { authorizeUrl, newPkce, postJson } from "../support/client.ts";
import { type Origin, startOrigin } from "../support/https-origin.ts";
import { openClients } from "../support/known-clients.ts";
import { decide, openBrowser, signIn } from "../support/person.ts";
import { startServer } from "../support/server.ts";
import { REMOVED, sampleClient } from "../support/store/samples.ts";

// Cookies know no ports, and without `__Host-` no schemes: what listens on another port of this server's host is sent them.
// Only the operator can know that it may be.

const start = (publicUrl: string, options: OAuthServerOptions = {}) =>
  startServer({ publicUrl, [allowInsecurePublicUrl]: true, ...options });

const OWN_HOST: readonly (readonly [string, string])[] = [
  ["https://mcp.example", "https://mcp.example:8443/cb"],
  ["https://mcp.example", "https://mcp.example:80/cb"],
  ["https://mcp.example", "https://MCP.Example:8443/cb"],
  ["https://MCP.example", "https://mcp.example:8443/cb"],
  ["https://mcp.example", "https://mcp.example.:8443/cb"],
  ["https://mcp.example", "https://mcp.example./cb"],
  ["https://mcp.example.", "https://mcp.example:8443/cb"],
  ["https://mcp.example", "https://%6Dcp%2Eexample:8443/cb"],
  ["https://mcp.example:8443", "https://mcp.example/cb"],
  ["https://mcp.example:8443", "https://mcp.example:443/cb"],
  ["https://mcp.example:8443/app", "https://mcp.example:9443/app/cb"],
  ["https://münchen.example", "https://xn--mnchen-3ya.example:8443/cb"],
  ["https://münchen.example", "https://m%C3%BCnchen.example:8443/cb"],
  ["https://xn--mnchen-3ya.example", "https://M%C3%9CNCHEN.example:8443/cb"],
  ["https://[2001:db8::1]", "https://[2001:DB8:0::1]:8443/cb"],
  ["https://10.0.0.5", "https://167772165:8443/cb"],
  ["http://gate.test:3000", "https://gate.test/cb"],
  ["http://gate.test:3000", "https://gate.test:3000/cb"],
  ["http://gate.test", "https://gate.test/cb"],
  ["http://10.0.0.5:3000", "https://0x0a.0.0.5:3000/cb"],
];

const OTHERS: readonly (readonly [string, string])[] = [
  ["https://mcp.example", "https://mcp.example/cb"],
  ["https://mcp.example", "https://mcp.example:443/cb"],
  ["https://mcp.example:8443", "https://mcp.example:8443/cb"],
  ["https://mcp.example", "https://mcp.example.other.example:8443/cb"],
  ["https://mcp.example", "https://app.mcp.example:8443/cb"],
  ["https://mcp.example", "https://notmcp.example:8443/cb"],
  ["https://mcp.example", "http://localhost:8443/cb"],
  ["https://mcp.example", "cursor://mcp.example:8443/cb"],
  ["http://gate.test:3000", "http://127.0.0.1:8443/cb"],
  ["http://localhost:9000", "http://localhost:41001/cb"],
  ["https://localhost:9000", "https://localhost:9443/cb"],
];

describe("a redirect URI on this server's own host under another port or scheme", () => {
  it.each(OWN_HOST)("%s: %s is not registered, alone or beside a good one", async (issuer, uri) => {
    const server = await start(issuer);
    for (const redirect_uris of [[uri], ["https://client.example/callback", uri]]) {
      const answer = await postJson(server, `${server.settings.basePath}/oauth/register`, { redirect_uris });
      expect(answer.status).toBe(400);
      const { error, error_description } = (await answer.json()) as Record<string, string>;
      expect(error).toBe("invalid_redirect_uri");
      expect(error_description).toContain(`'${uri}'`);
      expect(error_description).toContain("operator");
    }
  });

  it.each(OTHERS)("%s: %s is none, and registers", async (issuer, uri) => {
    const server = await start(issuer);
    const url = new URL("/oauth/register", issuer);
    const request = new Request(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ redirect_uris: [uri] }),
    });
    expect((await server.fetch(request)).status).toBe(201);
  });
});

describe("the document of a client", () => {
  let origin: Origin;
  beforeAll(async () => {
    origin = await startOrigin();
  });
  afterAll(() => origin.close());

  it.each([
    ["https://gatehouse.example:8443/cb", false],
    ["https://GATEHOUSE.example.:8443/cb", false],
    ["https://gatehouse.example/cb", true],
  ])("that names %s: is good: %s", async (uri, isGood) => {
    const rig = await openClients();
    const id = `${origin.url}/own-host-${encodeURIComponent(uri)}`;
    origin.answer((_request, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify({ client_id: id, client_name: "One", redirect_uris: [uri] }));
    });
    const answer = await rig.clients.find(id).catch((error: unknown) => error);
    expect(answer).toMatchObject(
      isGood ? { id } : { code: "invalid_client", message: expect.stringContaining(`'${uri}'`) as string },
    );
  });
});

describe("a client of before this rule", () => {
  const uri = "https://mcp.example:8443/cb";
  const stored = (changes: Partial<Client> = {}) =>
    sampleClient({ id: "stored", redirectUris: [uri], authenticationMethod: "none", jwks: null, ...changes });
  const asked = (clientId: string) => authorizeUrl(clientId, newPkce().challenge, { redirect_uri: uri });

  it("is stopped at /authorize, with a page", async () => {
    const server = await start("https://mcp.example");
    await server.store.addClient(stored(), "unaudited");
    const answer = await openBrowser(server).request(asked("stored"));
    expect(answer.status).toBe(400);
    expect(answer.headers.get("location")).toBeNull();
    expect(await answer.text()).toContain("own host");
  });

  it("so is one whose document was kept", async () => {
    const server = await start("https://mcp.example");
    const clientId = "https://client.example/kept.json";
    const client = stored({ id: clientId, origin: "metadata_document" });
    const [fetchedAt, freshUntil] = [server.now(), server.now() + 3_600_000];
    await server.store.saveDocument({ clientId, client, fetchedAt, freshUntil });
    const answer = await openBrowser(server).request(asked(clientId));
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain("own host");
  });

  it("and at approval and denial, where it was the operator's when the page was opened", async () => {
    const server = await start("https://mcp.example");
    await server.store.addClient(stored({ origin: "preregistered" }), "unaudited");
    const browser = openBrowser(server);
    const { state } = await signIn(browser, asked("stored"));
    await server.store.removeClient("stored", server.now(), REMOVED);
    await server.store.addClient(stored(), "unaudited");
    server.advance(61);
    for (const decision of ["approve", "deny"] as const) {
      const answer = await decide(browser, state, decision);
      expect(answer.status).toBe(400);
      expect(answer.headers.get("location")).toBeNull();
    }
    expect(await server.store.listGrants({})).toEqual([]);
  });

  it.each(["options", "store"])("is the operator's to allow: by the %s", async (where) => {
    const server = await start(
      "https://mcp.example",
      where === "options" ? { clients: [{ id: "stored", redirectUris: [uri] }] } : {},
    );
    if (where === "store") await server.store.addClient(stored({ origin: "preregistered" }), "unaudited");
    const browser = openBrowser(server);
    const { state } = await signIn(browser, asked("stored"));
    expect((await decide(browser, state, "approve")).headers.get("location")).toContain(`${uri}?code=`);
  });
});
