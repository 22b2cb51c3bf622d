import { decodeJwt, decodeProtectedHeader } from "jose";
import { describe, expect, it } from "vitest";
import {
  authorize,
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
import { startServer } from "../support/server.ts";

describe("redeeming a code", () => {
  it("answers a token for the resource (RFC 9068), a refresh token and the scope", async () => {
    const server = await startServer();
    const { client_id } = await register(server);
    const answer = await redeem(server, client_id, await authorize(server, client_id));
    expect(answer.headers.get("cache-control")).toBe("no-store");
    const tokens = await tokensOf(answer);
    expect(tokens).toMatchObject({ token_type: "Bearer", expires_in: 1800, scope: "mcp" });
    expect(decodeProtectedHeader(tokens.access_token)).toMatchObject({ typ: "at+jwt", alg: "ES256" });
    expect(decodeJwt(tokens.access_token)).toMatchObject({
      iss: "https://mcp.example",
      aud: RESOURCE,
      sub: "ada",
      client_id,
      scope: "mcp",
    });
  });

  it.each([
    [
      "another client",
      async (s: never) => ({ client_id: (await register(s, { client_name: "Other" })).client_id }),
      "invalid_grant",
    ],
    ["a wrong verifier", async () => ({ code_verifier: newPkce().verifier }), "invalid_grant"],
    ["no verifier (CVE-2025-4144)", async () => ({ code_verifier: undefined }), "invalid_request"],
    ["a short verifier", async () => ({ code_verifier: "short" }), "invalid_grant"],
    ["another redirect URI", async () => ({ redirect_uri: "https://client.example/other" }), "invalid_grant"],
    ["another resource", async () => ({ resource: "https://other.example/" }), "invalid_target"],
    ["a wrong code", async () => ({ code: `${"A".repeat(22)}.${"A".repeat(43)}` }), "invalid_grant"],
    ["no code", async () => ({ code: undefined }), "invalid_request"],
    ["another grant type", async () => ({ grant_type: "password" }), "unsupported_grant_type"],
    ["no grant type", async () => ({ grant_type: undefined }), "invalid_request"],
  ])("is refused for %s, and the right request afterwards still works", async (_name, changes, error) => {
    const server = await startServer();
    const { client_id } = await register(server);
    const authorized = await authorize(server, client_id);
    const wrong = await redeem(server, client_id, authorized, await changes(server as never));
    expect(wrong.status).toBe(400);
    expect(wrong.headers.get("cache-control")).toBe("no-store");
    expect(await wrong.json()).toMatchObject({ error });
    await tokensOf(redeem(server, client_id, authorized));
  });

  it("an unknown client is 401 invalid_client, so that clients register again", async () => {
    const server = await startServer();
    const { client_id } = await register(server);
    const authorized = await authorize(server, client_id);
    const answer = await redeem(server, "dcr_gone", authorized);
    expect(answer.status).toBe(401);
    expect(await answer.json()).toMatchObject({ error: "invalid_client" });
    await tokensOf(redeem(server, client_id, authorized));
  });

  it("takes five minutes at the most", async () => {
    const server = await startServer();
    const { client_id } = await register(server);
    const [inTime, late] = [await authorize(server, client_id), await authorize(server, client_id)];
    server.advance(299);
    await tokensOf(redeem(server, client_id, inTime));
    server.advance(1);
    expect(await (await redeem(server, client_id, late)).json()).toMatchObject({ error: "invalid_grant" });
  });

  it("a second time revokes the grant, and this one only", async () => {
    const server = await startServer();
    const other = await connect(server);
    const { client_id } = await register(server);
    const authorized = await authorize(server, client_id);
    const tokens = await tokensOf(redeem(server, client_id, authorized));
    expect((await redeem(server, client_id, authorized)).status).toBe(400);
    expect((await refresh(server, client_id, tokens.refresh_token)).status).toBe(400);
    await tokensOf(refresh(server, other.clientId, other.refresh_token));
    expect(server.lines.map((line) => line.name)).toContain("code.reused");
  });

  it("four times at once succeeds once (CVE-2026-53518)", async () => {
    const server = await startServer();
    const { client_id } = await register(server);
    const authorized = await authorize(server, client_id);
    const answers = await Promise.all([1, 2, 3, 4].map(() => redeem(server, client_id, authorized)));
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 400, 400, 400]);
  });

  it("works without redirect_uri and with the resource in another spelling of the slash", async () => {
    const server = await startServer();
    const { client_id } = await register(server);
    const authorized = await authorize(server, client_id);
    await tokensOf(
      redeem(server, client_id, authorized, { redirect_uri: undefined, resource: `${RESOURCE}/` }),
    );
  });

  it("gives no refresh token to a client that registered without", async () => {
    const server = await startServer();
    const { client_id } = await register(server, { grant_types: ["authorization_code"] });
    const tokens = await tokensOf(redeem(server, client_id, await authorize(server, client_id)));
    expect(tokens.refresh_token).toBeUndefined();
  });
});

describe("the client's secret", () => {
  it.each(["client_secret_basic", "client_secret_post"])(
    "registered for %s is taken from either place, and from one in a request",
    async (token_endpoint_auth_method) => {
      const server = await startServer();
      const { client_id, client_secret = "" } = await register(server, { token_endpoint_auth_method });
      const authorization = `Basic ${Buffer.from(`${client_id}:${client_secret}`).toString("base64")}`;
      const authorized = await authorize(server, client_id);
      const { refresh_token } = await tokensOf(redeem(server, client_id, authorized, { client_secret }));
      const fields = { grant_type: "refresh_token", refresh_token };
      await tokensOf(postForm(server, "/oauth/token", fields, { authorization }));
      const twice = await postForm(
        server,
        "/oauth/token",
        { ...fields, client_id, client_secret },
        { authorization },
      );
      expect(await twice.json()).toMatchObject({ error: "invalid_request" });
    },
  );
});

it.each(["token", "revoke", "introspect"])(
  "a stray bearer at the %s endpoint is named in the refusal, and not repeated",
  async (name) => {
    const server = await startServer();
    const { clientId, access_token, refresh_token } = await connect(server);
    const fields = { grant_type: "refresh_token", client_id: clientId, refresh_token, token: refresh_token };
    const headers = { authorization: `Bearer ${access_token}` };
    const refused = await postForm(server, `/oauth/${name}`, fields, headers);
    expect(refused.status).toBe(401);
    const body = (await refused.json()) as Record<string, string>;
    expect(body.error).toBe("invalid_client");
    expect(body.error_description).toMatch(/a Bearer token, which does not authenticate a client/);
    expect(JSON.stringify([body, server.lines])).not.toContain(access_token);
    await tokensOf(refresh(server, clientId, refresh_token));
  },
);

describe("the token endpoint", () => {
  it.each(["application/json", "text/plain", "multipart/form-data; boundary=x", ""])(
    "refuses %j with 400",
    async (type) => {
      const server = await startServer();
      const answer = await server.fetch(
        new Request("https://mcp.example/oauth/token", {
          method: "POST",
          headers: { "content-type": type },
          body: "{}",
        }),
      );
      expect(answer.status).toBe(400);
      expect(await answer.json()).toMatchObject({ error: "invalid_request" });
    },
  );

  it("refuses a body that is too large, and a repeated parameter", async () => {
    const server = await startServer();
    const large = await postForm(server, "/oauth/token", { grant_type: "x".repeat(70_000) });
    expect(await large.json()).toMatchObject({ error: "invalid_request" });
    const repeated = await server.fetch(
      new Request("https://mcp.example/oauth/token", {
        method: "POST",
        headers: { "content-type": "application/x-www-form-urlencoded" },
        body: "grant_type=refresh_token&grant_type=authorization_code",
      }),
    );
    expect(await repeated.json()).toMatchObject({ error: "invalid_request" });
  });

  it("is not read with GET", async () => {
    const server = await startServer();
    const answer = await server.fetch(
      new Request("https://mcp.example/oauth/token?grant_type=refresh_token"),
    );
    expect(answer.status).toBe(405);
    expect(answer.headers.get("allow")).toBe("POST");
  });

  it("keeps secrets out of the log", async () => {
    const server = await startServer();
    const { clientId, access_token, refresh_token } = await connect(server);
    await tokensOf(refresh(server, clientId, refresh_token));
    const log = JSON.stringify(server.lines);
    for (const secret of [access_token, refresh_token, "lovelace"]) expect(log).not.toContain(secret);
  });
});

describe("refreshing", () => {
  it("rotates: the successor works, and keeps the person signed in for thirty days from last use", async () => {
    const server = await startServer();
    let { clientId, refresh_token } = await connect(server);
    for (let day = 0; day < 3; day++) {
      server.advance(29 * 86_400);
      ({ refresh_token } = await tokensOf(refresh(server, clientId, refresh_token)));
    }
    server.advance(30 * 86_400);
    expect((await refresh(server, clientId, refresh_token)).status).toBe(400);
  });

  it("lasts a year at the most, however much it is used", async () => {
    const server = await startServer();
    let { clientId, refresh_token } = await connect(server);
    let days = 0;
    for (; days < 400; days += 20) {
      server.advance(20 * 86_400);
      const answer = await refresh(server, clientId, refresh_token);
      if (answer.status !== 200) break;
      ({ refresh_token } = await tokensOf(answer));
    }
    expect(days).toBe(360);
  });

  it("twenty times at once gives twenty times one and the same successor", async () => {
    const server = await startServer();
    const { clientId, refresh_token } = await connect(server);
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => refresh(server, clientId, refresh_token).then(tokensOf)),
    );
    expect(new Set(answers.map((tokens) => tokens.refresh_token)).size).toBe(1);
    await tokensOf(refresh(server, clientId, answers[0]!.refresh_token));
  });

  it("with the previous one inside the window gets the same successor; after it and its use, the grant is revoked", async () => {
    const server = await startServer();
    const { clientId, refresh_token: first } = await connect(server);
    const { refresh_token: second, access_token } = await tokensOf(refresh(server, clientId, first));
    expect((await callTool(server, access_token)).status).toBe(200);
    server.advance(300);
    expect((await tokensOf(refresh(server, clientId, first))).refresh_token).toBe(second);
    server.advance(1);
    expect((await refresh(server, clientId, first)).status).toBe(400);
    expect((await refresh(server, clientId, second)).status).toBe(400);
    expect(server.lines.map((line) => line.name)).toContain("refresh.reused");
  });

  it("with one two generations old is theft at once, and costs this grant only", async () => {
    const server = await startServer();
    const other = await connect(server);
    const { clientId, refresh_token: first } = await connect(server);
    const { refresh_token: second } = await tokensOf(refresh(server, clientId, first));
    const { refresh_token: third } = await tokensOf(refresh(server, clientId, second));
    expect((await refresh(server, clientId, first)).status).toBe(400);
    expect((await refresh(server, clientId, third)).status).toBe(400);
    await tokensOf(refresh(server, other.clientId, other.refresh_token));
  });

  it.each([
    [
      "another client",
      async (s: never) => ({ client_id: (await register(s, { client_name: "Other" })).client_id }),
      400,
      "invalid_grant",
    ],
    ["no client (CVE-2026-53512)", async () => ({ client_id: undefined }), 401, "invalid_client"],
    ["another resource", async () => ({ resource: "https://other.example/" }), 400, "invalid_target"],
    [
      "a token with another MAC",
      async () => ({ refresh_token: `${"A".repeat(22)}.1.${"A".repeat(43)}` }),
      400,
      "invalid_grant",
    ],
    ["no token", async () => ({ refresh_token: undefined }), 400, "invalid_request"],
  ])("is refused for %s, and changes nothing", async (_name, changes, status, error) => {
    const server = await startServer();
    const { clientId, refresh_token } = await connect(server);
    const wrong = await refresh(server, clientId, refresh_token, await changes(server as never));
    expect(wrong.status).toBe(status);
    expect(await wrong.json()).toMatchObject({ error });
    const { refresh_token: next } = await tokensOf(refresh(server, clientId, refresh_token));
    expect(next).toContain(".2.");
  });

  it("can narrow the scope of one access token, and the grant keeps it all", async () => {
    const server = await startServer();
    const { clientId, refresh_token } = await connect(server, { scopes: ["mcp", "todo:read"] });
    const narrowed = await tokensOf(refresh(server, clientId, refresh_token, { scope: "mcp" }));
    expect(narrowed.scope).toBe("mcp");
    expect((await tokensOf(refresh(server, clientId, narrowed.refresh_token))).scope).toBe("mcp todo:read");
  });

  it("is never throttled", async () => {
    const server = await startServer();
    let { clientId, refresh_token } = await connect(server);
    for (let i = 0; i < 300; i++)
      ({ refresh_token } = await tokensOf(refresh(server, clientId, refresh_token)));
  });
});
