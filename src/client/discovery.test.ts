import { afterEach, describe, expect, it } from "vitest";
import {
  type Answer,
  type Asked,
  issued,
  type ScriptedServer,
  startScripted,
  testTime,
} from "../../test/support/token-endpoint.ts";
import { TokenError } from "./errors.ts";
import { allowInsecureIssuer, TokenManager, type TokenManagerOptions } from "./index.ts";

let open: ScriptedServer[] = [];
afterEach(async () => {
  for (const server of open) await server.close();
  open = [];
});

type Documents = Readonly<Record<string, unknown>>;
const NOT_FOUND: Answer = { status: 404, body: "not here" };

/** A server whose documents are told once its URL is known. A function answers by itself. */
async function serving(documents: (url: string) => Documents): Promise<ScriptedServer> {
  let own: Documents = {};
  const server = await startScripted((asked) => {
    const document = own[asked.path.split("?")[0] ?? ""];
    if (document === undefined) return NOT_FOUND;
    return typeof document === "function" ? (document as (one: Asked) => Answer)(asked) : { body: document };
  });
  own = documents(server.url);
  open.push(server);
  return server;
}

const PROTECTED = "/.well-known/oauth-protected-resource";
const SERVER = "/.well-known/oauth-authorization-server";

const authorizationServer = (more: (url: string) => Documents = () => ({})) =>
  serving((url) => ({
    [SERVER]: { issuer: url, token_endpoint: `${url}/token` },
    "/token": () => issued("t"),
    ...more(url),
  }));

/** A resource that challenges, at `/mcp`, and says which authorization server it trusts. */
const resourceServer = (issuer: string, more: (url: string) => Documents = () => ({})) =>
  serving((url) => ({
    "/mcp": () => ({
      status: 401,
      headers: { "www-authenticate": `Bearer error="x", resource_metadata="${url}/elsewhere/metadata"` },
      body: {},
    }),
    "/elsewhere/metadata": { resource: `${url}/mcp`, authorization_servers: [issuer] },
    ...more(url),
  }));

const manager = (options: Partial<TokenManagerOptions>) =>
  new TokenManager({ clientId: "reports", clientSecret: "s3cret", ...testTime().options, ...options });
const paths = ({ asked }: ScriptedServer) => asked.map(({ path }) => path);
const failure = async (options: Partial<TokenManagerOptions>): Promise<TokenError> => {
  const error = await manager(options)
    .getToken()
    .catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(TokenError);
  return error as TokenError;
};

describe("from the issuer (RFC 8414)", () => {
  it("finds the token endpoint, and only once", async () => {
    const server = await authorizationServer();
    const tokens = manager({ issuer: server.url });
    tokens.refused(await tokens.getToken());
    await tokens.getToken();
    expect(paths(server)).toEqual([SERVER, "/token", "/token"]);
  });

  it("looks in every place of an issuer with a path", async () => {
    const server = await serving((url) => ({
      "/tenant/.well-known/openid-configuration": {
        issuer: `${url}/tenant`,
        token_endpoint: `${url}/tenant/token`,
      },
      "/tenant/token": () => issued("t"),
    }));
    expect(await manager({ issuer: `${server.url}/tenant` }).getToken()).toBe("t");
    expect(paths(server)).toEqual([
      `${SERVER}/tenant`,
      `/tenant${SERVER}`,
      "/.well-known/openid-configuration/tenant",
      "/tenant/.well-known/openid-configuration",
      "/tenant/token",
    ]);
  });

  it.each<[string, readonly string[] | undefined, boolean]>([
    ["in the header, where both are possible", ["client_secret_post", "client_secret_basic"], true],
    ["in the header, where nothing is said", undefined, true],
    ["in the body, where only that is possible", ["private_key_jwt", "client_secret_post"], false],
  ])("sends the secret %s", async (_what, methods, inHeader) => {
    const server = await authorizationServer((url) => ({
      [SERVER]: {
        issuer: url,
        token_endpoint: `${url}/token`,
        token_endpoint_auth_methods_supported: methods,
      },
    }));
    await manager({ issuer: server.url }).getToken();
    const asked = server.asked.at(-1);
    expect(asked?.headers.authorization !== undefined).toBe(inHeader);
    expect(asked?.params.has("client_secret")).toBe(!inHeader);
  });

  it.each(["/", "/x", "?"])("refuses a document whose issuer has %j more, byte for byte", async (more) => {
    const server = await authorizationServer((url) => ({
      [SERVER]: { issuer: `${url}${more}`, token_endpoint: `${url}/token` },
    }));
    const error = await failure({ issuer: server.url });
    expect(error).toMatchObject({ code: "discovery_failed", passing: false });
    expect(error.message).toContain(`its issuer is "${server.url}${more}", not "${server.url}"`);
    expect(paths(server)).not.toContain("/token");
  });

  it("sends no credentials over a network in the clear", async () => {
    const server = await authorizationServer((url) => ({
      [SERVER]: { issuer: url, token_endpoint: "http://idp.example/token" },
    }));
    expect((await failure({ issuer: server.url })).message).toContain("not https://");
  });

  it("says what is missing in a document", async () => {
    const server = await authorizationServer((url) => ({ [SERVER]: { issuer: url } }));
    expect((await failure({ issuer: server.url })).message).toMatch(/metadata: token_endpoint\.$/);
  });

  it("says where it looked when there is nothing", async () => {
    const server = await serving(() => ({}));
    expect((await failure({ issuer: server.url })).message).toContain(`${server.url}${SERVER} or `);
  });

  it("tries again after an outage", async () => {
    let down = 2;
    const server = await authorizationServer((url) => ({
      [SERVER]: () =>
        down-- > 0 ? { status: 503, body: {} } : { body: { issuer: url, token_endpoint: `${url}/token` } },
    }));
    expect(await manager({ issuer: server.url }).getToken()).toBe("t");
  });

  it.each([
    ["is cut off", () => ({ body: undefined })],
    ["hangs", () => new Promise<never>(() => {})],
  ])("tries the other places in time where the first one %s", async (_what, fail) => {
    const server = await serving((url) => ({
      [SERVER]: fail,
      "/.well-known/openid-configuration": { issuer: url, token_endpoint: `${url}/token` },
      "/token": () => issued("t"),
    }));
    const { waits, options } = testTime();
    expect(await manager({ issuer: server.url, ...options }).getToken()).toBe("t");
    expect(waits).toEqual([]);
  });

  it("looks again when the endpoint that it knew is gone", async () => {
    const state = { endpoint: "/token" };
    const server = await authorizationServer((url) => ({
      [SERVER]: () => ({ body: { issuer: url, token_endpoint: `${url}${state.endpoint}` } }),
      "/token": () => (state.endpoint === "/token" ? issued("t") : NOT_FOUND),
      "/moved": () => issued("from-the-new-place"),
    }));
    const tokens = manager({ issuer: server.url });
    tokens.refused(await tokens.getToken());
    state.endpoint = "/moved";
    await expect(tokens.getToken()).rejects.toThrow("answered 404");
    expect(await tokens.getToken()).toBe("from-the-new-place");
  });
});

describe("from the resource (RFC 9728)", () => {
  it("follows challenge, resource metadata and server metadata, and names the resource", async () => {
    const server = await authorizationServer();
    const resource = await resourceServer(server.url);
    expect(await manager({ resource: `${resource.url}/mcp` }).getToken()).toBe("t");
    expect(paths(resource)).toEqual(["/mcp", "/elsewhere/metadata"]);
    expect(paths(server)).toEqual([SERVER, "/token"]);
    expect(server.asked.at(-1)?.params.get("resource")).toBe(`${resource.url}/mcp`);
    expect(resource.asked.every(({ headers }) => headers.authorization === undefined)).toBe(true);
  });

  it.each([
    [`${PROTECTED}/mcp`, [`${PROTECTED}/mcp`]],
    [PROTECTED, [`${PROTECTED}/mcp`, PROTECTED]],
  ])("finds metadata without a challenge that names it, at %s", async (place, looked) => {
    const server = await authorizationServer();
    const resource = await serving((url) => ({
      "/mcp": () => ({ status: 401, headers: { "www-authenticate": "Bearer" }, body: {} }),
      [place]: { resource: `${url}/mcp`, authorization_servers: [server.url] },
    }));
    expect(await manager({ resource: `${resource.url}/mcp` }).getToken()).toBe("t");
    expect(paths(resource)).toEqual(["/mcp", ...looked]);
  });

  it.each(["/mcp/", "/MCP", "/other"])("refuses metadata of %s, byte for byte", async (other) => {
    const server = await authorizationServer();
    const resource = await resourceServer(server.url, (url) => ({
      "/elsewhere/metadata": { resource: `${url}${other}`, authorization_servers: [server.url] },
    }));
    const error = await failure({ resource: `${resource.url}/mcp` });
    expect(error.code).toBe("discovery_failed");
    expect(error.message).toContain(`its resource is "${resource.url}${other}", not "${resource.url}/mcp"`);
    expect(server.asked).toEqual([]);
  });

  it.each<[string, (url: string) => Documents]>([
    [
      "an authorization server without TLS",
      (url) => ({
        "/elsewhere/metadata": { resource: `${url}/mcp`, authorization_servers: ["http://idp.example"] },
      }),
    ],
    [
      "no authorization server",
      (url) => ({ "/elsewhere/metadata": { resource: `${url}/mcp`, authorization_servers: [] } }),
    ],
    [
      "metadata without TLS",
      () => ({
        "/mcp": () => ({
          status: 401,
          headers: { "www-authenticate": 'Bearer resource_metadata="http://idp.example/m"' },
          body: {},
        }),
      }),
    ],
  ])("refuses %s", async (_what, documents) => {
    const resource = await resourceServer("http://127.0.0.1:1", documents);
    expect((await failure({ resource: `${resource.url}/mcp` })).code).toBe("discovery_failed");
  });

  it("takes http:// on a network with the symbol that shows the danger, all the way", async () => {
    const server = await serving((url) => ({
      [SERVER]: { issuer: "http://idp:8080", token_endpoint: "http://idp:8080/token" },
      "/token": () => issued("t"),
      "/mcp": () => ({
        status: 401,
        headers: { "www-authenticate": 'Bearer resource_metadata="http://todo:8080/metadata"' },
        body: {},
      }),
      "/metadata": { resource: "http://todo:8080/mcp", authorization_servers: ["http://idp:8080"] },
      "/api": () => ({ body: { from: url } }),
    }));
    const inCluster: typeof fetch = (target, init) =>
      fetch(String(target).replace(/^http:\/\/(idp|todo):8080/, server.url), init);
    const options = { resource: "http://todo:8080/mcp", fetch: inCluster };
    const tokens = manager({ ...options, [allowInsecureIssuer]: true });
    expect(await tokens.getToken()).toBe("t");
    expect((await tokens.fetch("http://todo:8080/api")).status).toBe(200);
    expect(server.asked.at(-1)?.headers.authorization).toBe("Bearer t");
    expect(() => manager(options)).toThrow(/^resource is "http:\/\/todo:8080\/mcp"; it must be an https/);
    for (const more of [{ issuer: "http://idp:8080" }, { tokenEndpoint: "http://idp:8080/token" }]) {
      expect(() => manager(more)).toThrow(/unless \[allowInsecureIssuer\] is true/);
      expect(await manager({ ...more, fetch: inCluster, [allowInsecureIssuer]: true }).getToken()).toBe("t");
    }
    const careful = manager({ tokenEndpoint: `${server.url}/token` });
    await expect(careful.fetch("http://todo:8080/api")).rejects.toThrow(/gets no token/);
  });

  it("is not asked where the issuer is said: it cannot send the credentials elsewhere", async () => {
    const server = await authorizationServer();
    const resource = await resourceServer("https://attacker.example");
    expect(await manager({ resource: `${resource.url}/mcp`, issuer: server.url }).getToken()).toBe("t");
    expect(resource.asked).toEqual([]);
    expect(server.asked.at(-1)?.params.get("resource")).toBe(`${resource.url}/mcp`);
  });
});
