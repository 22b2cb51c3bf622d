import { generateKeyPairSync } from "node:crypto";
import { createServer, type Server } from "node:http";
import {
  Client,
  ClientCredentialsProvider,
  PrivateKeyJwtProvider,
  SdkHttpError,
  StreamableHTTPClientTransport,
  type StreamableHTTPClientTransportOptions,
} from "@modelcontextprotocol/client";
import { decodeJwt } from "jose";
import Provider, { type ResourceServer } from "oidc-provider";
import { afterEach, describe, expect, it } from "vitest";
import { TokenError, TokenManager, type TokenManagerOptions } from "../../src/client/index.ts";
import { createOAuthServer, protect } from "../../src/index.ts";
import { silentLog } from "../../src/platform/logging.ts";
import { listening } from "../support/listening.ts";

// Programs without a person, over real listeners: our own manager and the SDK's providers, before our own
// authorization server and before another one.

const SECRET = "a secret of the reports program";
const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const PEM = privateKey.export({ format: "pem", type: "pkcs8" }) as string;

let closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.reverse()) await close();
  closing = [];
});

/** The embedded server with two programs: one with a secret, one with a key. */
async function startEmbedded(options: { readonly accessTokenSeconds?: number } = {}) {
  const server = createOAuthServer("Test App", () => null, {
    port: 0,
    database: ":memory:",
    handleSignals: false,
    log: silentLog,
    supportedScopes: ["mcp", "notes:read", "notes:write"],
    requiredScopes: ["mcp"],
    clients: [
      { id: "reports", secret: SECRET, grantTypes: ["client_credentials"], scopes: ["notes:read"] },
      {
        id: "robot",
        jwks: { keys: [publicKey.export({ format: "jwk" })] },
        grantTypes: ["client_credentials"],
        scopes: ["notes:read", "notes:write"],
      },
    ],
    ...options,
  });
  server.registerTool("whoami", { description: "Who is asking." }, ({ person, client, scopes }) => ({
    content: [{ type: "text", text: JSON.stringify({ person, client, scopes }) }],
  }));
  server.registerTool("write_note", { description: "Writes.", scopes: ["notes:write"] }, () => ({
    content: [{ type: "text", text: "written" }],
  }));
  const { url } = await server.listen();
  closing.push(() => server.close());
  return { url, issuer: new URL(url).origin };
}

async function connect(
  url: string,
  options: StreamableHTTPClientTransportOptions,
): Promise<(name: string) => Promise<string>> {
  const client = new Client({ name: "program", version: "1.0.0" });
  await client.connect(new StreamableHTTPClientTransport(new URL(url), options));
  closing.push(() => client.close());
  return async (name) => {
    const { content } = await client.callTool({ name, arguments: {} });
    const [first] = content as { text: string }[];
    return first?.text ?? "";
  };
}

type Credentials = Pick<TokenManagerOptions, "clientId" | "clientSecret" | "privateKey">;
const PROGRAMS: readonly (readonly [string, Credentials, readonly string[]])[] = [
  ["a secret", { clientId: "reports", clientSecret: SECRET }, ["mcp", "notes:read"]],
  ["a key", { clientId: "robot", privateKey: PEM }, ["mcp", "notes:read", "notes:write"]],
];

describe("before the embedded server", () => {
  describe.each(PROGRAMS)("a program with %s", (_what, credentials, scopes) => {
    const asItself = { person: { id: credentials.clientId }, scopes };

    it.each(["resource", "issuer", "tokenEndpoint"] as const)(
      "calls tools as itself through the SDK's client, from nothing but the %s",
      async (known) => {
        const { url, issuer } = await startEmbedded();
        const where = { resource: url, issuer, tokenEndpoint: `${issuer}/oauth/token` };
        const tokens = new TokenManager({ ...credentials, [known]: where[known] });
        const call = await connect(url, { authProvider: tokens });
        expect(JSON.parse(await call("whoami"))).toMatchObject(asItself);
        expect(decodeJwt(await tokens.getToken())).toMatchObject({
          sub: credentials.clientId,
          client_id: credentials.clientId,
          aud: url,
        });
      },
    );

    it("calls tools through `fetch` alone", async () => {
      const { url } = await startEmbedded();
      const tokens = new TokenManager({ ...credentials, resource: url });
      const call = await connect(url, { fetch: tokens.fetch });
      expect(JSON.parse(await call("whoami"))).toMatchObject(asItself);
    });

    it("goes on when its tokens were revoked, with one renewal for all that are under way", async () => {
      const { url, issuer } = await startEmbedded();
      let requests = 0;
      const tokens = new TokenManager({
        ...credentials,
        resource: url,
        issuer,
        fetch: (target, init) => {
          if (String(target).endsWith("/oauth/token")) requests += 1;
          return fetch(target, init);
        },
      });
      const call = await connect(url, { authProvider: tokens });
      const revoked = await tokens.getToken();
      const answer = await fetch(`${issuer}/oauth/revoke`, {
        method: "POST",
        headers: { authorization: `Basic ${btoa(`reports:${SECRET}`)}` },
        body: new URLSearchParams({ token: revoked }),
      });
      expect(answer.status).toBe(200);
      const texts = await Promise.all([call("whoami"), call("whoami"), call("whoami")]);
      for (const text of texts) expect(JSON.parse(text)).toMatchObject(asItself);
      // Who is not the one that revoked keeps its token.
      expect(requests).toBe(credentials.clientId === "reports" ? 2 : 1);
    });
  });

  it("a program is refused what the operator did not give it, whatever it asks for", async () => {
    const { url } = await startEmbedded();
    const scope = "notes:read notes:write";
    const reports = { clientId: "reports", clientSecret: SECRET, resource: url, scope };
    const call = await connect(url, { fetch: new TokenManager(reports).fetch });
    await expect(call("write_note")).rejects.toThrow(/403|scope/i);
    const robot = new TokenManager({ clientId: "robot", privateKey: PEM, resource: url, scope });
    expect(await (await connect(url, { authProvider: robot }))("write_note")).toBe("written");
  });

  it("a wrong secret is told as such, and a server that takes no token as an error of the SDK", async () => {
    const { url } = await startEmbedded();
    const wrong = new TokenManager({ clientId: "reports", clientSecret: "wrong", resource: url });
    await expect(connect(url, { authProvider: wrong })).rejects.toThrow(TokenError);
    await expect(wrong.getToken()).rejects.toMatchObject({ code: "invalid_client" });

    const other = await startEmbedded();
    const elsewhere = new TokenManager({ clientId: "reports", clientSecret: SECRET, resource: url });
    await expect(connect(other.url, { authProvider: elsewhere })).rejects.toThrow(SdkHttpError);
  });

  it("the SDK's own provider gets a token with a secret", async () => {
    const { url, issuer } = await startEmbedded();
    const provider = new ClientCredentialsProvider({
      clientId: "reports",
      clientSecret: SECRET,
      expectedIssuer: issuer,
      scope: "mcp notes:read",
    });
    const call = await connect(url, { authProvider: provider });
    expect(JSON.parse(await call("whoami"))).toMatchObject({ person: { id: "reports" } });
    expect(provider.tokens()).not.toHaveProperty("refresh_token");
  });

  it("the SDK's own provider gets a token with a key", async () => {
    const { url, issuer } = await startEmbedded();
    const provider = new PrivateKeyJwtProvider({
      clientId: "robot",
      privateKey: PEM,
      algorithm: "ES256",
      expectedIssuer: issuer,
    });
    const call = await connect(url, { authProvider: provider });
    expect(JSON.parse(await call("whoami"))).toMatchObject({ person: { id: "robot" } });
  });
});

const AUDIENCE = "https://mcp.example/mcp";

/** oidc-provider on loopback, with the same two programs. */
async function startProvider(): Promise<string> {
  const server: Server = createServer((request, response) => callback(request, response));
  const port = await listening(server);
  const issuer = `http://127.0.0.1:${port}`;
  const program = {
    grant_types: ["client_credentials"],
    response_types: [],
    redirect_uris: [],
    scope: "notes:read",
  };
  const signing = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ format: "jwk" });
  const provider = new Provider(issuer, {
    jwks: { keys: [{ ...signing, kid: "1", alg: "ES256", use: "sig" } as never] },
    cookies: { keys: ["a secret that is as long as it has to be"] },
    clientDefaults: { id_token_signed_response_alg: "ES256" },
    clients: [
      { ...program, client_id: "reports", client_secret: SECRET },
      {
        ...program,
        client_id: "robot",
        token_endpoint_auth_method: "private_key_jwt",
        jwks: { keys: [publicKey.export({ format: "jwk" }) as never] },
      },
    ],
    scopes: ["notes:read", "notes:write"],
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (): ResourceServer => ({
          scope: "notes:read",
          audience: AUDIENCE,
          accessTokenTTL: 600,
          accessTokenFormat: "jwt",
          jwt: { sign: { alg: "ES256" } },
        }),
      },
    },
  });
  const callback = provider.callback();
  closing.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return issuer;
}

describe("before oidc-provider", () => {
  it.each(PROGRAMS)(
    "a program with %s gets a token that a server behind it takes",
    async (_what, credentials) => {
      const issuer = await startProvider();
      const tokens = new TokenManager({ ...credentials, issuer, resource: AUDIENCE, scope: "notes:read" });
      const { guard } = protect({ issuer, audience: AUDIENCE, resource: AUDIENCE, log: silentLog });
      const authorization = `Bearer ${await tokens.getToken()}`;
      const auth = await guard(new Request(AUDIENCE, { headers: { authorization } }));
      expect(auth).toMatchObject({
        client: { id: credentials.clientId },
        scopes: ["notes:read"],
        audience: AUDIENCE,
      });
    },
  );

  it("a wrong secret, a wrong key and a scope that is not given are told with the provider's code", async () => {
    const issuer = await startProvider();
    const codeOf = (options: Partial<TokenManagerOptions>) =>
      new TokenManager({ issuer, resource: AUDIENCE, clientId: "reports", ...options }).getToken().then(
        () => "none",
        ({ code }: TokenError) => code,
      );
    const stranger = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
    expect(await codeOf({ clientSecret: "wrong" })).toBe("invalid_client");
    expect(await codeOf({ clientId: "robot", privateKey: stranger })).toBe("invalid_client");
    expect(await codeOf({ clientSecret: SECRET, scope: "notes:write" })).toBe("invalid_scope");
  });
});
