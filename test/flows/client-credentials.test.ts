import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { afterAll, describe, expect, it, vi } from "vitest";
import type { OAuthServerOptions } from "../../src/config/options-schema.ts";
import { ConfigurationError } from "../../src/core/errors.ts";
import { preregisteredClient } from "../../src/core/preregistered-client.ts";
import type { Approval } from "../../src/store/grant-records.ts";
import {
  authorize,
  callTool,
  connect,
  postForm,
  REDIRECT_URI,
  RESOURCE,
  redeem,
  register,
  type Tokens,
  tokensOf,
} from "../support/client.ts";
import { claimsOf, SECRET } from "../support/forge.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { CLIENT_GRANTED, REMOVED, REVOKED, sampleApproval } from "../support/store/samples.ts";
import { openTestStore as openSqliteStore } from "../support/store/test-store.ts";

// RFC 6749 §4.4, and the extension io.modelcontextprotocol/oauth-client-credentials.

const REPORTS_SECRET = "a secret of the reports program";
const REPORTS = {
  id: "reports",
  secret: REPORTS_SECRET,
  name: "Weekly reports",
  grantTypes: ["client_credentials"],
  scopes: ["todo:read"],
};

const directory = mkdtempSync(join(tmpdir(), "gatehouse-credentials-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

type Described = NonNullable<OAuthServerOptions["clients"]>[number];
type Fields = Readonly<Record<string, string | undefined>>;

const startWith = (client: Partial<Described> = {}, options: OAuthServerOptions = {}) =>
  startServer({ clients: [{ ...REPORTS, ...client }], ...options });

/** A token request of the program; a field that is undefined is left out. */
const ask = (server: TestServer, fields: Fields = {}) =>
  postForm(server, "/oauth/token", {
    grant_type: "client_credentials",
    client_id: "reports",
    client_secret: REPORTS_SECRET,
    ...fields,
  });
const tokenOf = async (server: TestServer, fields: Fields = {}) =>
  (await tokensOf(ask(server, fields))).access_token;
const stopped = async (server: TestServer) => {
  await server.drain();
  await server.close();
};
const statusOf = async (server: TestServer, token: string) => (await callTool(server, token)).status;
const refusal = async (answer: Promise<Response>) => {
  const response = await answer;
  return { status: response.status, error: ((await response.json()) as { error: string }).error };
};

describe("a token for the client itself", () => {
  it("has the client as its subject, the resource as its audience, and no refresh token", async () => {
    const server = await startWith();
    const answer = await ask(server);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    const tokens = (await answer.json()) as Tokens;
    expect(tokens).toMatchObject({ token_type: "Bearer", expires_in: 1800, scope: "mcp todo:read" });
    expect(tokens).not.toHaveProperty("refresh_token");
    const claims = claimsOf(tokens.access_token);
    expect(claims).toMatchObject({ sub: "reports", client_id: "reports", aud: RESOURCE });

    const body = await (await callTool(server, tokens.access_token)).text();
    expect(body).toContain(String.raw`\"person\":{\"id\":\"reports\",\"name\":\"Weekly reports\"}`);
    expect(body).toContain(String.raw`\"client\":{\"id\":\"reports\",\"name\":\"Weekly reports\"}`);
    expect(server.lines).toContainEqual({
      name: "client.token",
      fields: expect.objectContaining({ client: "reports", grant: claims.gid, scopes: ["mcp", "todo:read"] }),
    });
  });

  it.each([
    ["what it asks for of it", { scope: "todo:read" }, {}, "mcp todo:read"],
    ["less, where it asks for less", { scope: "mcp" }, {}, "mcp"],
    ["nothing that it may not have", { scope: "todo:read todo:write" }, {}, "mcp todo:read"],
    ["nothing that nobody has heard of", { scope: "admin offline_access" }, {}, "mcp"],
    ["what is required, where the operator named nothing", {}, { scopes: undefined }, "mcp"],
    [
      "no more than that, where it asks for everything",
      { scope: "todo:read todo:write" },
      { scopes: undefined },
      "mcp",
    ],
  ])("holds %s", async (_what, fields, client, scope) => {
    const server = await startWith(client);
    expect((await tokensOf(ask(server, fields))).scope).toBe(scope);
  });

  it("may hold a narrower scope than the one that the operator named", async () => {
    const server = await startWith(
      { scopes: ["todo:write"] },
      { scopeImplies: { "todo:write": ["todo:read"] } },
    );
    expect((await tokensOf(ask(server, { scope: "todo:read" }))).scope).toBe("mcp todo:read");
  });

  it("holds no scope that has left the catalogue since the operator added the program", async () => {
    const options = { database: join(directory, "narrowed.db"), secret: SECRET };
    const supportedScopes = { mcp: "Use", "todo:read": "See", "todo:write": "Change", export: "Export" };
    const before = await startServer({ ...options, supportedScopes });
    const described = { ...REPORTS, scopes: ["todo:read", "export"] };
    const rules = { catalogue: before.settings.catalogue };
    await before.store.addClient(preregisteredClient(described, rules, before.now()), "unaudited");
    expect((await tokensOf(ask(before))).scope).toBe("mcp todo:read export");
    await stopped(before);
    const server = await startServer(options);
    for (const fields of [{}, { scope: "todo:read export" }])
      expect((await tokensOf(ask(server, fields))).scope).toBe("mcp todo:read");
    await stopped(server);
  });

  it("is for this resource and no other", async () => {
    const server = await startWith();
    expect((await ask(server, { resource: RESOURCE })).status).toBe(200);
    expect(await refusal(ask(server, { resource: "https://other.example/mcp" }))).toEqual({
      status: 400,
      error: "invalid_target",
    });
  });

  it("ends when it says, whatever came of the others", async () => {
    const server = await startWith();
    const token = await tokenOf(server);
    server.advance(1799);
    const later = await tokenOf(server);
    expect(await statusOf(server, token)).toBe(200);
    server.advance(1);
    expect(await statusOf(server, token)).toBe(401);
    expect(await statusOf(server, later)).toBe(200);
  });
});

describe("the program's grant says when one of its tokens was last used", () => {
  const lastUsed = async (server: TestServer) => (await server.store.listGrants({}))[0]?.usedAt;

  it("at the guard, to the minute", async () => {
    const server = await startWith();
    const token = await tokenOf(server);
    expect(await lastUsed(server)).toBeNull();
    expect(await statusOf(server, token)).toBe(200);
    const firstAt = server.now();
    await expect.poll(() => lastUsed(server)).toBe(firstAt);
    server.advance(60);
    expect(await statusOf(server, await tokenOf(server))).toBe(200);
    await expect.poll(() => lastUsed(server)).toBe(firstAt + 60_000);
  });

  it("at introspection", async () => {
    const server = await startWith();
    const token = await tokenOf(server);
    const credentials = { client_id: "reports", client_secret: REPORTS_SECRET };
    const answer = await postForm(server, "/oauth/introspect", { ...credentials, token });
    expect(await answer.json()).toMatchObject({ active: true });
    await expect.poll(() => lastUsed(server)).toBe(server.now());
  });

  it("and its tokens name no generation", async () => {
    expect(claimsOf(await tokenOf(await startWith()))).not.toHaveProperty("gen");
  });
});

describe("who gets none", () => {
  it.each<[string, Fields, { status: number; error: string }]>([
    ["a wrong secret", { client_secret: "wrong" }, { status: 401, error: "invalid_client" }],
    ["no secret", { client_secret: undefined }, { status: 401, error: "invalid_client" }],
    ["a client that nobody knows", { client_id: "nobody" }, { status: 401, error: "invalid_client" }],
  ])("%s", async (_what, fields, expected) => {
    const server = await startWith();
    expect(await refusal(ask(server, fields))).toEqual(expected);
    expect(await server.store.listGrants({})).toEqual([]);
  });

  it("a pre-registered client that acts for people only", async () => {
    const server = await startWith({ grantTypes: undefined, redirectUris: ["https://client.example/cb"] });
    expect(await refusal(ask(server))).toEqual({ status: 400, error: "unauthorized_client" });
  });

  it.each([["client_secret_post"], ["none"]])("a client that registered itself, with %s", async (method) => {
    const server = await startWith();
    const asked = ["authorization_code", "refresh_token", "client_credentials"];
    const registered = await register(server, { grant_types: asked, token_endpoint_auth_method: method });
    expect(registered.grant_types).toEqual(["authorization_code", "refresh_token"]);
    const { client_id, client_secret } = registered;
    expect(await refusal(ask(server, { client_id, client_secret }))).toEqual({
      status: 400,
      error: "unauthorized_client",
    });
  });

  it("a row that says it may, without the operator's origin or without credentials", async () => {
    const server = await startWith();
    const allowed = preregisteredClient(
      { ...REPORTS, id: "smuggled", scopes: undefined },
      { catalogue: server.settings.catalogue },
      0,
    );
    await server.store.addClient(
      {
        ...allowed,
        origin: "registered",
        authenticationMethod: "client_secret_post",
      },
      "unaudited",
    );
    await server.store.addClient(
      {
        ...allowed,
        id: "public",
        authenticationMethod: "none",
        secretHash: null,
      },
      "unaudited",
    );
    const expected = { status: 400, error: "unauthorized_client" };
    expect(await refusal(ask(server, { client_id: "smuggled" }))).toEqual(expected);
    expect(await refusal(ask(server, { client_id: "public", client_secret: undefined }))).toEqual(expected);
  });

  it("a public client: the operator cannot describe one", async () => {
    await expect(startWith({ secret: undefined })).rejects.toThrow(ConfigurationError);
  });

  it("a client without redirect URIs cannot send anybody to the authorization page", async () => {
    const server = await startWith();
    const page = await server.fetch(
      new Request("https://mcp.example/oauth/authorize?client_id=reports&response_type=code"),
    );
    expect(page.status).toBe(400);
    expect(page.headers.get("location")).toBeNull();
  });
});

describe("its end", () => {
  it("is one grant for all its tokens, which is one row however many there are", async () => {
    const server = await startWith();
    const tokens = [await tokenOf(server), await tokenOf(server), await tokenOf(server)];
    const [grant, ...others] = await server.store.listGrants({});
    expect(others).toEqual([]);
    expect(new Set(tokens.map((token) => claimsOf(token).gid))).toEqual(new Set([grant?.id]));
    expect(grant).toMatchObject({ clientId: "reports", person: { id: "reports" }, redirectUri: "" });
  });

  it.each<[string, Partial<Approval>]>([
    ["of another program", { clientId: "other" }],
    ["of a person who uses the program", { person: { id: "ada" } }],
    ["of a person with the program's id, of before that was refused", { redirectUri: REDIRECT_URI }],
    ["for the resource of before the path was changed", { resource: "https://mcp.example/before" }],
    ["with more scopes than the operator allows now", { scopes: ["mcp", "todo:read", "todo:write"] }],
    ["with fewer", { scopes: ["mcp"] }],
  ])("is that of no grant %s", async (_what, changes) => {
    const server = await startWith();
    const endsAt = server.now() + 24 * 60 * 60 * 1000;
    const own = {
      id: "kept",
      clientId: "reports",
      person: { id: "reports" },
      resource: RESOURCE,
      scopes: ["mcp", "todo:read"],
      redirectUri: "",
      codeExpiresAt: endsAt,
      refreshExpiresAt: endsAt,
      endsAt,
      createdAt: server.now(),
    };
    await server.store.grantToProgram(sampleApproval({ ...own, ...changes }), CLIENT_GRANTED);
    const token = await tokensOf(ask(server));
    expect(claimsOf(token.access_token)).toMatchObject({ sub: "reports", aud: RESOURCE });
    expect(claimsOf(token.access_token).gid).not.toBe("kept");
    expect(token.scope).toBe("mcp todo:read");
    // Without the change it would have been taken.
    const unchanged = await startWith();
    await unchanged.store.grantToProgram(sampleApproval(own), CLIENT_GRANTED);
    expect(claimsOf(await tokenOf(unchanged)).gid).toBe("kept");
  });

  it("comes at once for every token when the program revokes one; then it can have a new one", async () => {
    const server = await startWith();
    const [one, other] = [await tokenOf(server), await tokenOf(server)];
    expect(await statusOf(server, other)).toBe(200);
    const revoked = await postForm(server, "/oauth/revoke", {
      client_id: "reports",
      client_secret: REPORTS_SECRET,
      token: one,
    });
    expect(revoked.status).toBe(200);
    expect(await statusOf(server, one)).toBe(401);
    expect(await statusOf(server, other)).toBe(401);
    expect(await statusOf(server, await tokenOf(server))).toBe(200);
  });

  it("does not come when another program asks for it, to which the token is inactive", async () => {
    const other = { ...REPORTS, id: "other", secret: "the secret of another program" };
    const server = await startServer({ clients: [REPORTS, other] });
    const token = await tokenOf(server);
    const foreign = { client_id: other.id, client_secret: other.secret, token };
    expect((await postForm(server, "/oauth/revoke", foreign)).status).toBe(200);
    expect(await statusOf(server, token)).toBe(200);
    const shown = await postForm(server, "/oauth/introspect", foreign);
    expect(await shown.json()).toEqual({ active: false });
    const own = { client_id: "reports", client_secret: REPORTS_SECRET, token };
    expect(await (await postForm(server, "/oauth/introspect", own)).json()).toMatchObject({
      active: true,
      sub: "reports",
      scope: "mcp todo:read",
    });
  });

  it("is put off by a new row in time, so that no token is shorter than the others", async () => {
    const server = await startWith({}, { grantSeconds: 4000 });
    await tokenOf(server);
    server.advance(2300);
    expect(await tokensOf(ask(server))).toMatchObject({ expires_in: 1800 });
    expect(await server.store.listGrants({})).toHaveLength(2);
  });

  it("leaves the row to the janitor, a day after", async () => {
    const server = await startWith({}, { grantSeconds: 4000 });
    await tokenOf(server);
    server.advance(4000);
    await server.store.deleteExpired(server.now(), 100);
    expect(await server.store.listGrants({})).toHaveLength(1);
    server.advance(24 * 60 * 60);
    await server.store.deleteExpired(server.now(), 100);
    expect(await server.store.listGrants({})).toEqual([]);
  });
});

describe("a program that the operator added to the database", () => {
  let files = 0;

  async function startBesideACommand() {
    const database = join(directory, `${++files}.db`);
    const server = await startServer({ database, secret: SECRET });
    const command = await openSqliteStore({ database });
    const rules = { catalogue: server.settings.catalogue };
    await command.addClient(preregisteredClient(REPORTS, rules, server.now()), "unaudited");
    return { server, command };
  }
  const soon = (check: () => Promise<void>) => vi.waitFor(check, { timeout: 10_000, interval: 50 });

  it("loses its tokens and its credentials when it is removed", async () => {
    const { server, command } = await startBesideACommand();
    const token = await tokenOf(server);
    expect(await statusOf(server, token)).toBe(200);
    await command.removeClient("reports", server.now(), REMOVED);
    await soon(async () => expect(await statusOf(server, token)).toBe(401));
    expect(await refusal(ask(server))).toEqual({ status: 401, error: "invalid_client" });
  });

  it("gets none in the moment in which it is removed and the server does not know yet", async () => {
    const { server, command } = await startBesideACommand();
    await tokenOf(server);
    // A row that was there already leaves the client in the server's memory.
    const token = await tokenOf(server);
    await command.removeClient("reports", server.now(), REMOVED);
    // At once: the server's memory still has the client, and only the new row makes it look.
    expect(await refusal(ask(server))).toEqual({ status: 401, error: "invalid_client" });
    expect((await server.store.listGrants({})).filter(({ revokedAt }) => revokedAt === null)).toEqual([]);
    await soon(async () => expect(await statusOf(server, token)).toBe(401));
  });

  it("loses its tokens when its grant is revoked", async () => {
    const { server, command } = await startBesideACommand();
    const token = await tokenOf(server);
    expect(await statusOf(server, token)).toBe(200);
    await command.revokeGrant(String(claimsOf(token).gid), "operator", server.now(), REVOKED);
    await soon(async () => expect(await statusOf(server, token)).toBe(401));
  });
});

describe("a client that is taken out of the options", () => {
  const APP = { id: "app", redirectUris: [REDIRECT_URI] };

  it("is refused from the next start on, with the tokens that are out, and takes nobody with it", async () => {
    const options = { database: join(directory, "removed.db"), secret: SECRET };
    const before = await startServer({ ...options, clients: [REPORTS, APP] });
    const program = await tokenOf(before);
    const { access_token: persons } = await tokensOf(redeem(before, APP.id, await authorize(before, APP.id)));
    const { access_token: others } = await connect(before);
    for (const token of [program, persons, others]) expect(await statusOf(before, token)).toBe(200);
    await stopped(before);

    const without = await startServer(options);
    expect(await statusOf(without, others)).toBe(200);
    for (const token of [program, persons]) expect(await statusOf(without, token)).toBe(401);
    expect(without.lines.map(({ fields }) => [fields.reason, fields.client])).toEqual([
      ["its client is not known here any more", "reports"],
      ["its client is not known here any more", "app"],
    ]);
    expect(await refusal(ask(without))).toEqual({ status: 401, error: "invalid_client" });
    await stopped(without);

    // Nothing was revoked for it: an instance that knows the client already, or again, lets it in.
    const again = await startServer({ ...options, clients: [REPORTS, APP] });
    for (const token of [program, persons, others]) expect(await statusOf(again, token)).toBe(200);
    await stopped(again);
  });
});

describe("private_key_jwt", () => {
  it("proves a program by its key, once for each assertion", async () => {
    const { publicKey, privateKey } = await generateKeyPair("ES256");
    const jwks = { keys: [{ ...(await exportJWK(publicKey)) }] };
    const server = await startWith({ secret: undefined, jwks });
    const assertion = await new SignJWT({})
      .setProtectedHeader({ alg: "ES256" })
      .setIssuer("reports")
      .setSubject("reports")
      .setAudience(server.settings.issuer)
      .setJti("1")
      .setExpirationTime(server.now() / 1000 + 60)
      .sign(privateKey);
    const fields = {
      client_id: undefined,
      client_secret: undefined,
      client_assertion: assertion,
      client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    };
    expect(await statusOf(server, await tokenOf(server, fields))).toBe(200);
    expect(await refusal(ask(server, fields))).toEqual({ status: 401, error: "invalid_client" });
  });
});

describe("a person with the id of a program (RFC 9068 §5)", () => {
  it("approves nothing: they would have what is the program's", async () => {
    const server = await startWith({ id: "ada" });
    const { client_id } = await register(server);
    await expect(authorize(server, client_id, { username: "ada" })).rejects.toThrow();
    expect(await server.store.listGrants({})).toEqual([]);
    expect(server.lines).toContainEqual({
      name: "request.refused",
      fields: expect.objectContaining({ reason: expect.stringContaining("client_credentials") }),
    });
    await authorize(server, client_id, { username: "grace", password: "hopper" });
    expect(await server.store.listGrants({})).toHaveLength(1);
  });
});
