import { afterEach, describe, expect, it } from "vitest";
import {
  ConfigurationError,
  createOAuthServer,
  type Log,
  type ProtectOptions,
  protect,
} from "../../src/index.ts";
import { silentLog } from "../../src/platform/logging.ts";
import { AUDIENCE, type Issuer, startIssuer } from "../support/issuer.ts";
import type { LogLine } from "../support/server.ts";

const open: Issuer[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((issuer) => issuer.close()));
});

async function start(options: Record<string, unknown> = {}) {
  const clock = { now: Date.UTC(2026, 10, 1) };
  const issuer = await startIssuer(() => clock.now);
  open.push(issuer);
  const lines: LogLine[] = [];
  const errors: string[] = [];
  const log: Log = {
    event: (name, fields) => lines.push({ name, fields }),
    error: (message) => errors.push(message),
    info() {},
    debug() {},
  };
  const protection = protect({
    issuer: issuer.url,
    audience: AUDIENCE,
    resource: AUDIENCE,
    log,
    clock: () => clock.now,
    ...options,
  } as ProtectOptions);
  const ask = (token?: string) =>
    protection.guard(
      new Request(AUDIENCE, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }),
    );
  const get = (path: string, init?: RequestInit) =>
    protection.metadata(new Request(new URL(path, AUDIENCE), { redirect: "manual", ...init }));
  return { issuer, clock, lines, errors, protection, ask, get };
}
const responseOf = (answer: unknown): Response => {
  expect(answer).toBeInstanceOf(Response);
  return answer as Response;
};

describe("protect", () => {
  it("starts while the provider is down, and asks nothing before the first token", async () => {
    const { issuer } = await start();
    expect(issuer.asked.size).toBe(0);
  });

  it("challenges without an error where there is no token", async () => {
    const { ask } = await start({ supportedScopes: ["todo:read"], requiredScopes: ["todo:read"] });
    const response = responseOf(await ask());
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toBe(
      'Bearer scope="todo:read", resource_metadata="https://mcp.example/.well-known/oauth-protected-resource/mcp"',
    );
  });

  it("lets a sound token in, and verifies it once", async () => {
    const { issuer, ask } = await start();
    const token = await issuer.mint();
    for (let i = 0; i < 3; i++)
      expect(await ask(token)).toMatchObject({ person: { id: "ada" }, grantId: null });
    expect(issuer.asked.get("/jwks")).toBe(1);
  });

  it("refuses another server's token, and logs who, with which key, and why, once a second", async () => {
    const { issuer, clock, lines, ask } = await start();
    const token = await issuer.mint({ aud: "https://other.example" });
    for (let i = 0; i < 5; i++) expect(responseOf(await ask(token)).status).toBe(401);
    expect(lines).toEqual([
      {
        name: "guard.refused",
        fields: {
          reason: `wrong audience: got https://other.example, this server is ${AUDIENCE}`,
          issuer: issuer.url,
          kid: "key-1",
        },
      },
    ]);
    clock.now += 1000;
    await ask(token);
    expect(lines).toHaveLength(2);
  });

  it("logs issuer, key and reason also of a token that nobody here issued", async () => {
    const { issuer, lines, ask } = await start();
    await ask(await issuer.mint({ iss: "https://evil.example" }));
    await ask(await issuer.mint({ iss: undefined }));
    expect(lines.map(({ fields }) => fields)).toEqual([
      {
        reason: `wrong issuer: got https://evil.example, expected ${issuer.url}`,
        issuer: "https://evil.example",
        kid: "key-1",
      },
      { reason: `wrong issuer: got none, expected ${issuer.url}`, issuer: "", kid: "key-1" },
    ]);
  });

  it("says once a second that the provider is down, however many ask", async () => {
    const { issuer, clock, errors, ask } = await start();
    issuer.down = true;
    for (let i = 0; i < 5; i++) expect(responseOf(await ask(await issuer.mint())).status).toBe(503);
    expect(errors).toEqual(["a token could not be verified"]);
    clock.now += 1000;
    await ask(await issuer.mint());
    expect(errors).toHaveLength(2);
  });

  it("lets an opaque token in for a minute after the provider has revoked it, and no longer", async () => {
    const { issuer, clock, ask } = await start({
      introspection: { clientId: "rs", clientSecret: "s+cret" },
    });
    const said = { active: true, aud: AUDIENCE, sub: "ada", scope: "mcp", exp: clock.now / 1000 + 600 };
    issuer.opaque.set("opaque", said);
    for (let i = 0; i < 3; i++) expect(await ask("opaque")).toMatchObject({ person: { id: "ada" } });
    expect(issuer.asked.get("/introspect")).toBe(1);
    issuer.opaque.delete("opaque");
    clock.now += 59_000;
    expect(await ask("opaque")).toMatchObject({ person: { id: "ada" } });
    clock.now += 1_000;
    expect(responseOf(await ask("opaque")).status).toBe(401);
    expect(issuer.asked.get("/introspect")).toBe(2);
  });

  it("asks for scopes with 403, naming all of them", async () => {
    const { issuer, ask, protection } = await start({
      supportedScopes: ["mcp", "todo:read", "todo:write"],
      requiredScopes: ["mcp"],
      scopeImplies: { "todo:write": ["todo:read"] },
    });
    const lesser = responseOf(await ask(await issuer.mint({ scope: "other" })));
    expect(lesser.status).toBe(403);
    const auth = await ask(await issuer.mint({ scope: "mcp todo:write" }));
    if (auth instanceof Response) throw new Error("refused");
    expect(protection.requireScopes(auth, "todo:read")).toBeUndefined();
    const reader = await ask(await issuer.mint({ scope: "mcp todo:read" }));
    if (reader instanceof Response) throw new Error("refused");
    const refused = protection.requireScopes(reader, "todo:write");
    const challenge = refused?.headers.get("www-authenticate");
    expect(await refused?.json()).toEqual({
      error: "insufficient_scope",
      error_description: "This needs the scope todo:write.",
      scope: "mcp todo:read todo:write",
    });
    expect(challenge).toContain('error="insufficient_scope"');
    expect(challenge).toContain('scope="mcp todo:read todo:write"');
  });

  it("names more scopes at first where the options say so, as the provider calls them", async () => {
    const { ask, get } = await start({
      supportedScopes: ["mcp", "todo:read", "todo:write"],
      requiredScopes: ["mcp"],
      challengeScopes: ["todo:write"],
      scopePrefix: "api://x/",
    });
    const challenge = responseOf(await ask()).headers.get("www-authenticate");
    expect(challenge).toContain('scope="api://x/mcp api://x/todo:write"');
    const document = responseOf(await get("/.well-known/oauth-protected-resource/mcp"));
    expect(await document.json()).toMatchObject({ scopes_supported: ["api://x/mcp", "api://x/todo:write"] });
  });

  it("answers 503 with Retry-After where the provider is down and nothing is cached, and goes on serving what is", async () => {
    const { issuer, ask } = await start();
    const warm = await issuer.mint();
    issuer.down = true;
    const response = responseOf(await ask(warm));
    expect(response.status).toBe(503);
    expect(response.headers.get("retry-after")).toBeTruthy();
    expect(response.headers.get("www-authenticate")).toBeNull();
  });

  it("forgets a token when it ends", async () => {
    const { issuer, clock, ask } = await start();
    const token = await issuer.mint();
    expect(await ask(token)).not.toBeInstanceOf(Response);
    clock.now += 631_000;
    expect(responseOf(await ask(token)).status).toBe(401);
  });

  it("takes several providers: the token's issuer picks who verifies it", async () => {
    const [old, next] = [await startIssuer(), await startIssuer()];
    open.push(old, next);
    const { guard } = protect({
      resource: AUDIENCE,
      providers: [old, next].map(({ url }) => ({ issuer: url, audience: AUDIENCE, samePeople: true })),
      log: { event() {}, error() {}, info() {}, debug() {} },
    });
    const ask = (token: string) =>
      guard(new Request(AUDIENCE, { headers: { authorization: `Bearer ${token}` } }));
    expect(await ask(await old.mint())).toMatchObject({ issuer: old.url });
    expect(await ask(await next.mint())).toMatchObject({ issuer: next.url });
    // Signed by one, said to be the other's.
    expect(responseOf(await ask(await old.mint({ iss: next.url }))).status).toBe(401);
  });
});

describe("the documents", () => {
  it.each(["/.well-known/oauth-protected-resource/mcp", "/.well-known/oauth-protected-resource"])(
    "%s",
    async (path) => {
      const { issuer, get } = await start({
        name: "To-dos",
        documentation: "https://docs.example/",
        supportedScopes: ["a", "b"],
      });
      const response = responseOf(await get(path));
      expect(response.headers.get("access-control-allow-origin")).toBe("*");
      expect(await response.json()).toEqual({
        resource: AUDIENCE,
        authorization_servers: [issuer.url],
        scopes_supported: ["a", "b"],
        bearer_methods_supported: ["header"],
        resource_name: "To-dos",
        resource_documentation: "https://docs.example/",
      });
    },
  );

  it.each(["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration/mcp"])(
    "%s sends clients to the provider's, or copies it",
    async (path) => {
      const redirecting = await start();
      const redirect = responseOf(await redirecting.get(path));
      expect(redirect.status).toBe(302);
      expect(redirect.headers.get("location")).toBe(
        `${redirecting.issuer.url}/.well-known/openid-configuration`,
      );
      const copying = await start({ authorizationServerMetadata: "copy" });
      const copy = (await responseOf(await copying.get(path)).json()) as object;
      expect(copy).toMatchObject({ issuer: copying.issuer.url, jwks_uri: `${copying.issuer.url}/jwks` });
      await copying.get(path);
      expect(copying.issuer.asked.get("/.well-known/openid-configuration")).toBe(1);
    },
  );

  it.each(["protect", "createOAuthServer"])("say more by option, from %s too", async (which) => {
    const issuer = await startIssuer();
    open.push(issuer);
    const provider = { issuer: issuer.url, audience: AUDIENCE };
    const more = { documentation: "https://docs.example/", supportedScopes: ["a"], log: silentLog };
    const server = createOAuthServer(
      "To-dos",
      { authorization: provider, authorizationServerMetadata: "copy" },
      { publicUrl: new URL(AUDIENCE).origin, ...more },
    );
    const { metadata } = protect({
      ...provider,
      ...more,
      resource: AUDIENCE,
      name: "To-dos",
      authorizationServerMetadata: "copy",
    });
    const get = async (path: string) => {
      const request = new Request(new URL(path, AUDIENCE));
      return (which === "protect" ? await metadata(request) : await server.fetch(request))?.json();
    };
    expect(await get("/.well-known/oauth-protected-resource/mcp")).toMatchObject({
      resource: AUDIENCE,
      resource_name: "To-dos",
      resource_documentation: "https://docs.example/",
      authorization_servers: [issuer.url],
    });
    expect(await get("/.well-known/oauth-authorization-server")).toMatchObject({ issuer: issuer.url });
  });

  it("are 503 where the provider is down, 405 for POST, preflighted, and nothing for other paths", async () => {
    const { issuer, get } = await start();
    issuer.down = true;
    expect(responseOf(await get("/.well-known/oauth-authorization-server")).status).toBe(503);
    expect(responseOf(await get("/.well-known/oauth-protected-resource", { method: "POST" })).status).toBe(
      405,
    );
    expect(responseOf(await get("/.well-known/oauth-protected-resource", { method: "OPTIONS" })).status).toBe(
      204,
    );
    expect(await get("/mcp")).toBeUndefined();
    expect(await get("/.well-known/other")).toBeUndefined();
  });
});

it.each([
  [{ issuer: "https://idp.example", audience: "x" }, /^resource is missing/],
  [
    { issuer: "https://idp.example", audience: "x", resource: "http://mcp.example/mcp" },
    /^resource is "http:/,
  ],
  [{ issuer: "https://idp.example", resource: AUDIENCE }, /The audience is missing/],
  [{ audience: "x", resource: AUDIENCE }, /^issuer is missing/],
  [{ providers: [], resource: AUDIENCE }, /no provider/],
  [
    { providers: [{ issuer: "https://a.example", audience: "x" }], audience: "x", resource: AUDIENCE },
    /^audience is given beside providers/,
  ],
  [
    { issuer: "https://idp.example", audience: "x", resource: AUDIENCE, requiredScopes: ["a"] },
    /^requiredScopes holds "a"/,
  ],
  [
    { issuer: "https://idp.example", audience: "x", resource: AUDIENCE, challengeScopes: ["a"] },
    /^challengeScopes holds "a"/,
  ],
  ...(
    [
      ["supported_scopes", "supportedScopes"],
      ["required_scopes", "requiredScopes"],
      ["challenge_scopes", "challengeScopes"],
      ["scopes", "supportedScopes"],
      ["clientId", "introspection"],
      ["client_secret", "introspection"],
    ] as const
  ).flatMap(([name, meant]): [object, RegExp][] => [
    [
      { issuer: "https://idp.example", audience: "x", resource: AUDIENCE, [name]: ["a"] },
      new RegExp(`^${name} is not an option\\. Did you mean ${meant}\\?$`),
    ],
    [
      { audience: "x", resource: AUDIENCE, [name]: ["a"] },
      new RegExp(`^${name} is not an option\\. Did you mean ${meant}\\?$`),
    ],
  ]),
  [
    { issuer: "https://idp.example", audience: "x", resource: AUDIENCE, cors: ["app.example"] },
    /^cors\[0\] is "app.example"; it must be an origin/,
  ],
  [
    { issuer: "https://idp.example", audience: "x", resource: AUDIENCE, cachedTokens: 0.5 },
    /^cachedTokens is 0.5; it must be a whole number from 1 to 1000000/,
  ],
])("protect(%j) is refused with a sentence", (options, message) => {
  expect(() => protect(options as ProtectOptions)).toThrow(ConfigurationError);
  expect(() => protect(options as ProtectOptions)).toThrow(message);
});

it("createOAuthServer refuses another way to lead clients than there is", () => {
  const access = {
    authorization: { issuer: "https://idp.example", audience: "x" },
    authorizationServerMetadata: "proxy" as never,
  };
  expect(() => createOAuthServer("x", access)).toThrow(
    /^authorizationServerMetadata is "proxy"; it must be "redirect" or "copy"\./,
  );
});
