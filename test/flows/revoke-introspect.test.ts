import { sign } from "node:crypto";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { describe, expect, it } from "vitest";
import type { SigningKey } from "../../src/platform/jws.ts";
import {
  authorize,
  callTool,
  connect,
  postForm,
  RESOURCE,
  redeem,
  refresh,
  register,
  tokensOf,
} from "../support/client.ts";
import { claimsOf, resign, SECRET, signingKeyOf, withHeader } from "../support/forge.ts";
import { startServer, type TestServer } from "../support/server.ts";

const INACTIVE = { active: false };
const JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/** A client with a secret, connected; what it sends to say who it is; and the other things it needs. */
async function confidential(server: TestServer, method = "client_secret_post") {
  const { client_id, client_secret = "" } = await register(server, { token_endpoint_auth_method: method });
  const basic = Buffer.from(`${client_id}:${client_secret}`).toString("base64");
  const [fields, headers] =
    method === "client_secret_basic"
      ? [{}, { authorization: `Basic ${basic}` }]
      : [{ client_id, client_secret }, {}];
  const { code, verifier } = await authorize(server, client_id);
  const exchange = { grant_type: "authorization_code", code, code_verifier: verifier };
  const tokens = await tokensOf(postForm(server, "/oauth/token", { ...fields, ...exchange }, headers));
  const post = (path: string, more: Readonly<Record<string, string | undefined>>) =>
    postForm(server, path, { ...fields, ...more }, headers);
  return {
    ...tokens,
    clientId: client_id,
    revoke: (token: string) => post("/oauth/revoke", { token }),
    introspect: async (token: string) => (await post("/oauth/introspect", { token })).json(),
    ask: (more: Readonly<Record<string, string | undefined>>) => post("/oauth/introspect", more),
    refresh: (token: string) => post("/oauth/token", { grant_type: "refresh_token", refresh_token: token }),
  };
}

/** The claims of an access token under our key, as another kind of token or by another algorithm. */
const otherTypes = (token: string, { kid, privateKey }: SigningKey) =>
  [
    { alg: "ES256", typ: "JWT", kid },
    { alg: "ES256", kid },
    { alg: "ES384", typ: "at+jwt", kid },
    { typ: "at+jwt", kid },
  ].map((header) =>
    withHeader(token, header, (input) =>
      sign("sha256", Buffer.from(input), { key: privateKey, dsaEncoding: "ieee-p1363" }),
    ),
  );

const isLive = async (server: TestServer, token: string) => (await callTool(server, token)).status === 200;

describe("revocation (RFC 7009)", () => {
  it.each(["access_token", "refresh_token"] as const)(
    "of its own %s by a public client ends the grant: both tokens, and no other grant",
    async (which) => {
      const server = await startServer();
      const tokens = await connect(server);
      const sameClient = await connect(server);
      expect(sameClient.clientId).toBe(tokens.clientId);
      const answer = await postForm(server, "/oauth/revoke", {
        client_id: tokens.clientId,
        token: tokens[which],
      });
      expect(answer.status).toBe(200);
      expect(answer.headers.get("cache-control")).toBe("no-store");
      expect(await isLive(server, tokens.access_token)).toBe(false);
      expect((await refresh(server, tokens.clientId, tokens.refresh_token)).status).toBe(400);
      expect(await isLive(server, sameClient.access_token)).toBe(true);
      await tokensOf(refresh(server, sameClient.clientId, sameClient.refresh_token));
    },
  );

  it("of a token that is old ends the grant too: nothing newer is left behind", async () => {
    const server = await startServer();
    const { clientId, access_token, refresh_token } = await connect(server);
    const next = await tokensOf(refresh(server, clientId, refresh_token));
    server.advance(3600);
    expect(await isLive(server, access_token)).toBe(false);
    await postForm(server, "/oauth/revoke", { client_id: clientId, token: access_token });
    expect((await refresh(server, clientId, next.refresh_token)).status).toBe(400);
  });

  it("twice is 200 twice, and one line in the log", async () => {
    const server = await startServer();
    const { clientId, refresh_token } = await connect(server);
    for (let i = 0; i < 2; i++) {
      const answer = await postForm(server, "/oauth/revoke", { client_id: clientId, token: refresh_token });
      expect(answer.status).toBe(200);
    }
    expect(server.lines.filter(({ name }) => name === "grant.revoked")).toHaveLength(1);
  });

  it("takes no heed of a wrong hint (§2.1)", async () => {
    const server = await startServer();
    const { clientId, access_token, refresh_token } = await connect(server);
    const token_type_hint = "access_token";
    await postForm(server, "/oauth/revoke", { client_id: clientId, token: refresh_token, token_type_hint });
    expect(await isLive(server, access_token)).toBe(false);
  });

  it.each(["client_secret_post", "client_secret_basic"])("by a client with %s", async (method) => {
    const server = await startServer();
    const client = await confidential(server, method);
    expect((await client.revoke(client.refresh_token)).status).toBe(200);
    expect(await isLive(server, client.access_token)).toBe(false);
  });

  it("of another client's token answers 200 and changes nothing", async () => {
    const server = await startServer();
    const { access_token, refresh_token, clientId } = await connect(server);
    const { client_id: other } = await register(server, { client_name: "Other" });
    for (const token of [access_token, refresh_token]) {
      expect((await postForm(server, "/oauth/revoke", { client_id: other, token })).status).toBe(200);
    }
    expect(await isLive(server, access_token)).toBe(true);
    await tokensOf(refresh(server, clientId, refresh_token));
  });

  it("of what is no token of ours answers 200 and changes nothing", async () => {
    const server = await startServer({ secret: SECRET });
    const { clientId, access_token, refresh_token } = await connect(server);
    const key = await signingKeyOf(server);
    const forged = [
      "unknown",
      ...otherTypes(access_token, key),
      refresh_token.replace(/[^.]+$/, "A".repeat(43)),
      refresh_token.replace(/\.1\./, ".2."),
      withHeader(access_token, { alg: "none", typ: "at+jwt" }),
      resign(key, access_token, { iss: "https://other.example" }),
    ];
    for (const token of forged) {
      expect((await postForm(server, "/oauth/revoke", { client_id: clientId, token })).status).toBe(200);
    }
    expect(await isLive(server, access_token)).toBe(true);
  });

  it("needs a client, the right secret, and a token; without them nothing is revoked", async () => {
    const server = await startServer();
    const client = await confidential(server);
    const token = client.refresh_token;
    const wrong: [Record<string, string | undefined>, number, string][] = [
      [{ token }, 401, "invalid_client"],
      [{ token, client_id: client.clientId }, 401, "invalid_client"],
      [{ token, client_id: client.clientId, client_secret: "wrong" }, 401, "invalid_client"],
      [{ token, client_id: "nobody" }, 401, "invalid_client"],
    ];
    for (const [fields, status, error] of wrong) {
      const answer = await postForm(server, "/oauth/revoke", fields);
      expect(answer.status).toBe(status);
      expect(await answer.json()).toMatchObject({ error });
    }
    const { client_id } = await register(server);
    const nothing = await postForm(server, "/oauth/revoke", { client_id });
    expect(nothing.status).toBe(400);
    await tokensOf(client.refresh(token));
  });
});

describe("introspection (RFC 7662)", () => {
  it("shows a client its own live tokens", async () => {
    const server = await startServer();
    const client = await confidential(server);
    const claims = claimsOf(client.access_token);
    const { gid: _notShown, ...shown } = claims;
    expect(await client.introspect(client.access_token)).toEqual({
      active: true,
      token_type: "Bearer",
      ...shown,
    });
    expect(await client.introspect(client.refresh_token)).toMatchObject({
      active: true,
      client_id: client.clientId,
      sub: "ada",
      aud: RESOURCE,
      iss: "https://mcp.example",
      scope: "mcp",
    });
  });

  it("is exactly {active: false} for everything else, with no reason", async () => {
    const server = await startServer({ secret: SECRET });
    const client = await confidential(server);
    const stranger = await confidential(server);
    const open = await connect(server);
    const key = await signingKeyOf(server);
    const next = await tokensOf(client.refresh(client.refresh_token));
    const notItsOwn = [
      "unknown",
      "a.b.c",
      `${client.access_token.slice(0, -6)}AAAAAA`,
      stranger.access_token,
      stranger.refresh_token,
      open.access_token,
      open.refresh_token,
      client.refresh_token,
      withHeader(client.access_token, { alg: "none", typ: "at+jwt" }),
      ...otherTypes(client.access_token, key),
      resign(key, client.access_token, { exp: Math.floor(server.now() / 1000) }),
      resign(key, client.access_token, { gid: "A".repeat(22) }),
      resign(key, client.access_token, { iss: "https://other.example" }),
    ];
    for (const token of notItsOwn) expect(await client.introspect(token)).toEqual(INACTIVE);
    expect(await client.introspect(next.access_token)).toMatchObject({ active: true });
  });

  it("follows the end of a token: by its time, by revocation, by reuse", async () => {
    const server = await startServer();
    const timed = await confidential(server);
    server.advance(1800);
    expect(await timed.introspect(timed.access_token)).toEqual(INACTIVE);
    expect(await timed.introspect(timed.refresh_token)).toMatchObject({ active: true });
    server.advance(30 * 86_400);
    expect(await timed.introspect(timed.refresh_token)).toEqual(INACTIVE);

    const revoked = await confidential(server);
    await revoked.revoke(revoked.access_token);
    for (const token of [revoked.access_token, revoked.refresh_token]) {
      expect(await revoked.introspect(token)).toEqual(INACTIVE);
    }

    const stolen = await confidential(server);
    const second = await tokensOf(stolen.refresh(stolen.refresh_token));
    const third = await tokensOf(stolen.refresh(second.refresh_token));
    expect((await stolen.refresh(stolen.refresh_token)).status).toBe(400);
    for (const token of [third.access_token, third.refresh_token]) {
      expect(await stolen.introspect(token)).toEqual(INACTIVE);
    }
  });

  it("shows the end of a refresh token, which is that of its grant where that is sooner", async () => {
    const server = await startServer({ grantSeconds: 3600 });
    const client = await confidential(server);
    const exp = server.now() / 1000 + 3600;
    expect(await client.introspect(client.refresh_token)).toMatchObject({ active: true, exp });
    server.advance(3600);
    expect(await client.introspect(client.refresh_token)).toEqual(INACTIVE);
  });

  it("does not use a token up: asking changes nothing", async () => {
    const server = await startServer();
    const client = await confidential(server);
    for (let i = 0; i < 3; i++) await client.introspect(client.refresh_token);
    expect((await tokensOf(client.refresh(client.refresh_token))).refresh_token).toContain(".2.");
  });

  it("refuses public clients, unknown ones, wrong secrets, and a request without a token", async () => {
    const server = await startServer();
    const open = await connect(server);
    const client = await confidential(server);
    const wrong = [
      { client_id: open.clientId, token: open.access_token },
      { token: open.access_token },
      { client_id: "nobody", client_secret: "x", token: open.access_token },
      { client_id: client.clientId, client_secret: "wrong", token: client.access_token },
    ];
    for (const fields of wrong) {
      const answer = await postForm(server, "/oauth/introspect", fields);
      expect(answer.status).toBe(401);
      const body = (await answer.json()) as object;
      expect(body).toMatchObject({ error: "invalid_client" });
      expect(body).not.toHaveProperty("active");
    }
    expect((await client.ask({})).status).toBe(400);
  });

  it("is open to a client with a key, whose assertion is good once (GHSA-3p3g-vpw6-4w66)", async () => {
    const server = await startServer();
    const { publicKey, privateKey } = await generateKeyPair("ES256");
    const { client_id } = await register(server, {
      token_endpoint_auth_method: "private_key_jwt",
      jwks: { keys: [await exportJWK(publicKey)] },
    });
    const seconds = server.now() / 1000;
    await authorize(server, client_id);
    const assertion = await new SignJWT({ jti: "once" })
      .setProtectedHeader({ alg: "ES256" })
      .setIssuer(client_id)
      .setSubject(client_id)
      .setAudience("https://mcp.example")
      .setExpirationTime(seconds + 60)
      .sign(privateKey);
    const fields = { client_assertion: assertion, client_assertion_type: JWT_BEARER, token: "unknown" };
    const first = await postForm(server, "/oauth/introspect", fields);
    expect(await first.json()).toEqual(INACTIVE);
    const again = await postForm(server, "/oauth/introspect", fields);
    expect(again.status).toBe(401);
    expect(await again.json()).toMatchObject({ error: "invalid_client" });
  });
});

it("a code is no token: it can neither be revoked nor asked about, and stays good", async () => {
  const server = await startServer();
  const client = await confidential(server);
  const { client_id } = await register(server);
  const authorized = await authorize(server, client_id);
  await postForm(server, "/oauth/revoke", { client_id, token: authorized.code });
  expect(await client.introspect(authorized.code)).toEqual(INACTIVE);
  await tokensOf(redeem(server, client_id, authorized));
});
