import { createHmac, createPublicKey } from "node:crypto";
import { afterEach, describe, expect, it } from "vitest";
import type { ProviderOptions } from "../../src/config/provider-options.ts";
import { ConfigurationError, type CreateOptions, createOAuthServer, scalekit } from "../../src/index.ts";
import { callTool, connect, postForm, RESOURCE, refresh, register, tokensOf } from "../support/client.ts";
import { claimsOf, resign, SECRET, signingKeyOf, withHeader } from "../support/forge.ts";
import { AUDIENCE, type Issuer, startIssuer } from "../support/issuer.ts";
import { textOf } from "../support/mcp-endpoint.ts";
import { startServer } from "../support/server.ts";

// A provider beside the embedded authorization server: both kinds of token open one endpoint, and neither can be
// passed off as the other.

const OWN = "https://mcp.example";
const INTROSPECTION = { clientId: "rs", clientSecret: "s+cret" };

const open: Issuer[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((issuer) => issuer.close()));
});

async function start(options: Partial<ProviderOptions> = {}) {
  const issuer = await startIssuer(() => Date.UTC(2026, 10, 1));
  open.push(issuer);
  const server = await startServer(
    { secret: SECRET },
    { alsoAccept: { issuer: issuer.url, audience: AUDIENCE, samePeople: true, ...options } },
  );
  const own = await connect(server);
  const status = async (token: string) => (await callTool(server, token)).status;
  const reasons = async (token: string) => {
    const before = server.lines.length;
    // The same line is logged once a second.
    server.advance(1);
    expect(await status(token)).toBe(401);
    return server.lines.slice(before).map(({ fields }) => fields.reason);
  };
  return { issuer, server, own, key: await signingKeyOf(server), status, reasons };
}

describe("a server with its own sign-in that also accepts a provider", () => {
  it("lets in who signed in here and who signed in there, and tells the tools which it was", async () => {
    const { issuer, server, own } = await start();
    const here = await textOf(await callTool(server, own.access_token));
    const there = await textOf(await callTool(server, await issuer.mint({ sub: "ada", gid: undefined })));
    // The same id is the same person, because the options say so; where the token is from, a tool can tell all the same.
    expect(JSON.parse(here ?? "")).toMatchObject({ person: { id: "ada" }, issuer: OWN });
    expect(JSON.parse(there ?? "")).toMatchObject({ person: { id: "ada" }, issuer: issuer.url });
  });

  it("names both, its own first, and answers with its own metadata and keys", async () => {
    const { issuer, server, key } = await start();
    const document = async (path: string) => (await server.fetch(new Request(`${OWN}${path}`))).json();
    for (const path of ["/mcp", ""]) {
      expect(await document(`/.well-known/oauth-protected-resource${path}`)).toMatchObject({
        resource: RESOURCE,
        authorization_servers: [OWN, issuer.url],
      });
    }
    expect(await document("/.well-known/oauth-authorization-server")).toMatchObject({ issuer: OWN });
    expect(await document("/oauth/jwks")).toMatchObject({ keys: [{ kid: key.kid }] });
    expect(issuer.asked.size).toBe(0);
  });

  it("names the authorization server of a provider whose tokens say another issuer", async () => {
    const { server } = await start({ authorizationServer: "https://idp.example/resources/1" });
    const document = await server.fetch(new Request(`${OWN}/.well-known/oauth-protected-resource`));
    expect(await document.json()).toMatchObject({
      authorization_servers: [OWN, "https://idp.example/resources/1"],
    });
  });

  it("asks the provider's tokens for the same scopes", async () => {
    const { issuer, server } = await start();
    const lesser = await callTool(server, await issuer.mint({ scope: "mcp" }), "create_todo", { title: "x" });
    expect(lesser.status).toBe(403);
    expect(lesser.headers.get("www-authenticate")).toContain('scope="mcp todo:write"');
  });

  it("ends its own grants at once, and leaves the provider's tokens alone, whatever grant they name", async () => {
    const { issuer, server, own, status } = await start();
    const { gid, jti } = claimsOf(own.access_token);
    const theirs = await issuer.mint({ gid, jti });
    expect([await status(own.access_token), await status(theirs)]).toEqual([200, 200]);
    await postForm(server, "/oauth/revoke", { client_id: own.clientId, token: own.access_token });
    expect([await status(own.access_token), await status(theirs)]).toEqual([401, 200]);
    expect(await status(await issuer.mint({ gid, jti: "not seen before" }))).toBe(200);
  });

  it("goes on with its own tokens while the provider is down, and says 503 to the provider's", async () => {
    const { issuer, server, own, status } = await start();
    issuer.down = true;
    expect(await status(own.access_token)).toBe(200);
    expect(
      await status((await tokensOf(refresh(server, own.clientId, own.refresh_token))).access_token),
    ).toBe(200);
    const response = await callTool(server, await issuer.mint());
    expect(response.status).toBe(503);
    expect(response.headers.get("retry-after")).toMatch(/^\d+$/);
  });

  it("neither revokes nor describes a token that is not its own", async () => {
    const { issuer, server, status } = await start();
    const theirs = await issuer.mint();
    const client = await register(server, { token_endpoint_auth_method: "client_secret_post" });
    const form = { client_id: client.client_id, client_secret: client.client_secret, token: theirs };
    expect((await postForm(server, "/oauth/revoke", form)).status).toBe(200);
    expect(await (await postForm(server, "/oauth/introspect", form)).json()).toEqual({ active: false });
    expect(await status(theirs)).toBe(200);
  });
});

describe("a token that pretends to be the other's is refused", () => {
  it("the provider's key, in our name", async () => {
    const { issuer, own, key, reasons } = await start();
    const { iss, aud, gid } = claimsOf(own.access_token);
    const forged = { iss, aud, gid };
    expect(await reasons(await issuer.mint(forged))).toEqual(['alg "RS256" is not accepted']);
    await issuer.rotate(true, { alg: "ES256", kid: "theirs" });
    expect(await reasons(await issuer.mint(forged))).toEqual(['unknown kid "theirs"']);
    expect(await reasons(await issuer.mint(forged, { kid: key.kid }))).toEqual(["wrong signature"]);
  });

  it("our key, in the provider's name", async () => {
    const { issuer, own, key, reasons } = await start();
    const forged = resign(key, own.access_token, { iss: issuer.url });
    expect(await reasons(forged)).toEqual([`unknown kid "${key.kid}"`]);
  });

  it("also where the provider publishes a key under the name of ours, which changes nothing for either", async () => {
    const { issuer, own, key, status, reasons } = await start();
    await issuer.rotate(true, { alg: "ES256", kid: key.kid });
    expect(await status(own.access_token)).toBe(200);
    expect(await status(await issuer.mint())).toBe(200);
    const { iss, gid } = claimsOf(own.access_token);
    expect(await reasons(await issuer.mint({ iss, gid }))).toEqual(["wrong signature"]);
    expect(await reasons(resign(key, own.access_token, { iss: issuer.url }))).toEqual(["wrong signature"]);
  });

  it("a public key as the secret of a symmetric algorithm, ours and theirs, in either name", async () => {
    const { issuer, own, key, status } = await start();
    const theirs = await issuer.mint();
    await status(theirs);
    const publicKeys = [
      createPublicKey(key.privateKey),
      createPublicKey({ key: issuer.publicKey() as never, format: "jwk" }),
    ];
    for (const token of [own.access_token, theirs]) {
      for (const kid of [key.kid, "key-1"]) {
        for (const publicKey of publicKeys) {
          const secret = publicKey.export({ type: "spki", format: "pem" });
          const header = { alg: "HS256", typ: "at+jwt", kid };
          const sign = (input: string) => createHmac("sha256", secret).update(input).digest();
          expect(await status(withHeader(token, header, sign))).toBe(401);
        }
      }
      expect(await status(withHeader(token, { alg: "none", typ: "at+jwt" }))).toBe(401);
    }
  });

  it("an issuer of neither, or none, or ours with a slash", async () => {
    const { issuer, reasons } = await start();
    const expected = `expected ${issuer.url} or ${OWN}`;
    for (const [iss, got] of [
      ["https://evil.example", "https://evil.example"],
      [`${OWN}/`, `${OWN}/`],
      [undefined, "none"],
      [["https://mcp.example"], "none"],
    ] as const) {
      expect(await reasons(await issuer.mint({ iss }))).toEqual([`wrong issuer: got ${got}, ${expected}`]);
    }
  });

  it("the provider's tokens for another server, and its ID tokens", async () => {
    const { issuer, reasons } = await start();
    expect(await reasons(await issuer.mint({ aud: "https://other.example" }))).toEqual([
      `wrong audience: got https://other.example, this server is ${AUDIENCE}`,
    ]);
    expect(await reasons(await issuer.mint({ nonce: "n" }, { typ: "JWT" }))).toEqual([
      "not an access token: it has nonce, as ID tokens do, and states no kind",
    ]);
  });
});

describe("a provider with opaque tokens beside the server", () => {
  it("is asked about tokens that nobody can read, and never about a secret of ours", async () => {
    const { issuer, own, status, reasons } = await start({ introspection: INTROSPECTION });
    const said = { active: true, aud: AUDIENCE, sub: "ada", scope: "mcp" };
    issuer.opaque.set("opaque", said);
    expect(await status("opaque")).toBe(200);
    expect(issuer.asked.get("/introspect")).toBe(1);
    // Who introspects gets to see the token: what the client mixed up must not end at the provider.
    for (const secret of [own.refresh_token, `${own.refresh_token}=`, `${own.refresh_token}==`]) {
      issuer.opaque.set(secret, said);
      expect(await reasons(secret)).toEqual([
        "a code or refresh token of this server, sent as an access token",
      ]);
    }
    expect(await status(own.access_token)).toBe(200);
    expect(issuer.asked.get("/introspect")).toBe(1);
  });

  it("is asked about a JWT that names no issuer, and about none that names another", async () => {
    const { issuer, status, reasons } = await start({ introspection: INTROSPECTION });
    const said = { active: true, aud: AUDIENCE, sub: "ada", scope: "mcp" };
    const unnamed = await issuer.mint({ iss: undefined });
    issuer.opaque.set(unnamed, said);
    expect(await status(unnamed)).toBe(200);
    // Whoever is asked sees the token, and could use it where it is good.
    const foreign = await issuer.mint({ iss: "https://other.example" });
    issuer.opaque.set(foreign, said);
    expect(await reasons(foreign)).toEqual([
      `wrong issuer: got https://other.example, expected ${issuer.url} or ${OWN}`,
    ]);
    expect(issuer.asked.get("/introspect")).toBe(1);
  });
});

describe("what cannot be is refused at creation", () => {
  const provider = { issuer: "https://idp.example", audience: RESOURCE };
  const create =
    (alsoAccept: CreateOptions["alsoAccept"], access: unknown = () => null) =>
    () =>
      createOAuthServer("x", access as never, { publicUrl: OWN, database: ":memory:", alsoAccept });

  it.each<[string, CreateOptions["alsoAccept"], RegExp]>([
    [
      "our own issuer",
      { ...provider, issuer: OWN },
      /^alsoAccept names https:\/\/mcp\.example, which is this server's own issuer\. Take it out/,
    ],
    ["ours with a slash", { ...provider, issuer: `${OWN}/` }, /this server's own issuer/],
    [
      "ours among the aliases",
      { ...provider, issuerAliases: ["https://x.example", OWN] },
      /this server's own issuer/,
    ],
    ["the same one twice", [provider, provider], /^The issuer https:\/\/idp\.example is there twice/],
    [
      "one alias of two providers",
      ["res_1", "res_2"].map((resourceId) =>
        scalekit({ environmentUrl: "https://acme.scalekit.com", resourceId }),
      ),
      /^The issuer https:\/\/acme\.scalekit\.com is there twice, .*issuerAliases/,
    ],
    [
      "an alias that is another's issuer",
      [
        provider,
        { issuer: "https://b.example", audience: RESOURCE, issuerAliases: ["https://idp.example/"] },
      ],
      /^The issuer https:\/\/idp\.example\/ is there twice/,
    ],
    [
      "one without an audience",
      { issuer: "https://idp.example" } as never,
      /The audience is missing\. .*"https:\/\/mcp\.example\/mcp"/,
    ],
    [
      "one that is not https",
      { ...provider, issuer: "http://idp.example" },
      /^alsoAccept\.issuer is "http:\/\/idp\.example"; it must be an https/,
    ],
    [
      "a wrong one of several",
      [provider, { ...provider, issuer: "idp" }],
      /^alsoAccept\[1\]\.issuer is "idp"/,
    ],
    [
      "what is no option",
      { ...provider, jwksUrl: "https://idp.example/jwks" } as never,
      /^alsoAccept\.jwksUrl is not an option\. Did you mean jwksUri/,
    ],
  ])("%s", (_name, alsoAccept, message) => {
    expect(create(alsoAccept)).toThrow(ConfigurationError);
    expect(create(alsoAccept)).toThrow(message);
  });

  it("and beside a provider in place of the sign-in: both belong into one list", () => {
    expect(create(provider, { authorization: { ...provider, issuer: "https://b.example" } })).toThrow(
      /^alsoAccept is for a server with its own sign-in\. Put both providers into authorization/,
    );
  });

  it("while none at all is none", () => {
    expect(create([])).not.toThrow();
    expect(create(undefined)).not.toThrow();
  });
});
