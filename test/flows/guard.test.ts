import { createHmac, createPublicKey, generateKeyPairSync, sign } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { signJws } from "../../src/platform/jws.ts";
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
import { claimsOf, resign, SECRET, signingKeyOf, withHeader } from "../support/forge.ts";
import { openBrowser, signIn } from "../support/person.ts";
import { startServer, type TestServer } from "../support/server.ts";

const METADATA = "https://mcp.example/.well-known/oauth-protected-resource/mcp";
const directory = mkdtempSync(join(tmpdir(), "gatehouse-guard-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

async function connected(options: Parameters<typeof startServer>[0] = {}) {
  const server = await startServer({ secret: SECRET, ...options });
  const tokens = await connect(server, { scopes: ["mcp"] });
  return { server, ...tokens, key: await signingKeyOf(server) };
}

/** The status, the challenge and what the operator's log says of a call with this token. */
async function answerTo(server: TestServer, token: string | undefined) {
  const before = server.lines.length;
  const response = await callTool(server, token);
  return {
    status: response.status,
    challenge: response.headers.get("www-authenticate") ?? "",
    reason: server.lines
      .slice(before)
      .filter(({ name }) => name === "guard.refused")
      .map(({ fields }) => fields.reason)
      .join(),
  };
}

function withAuthorization(server: TestServer, authorization: string): Promise<Response> {
  return server.fetch(new Request(RESOURCE, { method: "POST", headers: { authorization }, body: "{}" }));
}

describe("no token", () => {
  it("is 401 with where to find the metadata and what to ask for, and no error (RFC 6750 §3.1)", async () => {
    const { server } = await connected();
    const { status, challenge } = await answerTo(server, undefined);
    expect(status).toBe(401);
    expect(challenge).toBe(`Bearer scope="mcp", resource_metadata="${METADATA}"`);
  });

  it.each(["GET", "DELETE", "PUT"])("is asked for before the method %s is looked at", async (method) => {
    const { server } = await connected();
    expect((await server.fetch(new Request(RESOURCE, { method }))).status).toBe(401);
  });

  it.each(["Basic YTpi", "DPoP abc", "Bearertoken"])("is what %j comes to", async (authorization) => {
    const { server } = await connected();
    const response = await withAuthorization(server, authorization);
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).not.toContain("error=");
  });

  it("is what a token in the query or in the body comes to", async () => {
    const { server, access_token } = await connected();
    const form = { "content-type": "application/x-www-form-urlencoded" };
    const body = `access_token=${access_token}`;
    const inQuery = await server.fetch(new Request(`${RESOURCE}?${body}`, { method: "POST", body: "{}" }));
    const inBody = await server.fetch(new Request(RESOURCE, { method: "POST", headers: form, body }));
    for (const response of [inQuery, inBody]) {
      expect(response.status).toBe(401);
      expect(response.headers.get("www-authenticate")).not.toContain("error=");
    }
  });
});

it.each(["Bearer", "Bearer ", "Bearer a b", "Bearer a, Bearer b", 'Bearer "a"', "Bearer \u00e4"])(
  "%j is malformed: 400 invalid_request",
  async (authorization) => {
    const { server } = await connected();
    const response = await withAuthorization(server, authorization);
    expect(response.status).toBe(400);
    expect(response.headers.get("www-authenticate")).toContain('error="invalid_request"');
  },
);

describe("a token that is good", () => {
  it("opens, with the scheme in any case, and so does its copy that the real key signed", async () => {
    const { server, access_token, key } = await connected();
    expect((await withAuthorization(server, `bEARER ${access_token}`)).status).not.toBe(401);
    expect((await answerTo(server, access_token)).status).toBe(200);
    expect((await answerTo(server, resign(key, access_token, { jti: "another" }))).status).toBe(200);
  });

  it("may come from a clock that is a minute ahead, and names us with a slash more", async () => {
    const { server, access_token, key } = await connected();
    const now = Math.floor(server.now() / 1000);
    for (const changes of [
      { nbf: now + 60, iat: now + 60 },
      { aud: `${RESOURCE}/` },
      { aud: ["x", RESOURCE] },
    ]) {
      expect((await answerTo(server, resign(key, access_token, changes))).status).toBe(200);
    }
  });
});

describe("a token of the real key that is wrong in one claim is 401 invalid_token", () => {
  const now = Date.UTC(2026, 10, 1) / 1000;
  it.each([
    ["another issuer", { iss: "https://other.example" }, "wrong issuer"],
    ["our issuer with a slash", { iss: "https://mcp.example/" }, "wrong issuer"],
    ["another audience", { aud: "https://other.example/mcp" }, "wrong audience"],
    ["the issuer for an audience", { aud: "https://mcp.example" }, "wrong audience"],
    ["an audience that begins like ours", { aud: `${RESOURCE}/admin` }, "wrong audience"],
    ["our audience in upper case", { aud: RESOURCE.toUpperCase() }, "wrong audience"],
    ["audiences without ours", { aud: ["https://a.example", "https://b.example"] }, "wrong audience"],
    ["no audience", { aud: undefined }, "claims are missing: aud"],
    ["no exp", { exp: undefined }, "claims are missing: exp"],
    ["an exp that is text", { exp: String(now + 60) }, "claims are missing: exp"],
    ["an exp that is now", { exp: now }, "expired"],
    ["an nbf in the future", { nbf: now + 61 }, "nbf is in the future"],
    ["an nbf that is no number", { nbf: "soon" }, "claims are missing: nbf"],
    ["an iat in the future", { iat: now + 61 }, "iat is in the future"],
    ["no iat", { iat: undefined }, "claims are missing: iat"],
    ["no client", { client_id: undefined }, "claims are missing: client_id"],
    ["no subject", { sub: undefined }, "claims are missing: sub"],
    ["no grant", { gid: undefined }, "claims are missing: gid"],
    ["a grant that is gone", { gid: "A".repeat(22) }, "the grant is gone"],
  ])("%s", async (_name, changes, reason) => {
    const { server, access_token, key } = await connected();
    const answer = await answerTo(server, resign(key, access_token, changes));
    expect(answer.status).toBe(401);
    expect(answer.challenge).toContain('error="invalid_token"');
    expect(answer.challenge).toContain(`resource_metadata="${METADATA}"`);
    expect(answer.reason).toContain(reason);
  });
});

describe("a token with our claims and another signature is 401 invalid_token", async () => {
  const { server, access_token, key } = await connected();
  const attacker = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const jwk = attacker.publicKey.export({ format: "jwk" });
  const byAttacker = (input: string) =>
    sign("sha256", Buffer.from(input), { key: attacker.privateKey, dsaEncoding: "ieee-p1363" });
  const bySelf = (input: string) =>
    sign("sha256", Buffer.from(input), { key: key.privateKey, dsaEncoding: "ieee-p1363" });
  const publicKey = createPublicKey(key.privateKey);
  const pem = publicKey.export({ type: "spki", format: "pem" });
  const good = { alg: "ES256", typ: "at+jwt", kid: key.kid };
  const [header = "", payload = "", signature = ""] = access_token.split(".");

  it.each<[string, string]>([
    ["alg none", withHeader(access_token, { ...good, alg: "none" })],
    ["alg none with our signature", withHeader(access_token, { ...good, alg: "none" }, bySelf)],
    ["alg None", withHeader(access_token, { ...good, alg: "None" }, bySelf)],
    [
      "HS256 with our public key as the secret (RFC 8725 §2.1)",
      withHeader(access_token, { ...good, alg: "HS256" }, (input) =>
        createHmac("sha256", pem).update(input).digest(),
      ),
    ],
    ["no alg", withHeader(access_token, { typ: "at+jwt", kid: key.kid }, bySelf)],
    ["typ JWT, as an ID token has", withHeader(access_token, { ...good, typ: "JWT" }, bySelf)],
    ["no typ", withHeader(access_token, { alg: "ES256", kid: key.kid }, bySelf)],
    ["an unknown kid", withHeader(access_token, { ...good, kid: "unknown" }, bySelf)],
    ["no kid", withHeader(access_token, { alg: "ES256", typ: "at+jwt" }, bySelf)],
    [
      "a kid that is a member of every object",
      withHeader(access_token, { ...good, kid: "__proto__" }, bySelf),
    ],
    ["another key under our kid", withHeader(access_token, good, byAttacker)],
    ["a key that it brings itself", withHeader(access_token, { ...good, jwk }, byAttacker)],
    [
      "an address of keys",
      withHeader(access_token, { ...good, jku: "https://evil.example/jwks" }, byAttacker),
    ],
    [
      "the signature in DER",
      withHeader(access_token, good, (i) => sign("sha256", Buffer.from(i), key.privateKey)),
    ],
    ["a signature of zeros (CVE-2022-21449)", withHeader(access_token, good, () => Buffer.alloc(64))],
    ["other claims under our signature", `${header}.${Buffer.from("{}").toString("base64url")}.${signature}`],
    ["the signature cut short", access_token.slice(0, -8)],
    [
      // Its integers are those of the signature: only its length is wrong.
      "a zero between the halves of the signature",
      withHeader(access_token, good, (input) => {
        const raw = bySelf(input);
        return Buffer.concat([raw.subarray(0, 32), Buffer.of(0), raw.subarray(32)]);
      }),
    ],
    ["half of the signature", withHeader(access_token, good, (input) => bySelf(input).subarray(0, 32))],
    [
      "a byte after the signature",
      withHeader(access_token, good, (i) => Buffer.concat([bySelf(i), Buffer.of(0)])),
    ],
    [
      "a byte before the signature",
      withHeader(access_token, good, (i) => Buffer.concat([Buffer.of(0), bySelf(i)])),
    ],
    ["no signature", `${header}.${payload}.`],
    ["two parts", `${header}.${payload}`],
    ["one part", header],
    ["four parts", `${access_token}.x`],
    ["a header that is no JSON", `xx.${payload}.${signature}`],
    ["a header that is a list", withHeader(access_token, [good], bySelf)],
    ["no token of ours at all", "opaque-token-123"],
  ])("%s", async (_name, token) => {
    const answer = await answerTo(server, token);
    expect(answer.status).toBe(401);
    expect(answer.challenge).toContain('error="invalid_token"');
  });

  it.each(["alg", "typ", "kid"])("a header whose %s is an object that cannot be text", async (member) => {
    const header = { ...good, [member]: { toString: 1, valueOf: 1 } };
    expect((await answerTo(server, withHeader(access_token, header, bySelf))).status).toBe(401);
  });

  it.each([
    [{ alg: "none" }, 'alg "none" is not accepted'],
    [{ alg: "ES384" }, 'alg "ES384" is not accepted'],
    [{ alg: "es256" }, 'alg "es256" is not accepted'],
    [{ alg: undefined }, "alg undefined is not accepted"],
    [{ typ: "JWT" }, 'typ "JWT" is not at+jwt'],
    [{ typ: "AT+JWT" }, 'typ "AT+JWT" is not at+jwt'],
  ])("%j is refused for just that, before the key is looked at (RFC 8725 §3.1)", async (changes, reason) => {
    // The same line is in the log once a second.
    server.advance(1);
    expect((await answerTo(server, withHeader(access_token, { ...good, ...changes }, bySelf))).reason).toBe(
      reason,
    );
  });

  it("is logged with the issuer and the key id that it names", async () => {
    const before = server.lines.length;
    await answerTo(server, withHeader(access_token, { ...good, kid: "logged" }, bySelf));
    expect(server.lines.slice(before)).toEqual([
      {
        name: "guard.refused",
        fields: { reason: 'unknown kid "logged"', issuer: "https://mcp.example", kid: "logged" },
      },
    ]);
  });

  it("keeps what the log says of it short", async () => {
    const long = "x".repeat(20_000);
    for (const member of ["alg", "typ", "kid"]) {
      const before = server.lines.length;
      await answerTo(server, withHeader(access_token, { ...good, [member]: long }, bySelf));
      const [line] = server.lines.slice(before);
      expect(JSON.stringify(line).length).toBeLessThan(400);
    }
  });

  it("a signature in another spelling of the same bytes: one token is one text", async () => {
    const last = signature.at(-1) ?? "";
    const sameBits = String.fromCharCode(last.charCodeAt(0) + 1);
    const spellings = [
      `${access_token}==`,
      `${header}.${payload}.${signature.slice(0, 9)}~~~${signature.slice(9)}`,
      `${header}.${payload}.${signature.replaceAll("-", "+").replaceAll("_", "/")}/`,
      `${header}.${payload}.${signature.slice(0, -1)}${sameBits}`,
    ];
    for (const token of spellings) expect((await answerTo(server, token)).status).toBe(401);
  });

  it("while the one with our signature opens", async () => {
    expect((await answerTo(server, withHeader(access_token, good, bySelf))).status).toBe(200);
    expect((await answerTo(server, signJws("at+jwt", claimsOf(access_token), key))).status).toBe(200);
  });
});

describe("scopes", () => {
  it("a missing one is 403 that names every scope of the operation, with what the token has", async () => {
    const { server, access_token } = await connected();
    const response = await callTool(server, access_token, "create_todo", { title: "x" });
    expect(response.status).toBe(403);
    const challenge = response.headers.get("www-authenticate") ?? "";
    expect(challenge).toContain('error="insufficient_scope"');
    expect(challenge).toContain('scope="mcp todo:write"');
    expect(challenge).toContain(`resource_metadata="${METADATA}"`);
  });

  it("what every request needs and what this one does are asked for at once: one step up is enough", async () => {
    const { server, access_token, key } = await connected();
    const reader = resign(key, access_token, { scope: "todo:read" });
    const response = await callTool(server, reader, "create_todo", { title: "x" });
    expect(response.status).toBe(403);
    expect(response.headers.get("www-authenticate")).toContain('scope="todo:read mcp todo:write"');
    expect(await response.json()).toEqual({
      error: "insufficient_scope",
      error_description: "This needs the scope mcp todo:write.",
      scope: "todo:read mcp todo:write",
    });
  });

  it("what every request needs is asked of every request", async () => {
    const { server, access_token, key } = await connected();
    for (const scope of ["todo:write", "", undefined, "MCP", "mcp:x"]) {
      const answer = await answerTo(server, resign(key, access_token, { scope }));
      expect(answer.status).toBe(403);
      expect(answer.challenge).toContain('error="insufficient_scope"');
    }
  });

  it("a broader one implies the narrower that the options say, and not the other way round", async () => {
    const { server, access_token, key } = await connected({
      supportedScopes: ["mcp", "todo:read", "todo:write", "todo:admin"],
      scopeImplies: { "todo:admin": ["todo:write"], "todo:write": ["todo:read"] },
    });
    const call = async (scope: string) =>
      (await callTool(server, resign(key, access_token, { scope }), "create_todo", { title: "x" })).status;
    expect(await call("mcp todo:admin")).toBe(200);
    expect(await call("mcp todo:write")).toBe(200);
    expect(await call("mcp todo:read")).toBe(403);
  });
});

describe("challengeScopes, for clients that never reach a scope that only a 403 names", () => {
  const scopesOf = async (server: TestServer, token?: string) => {
    const { status, challenge } = await answerTo(server, token);
    expect(status).toBe(401);
    return /scope="([^"]*)"/.exec(challenge)?.[1];
  };

  it("are named by the first challenge, and by that of a token that is not valid any more", async () => {
    const { server, access_token, key } = await connected({ challengeScopes: ["todo:write", "mcp"] });
    expect(await scopesOf(server)).toBe("mcp todo:write");
    expect(await scopesOf(server, resign(key, access_token, { exp: 1 }))).toBe("mcp todo:write");
    // They are asked for, not needed.
    expect((await callTool(server, access_token)).status).toBe(200);
    const refused = await callTool(server, resign(key, access_token, { scope: "todo:read" }));
    expect(refused.headers.get("www-authenticate")).toContain('scope="todo:read mcp"');
  });

  it("are in the resource metadata, and are the minimum where nothing is required", async () => {
    const namedIn = async (options: Parameters<typeof startServer>[0]) => {
      const document = await (await startServer(options)).fetch(new Request(METADATA));
      return ((await document.json()) as { scopes_supported: string[] }).scopes_supported;
    };
    expect(await namedIn({ challengeScopes: ["todo:write"] })).toEqual(["mcp", "todo:write"]);
    expect(await namedIn({ challengeScopes: ["todo:write"], requiredScopes: [] })).toEqual(["todo:write"]);
    expect(await namedIn({ requiredScopes: [] })).toEqual(["mcp", "todo:read", "todo:write"]);
  });

  it("get a client that asks for what it was told to a tool with a scope of its own", async () => {
    const server = await startServer({ challengeScopes: ["todo:write"] });
    const scopes = (await scopesOf(server))?.split(" ") ?? [];
    const { access_token } = await connect(server, { scopes });
    expect((await callTool(server, access_token, "create_todo", { title: "x" })).status).toBe(200);
  });
});

describe("an outage never looks like a bad token", () => {
  it("a store that does not answer is 503 with Retry-After; what was verified goes on", async () => {
    const { server, access_token, key } = await connected();
    expect((await callTool(server, access_token)).status).toBe(200);
    await server.close();
    const response = await callTool(server, resign(key, access_token, { jti: "not seen before" }));
    expect(response.status).toBe(503);
    expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(response.headers.get("www-authenticate")).toBeNull();
    expect((await callTool(server, access_token)).status).toBe(200);
  });

  it("but a token that is bad without asking the store is still 401", async () => {
    const { server, access_token } = await connected();
    await server.close();
    expect((await callTool(server, `${access_token.slice(0, -8)}`)).status).toBe(401);
  });
});

it("a refusal of a token that is ours is logged with issuer, key, grant, client and person", async () => {
  const { server, clientId, access_token, key } = await connected();
  const { gid: grant, iss: issuer } = claimsOf(access_token);
  const proven = { issuer, kid: key.kid, grant, client: clientId, person: "ada" };
  const logged = async (token: string) => {
    const before = server.lines.length;
    await callTool(server, token);
    return server.lines.slice(before).filter(({ name }) => name === "guard.refused");
  };
  expect(await logged(resign(key, access_token, { aud: "https://other.example" }))).toMatchObject([
    {
      fields: { ...proven, reason: `wrong audience: got https://other.example, this server is ${RESOURCE}` },
    },
  ]);
  await postForm(server, "/oauth/revoke", { client_id: clientId, token: access_token });
  expect(await logged(access_token)).toEqual([
    { name: "guard.refused", fields: { ...proven, reason: "the grant was revoked (client_request)" } },
  ]);
});

describe("the end of a token", () => {
  it("by its time, though it was verified before", async () => {
    const { server, access_token } = await connected();
    expect((await answerTo(server, access_token)).status).toBe(200);
    server.advance(1799);
    expect((await answerTo(server, access_token)).status).toBe(200);
    server.advance(1);
    expect((await answerTo(server, access_token)).status).toBe(401);
  });

  it("by revocation is at once, for every token of the grant, verified before or not, and for no other", async () => {
    const { server, clientId, access_token, refresh_token } = await connected();
    const other = await connect(server, { scopes: ["mcp"] });
    const second = await tokensOf(refresh(server, clientId, refresh_token));
    const unseen = await tokensOf(refresh(server, clientId, second.refresh_token));
    for (const token of [access_token, second.access_token, other.access_token]) {
      expect((await answerTo(server, token)).status).toBe(200);
    }
    await postForm(server, "/oauth/revoke", { client_id: clientId, token: access_token });
    for (const token of [access_token, second.access_token, unseen.access_token]) {
      // The same refusal is logged once a second.
      server.advance(1);
      const answer = await answerTo(server, token);
      expect(answer.status).toBe(401);
      expect(answer.reason).toContain("revoked");
    }
    expect((await answerTo(server, other.access_token)).status).toBe(200);
  });

  it("by theft of the refresh token, or of the code, too", async () => {
    const { server, clientId, access_token, refresh_token } = await connected();
    const second = await tokensOf(refresh(server, clientId, refresh_token));
    await tokensOf(refresh(server, clientId, second.refresh_token));
    expect((await answerTo(server, access_token)).status).toBe(200);
    await refresh(server, clientId, refresh_token);
    expect((await answerTo(server, access_token)).status).toBe(401);
    const authorized = await authorize(server, clientId);
    const tokens = await tokensOf(redeem(server, clientId, authorized));
    expect((await answerTo(server, tokens.access_token)).status).toBe(200);
    await redeem(server, clientId, authorized);
    expect((await answerTo(server, tokens.access_token)).status).toBe(401);
  });

  it("while its request's body is still on the way: what was revoked meanwhile is not done", async () => {
    const { server, clientId, access_token } = await connected();
    const message = { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "whoami" } };
    const bytes = new TextEncoder().encode(JSON.stringify(message));
    const body = new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          await postForm(server, "/oauth/revoke", { client_id: clientId, token: access_token });
          controller.enqueue(bytes);
          controller.close();
        },
      },
      // Not before somebody reads it, which is after the head was let in.
      { highWaterMark: 0 },
    );
    const response = await server.fetch(
      new Request(RESOURCE, {
        method: "POST",
        headers: {
          authorization: `Bearer ${access_token}`,
          "content-type": "application/json",
          accept: "application/json, text/event-stream",
          "mcp-protocol-version": "2025-11-25",
        },
        body,
        duplex: "half",
      }),
    );
    expect(response.status).toBe(401);
  });
});

describe("the same database under another URL is another issuer", async () => {
  const database = join(directory, "shared.db");
  const options = { database, secret: SECRET };
  const here = await startServer(options);
  const there = await startServer({ ...options, publicUrl: "https://other.example" });
  const atOther = {
    ...there,
    fetch: (request: Request) =>
      there.fetch(new Request(request.url.replace("https://mcp.example", "https://other.example"), request)),
  };
  const { client_id } = await register(here);

  it("which starts, with the same clients, and refuses the other's access tokens", async () => {
    const { access_token } = await connect(here, { scopes: ["mcp"] });
    expect((await callTool(here, access_token)).status).toBe(200);
    const answer = await answerTo(atOther, access_token);
    expect(answer.status).toBe(401);
    expect(answer.reason).toContain("wrong issuer");
  });

  it("its refresh tokens and codes, which go on where they are from", async () => {
    const authorized = await authorize(here, client_id);
    expect((await redeem(atOther, client_id, authorized)).status).toBe(400);
    const { refresh_token } = await tokensOf(redeem(here, client_id, authorized));
    expect((await refresh(atOther, client_id, refresh_token)).status).toBe(400);
    await tokensOf(refresh(here, client_id, refresh_token));
  });

  it("its sealed requests and its sessions", async () => {
    const browser = openBrowser(here);
    const { location } = await signIn(browser, authorizeUrl(client_id, newPkce().challenge));
    const elsewhere = await there.fetch(
      new Request(location.replace("mcp.example", "other.example"), {
        headers: { cookie: browser.cookie() },
      }),
    );
    expect(elsewhere.status).toBe(400);
    const url = authorizeUrl(client_id, newPkce().challenge, { resource: undefined });
    const begun = await there.fetch(
      new Request(url.replace("mcp.example", "other.example"), { headers: { cookie: browser.cookie() } }),
    );
    expect(begun.headers.get("location")).toContain("/oauth/login");
  });

  it("and cannot revoke for it", async () => {
    const { clientId, refresh_token } = await connect(here);
    await postForm(atOther, "/oauth/revoke", { client_id: clientId, token: refresh_token });
    await tokensOf(refresh(here, clientId, refresh_token));
  });
});
