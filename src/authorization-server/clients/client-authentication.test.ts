import fc from "fast-check";
import { decodeJwt, exportJWK, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Origin, startOrigin } from "../../../test/support/https-origin.ts";
import { type ClientsRig, ISSUER, openClients } from "../../../test/support/known-clients.ts";
import {
  APPROVED,
  addSamplePerson,
  REMOVED,
  REVOKED,
  sampleApproval,
  sampleClient,
} from "../../../test/support/store/samples.ts";
import { type Client, hashClientSecret } from "../../core/client.ts";
import { OAuthError } from "../../core/errors.ts";
import { readParamsOnce } from "../../core/params.ts";
import { ASSERTION_ALGORITHMS } from "./client-assertion.ts";
import { createClientAuthentication } from "./client-authentication.ts";
import type { FetchDocument } from "./client-keys.ts";
import { createClients } from "./clients.ts";

const SECRET = "correct-horse-battery-staple";
const TOKEN_ENDPOINT = `${ISSUER}/oauth/token`;
const JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

const client = (id: string, more: Partial<Client> = {}) =>
  sampleClient({ id, name: id, authenticationMethod: "none", jwks: null, ...more });
const withSecret = (method: Client["authenticationMethod"], secret = SECRET): Partial<Client> => ({
  authenticationMethod: method,
  secretHash: hashClientSecret(secret),
});

async function rigWith(...clients: Client[]): Promise<ClientsRig> {
  const rig = await openClients();
  await addSamplePerson(rig.store);
  for (const one of clients) await rig.store.addClient(one, "unaudited");
  return rig;
}

function authenticate(
  rig: ClientsRig,
  body: Record<string, string>,
  authorization?: string,
): Promise<Client> {
  const request = new Request(TOKEN_ENDPOINT, {
    method: "POST",
    headers: authorization === undefined ? {} : { Authorization: authorization },
    body: new URLSearchParams(body),
  });
  const params = readParamsOnce(new URLSearchParams(body).toString());
  return createClientAuthentication(rig)(request, params, { address: undefined });
}

async function refusal(answer: Promise<unknown>): Promise<OAuthError> {
  const error = await answer.catch((error: unknown) => error);
  if (error instanceof OAuthError) return error;
  throw new Error(
    `expected an OAuthError, got ${error instanceof Error ? error.stack : JSON.stringify(error)}`,
  );
}

const base64 = (text: string): string => Buffer.from(text).toString("base64");
const basic = (id: string, secret: string): string => `Basic ${base64(`${id}:${secret}`)}`;

describe("none: a public client", () => {
  test("says who it is, and an empty secret is none", async () => {
    const rig = await rigWith(client("app"));
    expect((await authenticate(rig, { client_id: "app" })).id).toBe("app");
    expect((await authenticate(rig, { client_id: "app", client_secret: "" })).id).toBe("app");
    expect((await authenticate(rig, {}, basic("app", ""))).id).toBe("app");
    expect((await authenticate(rig, { client_id: "app" }, basic("app", ""))).id).toBe("app");
  });

  test("does not send a secret", async () => {
    const rig = await rigWith(client("app"));
    expect(await refusal(authenticate(rig, { client_id: "app", client_secret: "x" }))).toMatchObject({
      code: "invalid_client",
    });
    expect(await refusal(authenticate(rig, {}, basic("app", "x")))).toMatchObject({ code: "invalid_client" });
  });

  test("that says nothing is told what is missing; one that nobody knows, to register again", async () => {
    const rig = await rigWith();
    const missing = await refusal(authenticate(rig, {}));
    expect(missing).toMatchObject({ code: "invalid_client", status: 401, challenge: undefined });
    expect(missing.message).toContain("client_id is missing");
    const unknown = await refusal(authenticate(rig, { client_id: "app" }));
    expect(unknown).toMatchObject({ code: "invalid_client", status: 401, challenge: undefined });
    expect(unknown.message).toContain("Register again");
  });
});

describe("client_secret_basic (RFC 6749 §2.3.1)", () => {
  test("id and secret, form-encoded, with the scheme in any case", async () => {
    const rig = await rigWith(client("a:p p", withSecret("client_secret_basic", "s:e+c%r t/é=")));
    const encoded = (text: string): string => new URLSearchParams({ x: text }).toString().slice(2);
    const header = basic(encoded("a:p p"), encoded("s:e+c%r t/é="));
    expect((await authenticate(rig, {}, header)).id).toBe("a:p p");
    expect((await authenticate(rig, {}, header.replace("Basic", "bAsIc"))).id).toBe("a:p p");
    expect((await authenticate(rig, { client_id: "a:p p" }, header)).id).toBe("a:p p");
  });

  test("a secret that was not encoded, as many clients send it", async () => {
    for (const secret of ["a+b/c==", "100%", "a%20b", "a:b:c"]) {
      const rig = await rigWith(client("app", withSecret("client_secret_basic", secret)));
      expect((await authenticate(rig, {}, basic("app", secret))).id).toBe("app");
    }
  });

  test("any id and secret, once they are encoded as the RFC says", async () => {
    const text = fc
      .string({ unit: "grapheme", minLength: 1, maxLength: 20 })
      .filter((one) => one.isWellFormed());
    const rig = await rigWith();
    await fc.assert(
      fc.asyncProperty(text, text, async (id, secret) => {
        await rig.store.removeClient(id, 1, REMOVED);
        rig.clients.invalidate(id);
        await rig.store.addClient(client(id, withSecret("client_secret_basic", secret)), "unaudited");
        const encoded = (one: string): string => new URLSearchParams({ x: one }).toString().slice(2);
        expect((await authenticate(rig, {}, basic(encoded(id), encoded(secret)))).id).toBe(id);
        await refusal(authenticate(rig, {}, basic(encoded(id), encoded(`${secret}x`))));
      }),
      { numRuns: 50 },
    );
  });

  test.each([
    ["a wrong secret", basic("app", "wrong")],
    ["an empty secret", basic("app", "")],
    ["the hash in place of the secret", basic("app", hashClientSecret(SECRET))],
    ["the secret cut short", basic("app", SECRET.slice(0, -1))],
    ["the secret and more", basic("app", `${SECRET} `)],
    ["another client", basic("other", SECRET)],
    ["no id", basic("", SECRET)],
    ["no colon", `Basic ${base64("app")}`],
    ["nothing", "Basic "],
    ["no credentials", "Basic"],
    ["no base64", "Basic app:secret"],
    ["base64url", `Basic ${base64("app:???>>>").replaceAll("/", "_").replaceAll("+", "-")}`],
    ["another scheme", `Bearer ${base64(`app:${SECRET}`)}`],
    ["two credentials", `${basic("app", SECRET)}, ${basic("app", SECRET)}`],
  ])("%s is refused, with a challenge", async (_what, header) => {
    const rig = await rigWith(client("app", withSecret("client_secret_basic")));
    expect(await refusal(authenticate(rig, {}, header))).toMatchObject({
      code: "invalid_client",
      status: 401,
      challenge: `Basic realm="${ISSUER}", charset="UTF-8"`,
    });
    expect((await authenticate(rig, {}, basic("app", SECRET))).id).toBe("app");
  });

  test("whatever the header holds, nobody gets in and nothing breaks", async () => {
    const rig = await rigWith(client("app", withSecret("client_secret_basic")));
    const header = fc.oneof(
      fc.string().map((text) => `Basic ${base64(text)}`),
      fc.stringMatching(/^[\x21-\x7E]{0,40}$/).map((text) => `Basic ${text}`),
      fc.stringMatching(/^[\x21-\x7E]{1,40}$/),
      fc.string().map((text) => basic("app", text)),
    );
    await fc.assert(
      fc.asyncProperty(header, async (one) => {
        expect((await refusal(authenticate(rig, {}, one))).code).toMatch(/^invalid_(client|request)$/);
      }),
    );
  });
});

describe("client_secret_post", () => {
  test("id and secret in the body", async () => {
    const rig = await rigWith(client("app", withSecret("client_secret_post")));
    expect((await authenticate(rig, { client_id: "app", client_secret: SECRET })).id).toBe("app");
    for (const client_secret of ["wrong", `${SECRET}x`, hashClientSecret(SECRET), ""]) {
      expect(await refusal(authenticate(rig, { client_id: "app", client_secret }))).toMatchObject({
        code: "invalid_client",
        challenge: undefined,
      });
    }
  });

  test("a secret without an id is nobody's", async () => {
    const rig = await rigWith(client("app", withSecret("client_secret_post")));
    expect(await refusal(authenticate(rig, { client_secret: SECRET }))).toMatchObject({
      code: "invalid_client",
    });
  });
});

describe("the method is the registered one", () => {
  test("a client with a secret or a key does not pass by its id", async () => {
    const rig = await rigWith(
      client("basic", withSecret("client_secret_basic")),
      client("post", withSecret("client_secret_post")),
      client("key", { authenticationMethod: "private_key_jwt", jwks: { keys: [] } }),
    );
    for (const client_id of ["basic", "post", "key"]) {
      expect(await refusal(authenticate(rig, { client_id }))).toMatchObject({ code: "invalid_client" });
      expect(await refusal(authenticate(rig, {}, basic(client_id, "")))).toMatchObject({
        code: "invalid_client",
      });
    }
  });

  test.each(["registered", "preregistered"] as const)(
    "but a secret may come in either place from a %s client, and must be the right one",
    async (origin) => {
      for (const method of ["client_secret_basic", "client_secret_post"] as const) {
        const rig = await rigWith(client("n8n", { origin, ...withSecret(method) }));
        expect((await authenticate(rig, { client_id: "n8n", client_secret: SECRET })).id).toBe("n8n");
        expect((await authenticate(rig, {}, basic("n8n", SECRET))).id).toBe("n8n");
        await refusal(authenticate(rig, { client_id: "n8n" }));
        await refusal(authenticate(rig, {}, basic("n8n", "")));
        await refusal(authenticate(rig, { client_id: "n8n", client_secret: "wrong" }));
        await refusal(authenticate(rig, {}, basic("n8n", "wrong")));
        const both = authenticate(rig, { client_id: "n8n", client_secret: SECRET }, basic("n8n", SECRET));
        expect(await refusal(both)).toMatchObject({ code: "invalid_request" });
      }
    },
  );

  test("a client with a key doesn't pass with a secret, nor one with a secret or nothing with a key", async () => {
    const { publicKey, privateKey } = await generateKeyPair("ES256");
    const jwks = { keys: [{ ...(await exportJWK(publicKey)) }] };
    const rig = await rigWith(
      // A row that holds more than its method has a use for opens nothing by it.
      client("key", { ...withSecret("private_key_jwt"), jwks }),
      client("secret", { ...withSecret("client_secret_post"), jwks }),
      client("public", { jwks }),
    );
    await refusal(authenticate(rig, { client_id: "key", client_secret: SECRET }));
    await refusal(authenticate(rig, {}, basic("key", SECRET)));
    for (const [id, method] of [
      ["secret", "client_secret_post"],
      ["public", "none"],
    ] as const) {
      const client_assertion = await new SignJWT({ jti: id })
        .setProtectedHeader({ alg: "ES256" })
        .setIssuer(id)
        .setSubject(id)
        .setAudience(ISSUER)
        .setExpirationTime(new Date(rig.clock() + 60_000))
        .sign(privateKey);
      const attempt = authenticate(rig, { client_assertion, client_assertion_type: JWT_BEARER });
      expect((await refusal(attempt)).message).toBe(
        `This client is registered to authenticate with ${method}.`,
      );
    }
  });

  test("a public client that sends a secret is told how to register for one", async () => {
    const rig = await rigWith(
      client("dcr_app"),
      client("added", { origin: "preregistered" }),
      client("stray", { secretHash: hashClientSecret(SECRET) }),
    );
    for (const id of ["dcr_app", "added", "stray"]) {
      for (const attempt of [
        authenticate(rig, { client_id: id, client_secret: SECRET }),
        authenticate(rig, {}, basic(id, SECRET)),
      ]) {
        const { code, message } = await refusal(attempt);
        expect(code).toBe("invalid_client");
        expect(message).toContain("client_secret_basic or client_secret_post");
        expect(message).toContain(id === "added" ? "operator" : "token_endpoint_auth_method");
        expect(message).not.toContain(SECRET);
      }
    }
  });

  test.each([
    ["Bearer", "Bearer eyJhbGciOiJFUzI1NiJ9.secret.token", /a Bearer token/],
    ["Bearer in another case", "bearer secret.token", /a Bearer token/],
    ["Bearer without a token", "Bearer", /a Bearer token/],
    ["another scheme", "Digest username=secret.token", /not of the scheme Basic/],
    // Its first word may be the secret: nothing of it is repeated.
    ["a token without a scheme", "secret.token", /not of the scheme Basic/],
    ["no base64", "Basic secret.token", /not base64/],
  ])("a stray Authorization header is named in the refusal: %s", async (_what, header, named) => {
    const rig = await rigWith(client("app", withSecret("client_secret_post")), client("public"));
    for (const body of [
      { client_id: "app", client_secret: SECRET },
      { client_id: "public" },
      { grant_type: "refresh_token" },
    ]) {
      const error = await refusal(authenticate(rig, body, header));
      expect(error).toMatchObject({ code: "invalid_client", challenge: expect.stringMatching(/^Basic /) });
      expect(error.message).toMatch(named);
      expect(`${error.message} ${error.detail}`).not.toContain("secret.token");
    }
  });

  test("one method per request, one client per request (RFC 6749 §2.3)", async () => {
    const rig = await rigWith(client("app", withSecret("client_secret_basic")), client("other"));
    const right = basic("app", SECRET);
    const assertion = new UnsecuredJWT({ sub: "app" }).encode();
    for (const body of [
      { client_id: "app", client_secret: SECRET },
      { client_assertion: assertion, client_assertion_type: JWT_BEARER },
      { client_id: "other" },
    ]) {
      expect(await refusal(authenticate(rig, body, right))).toMatchObject({
        code: "invalid_request",
        status: 400,
      });
    }
  });
});

describe("private_key_jwt (RFC 7523 §3)", async () => {
  const key = await generateKeyPair("ES256", { extractable: true });
  const other = await generateKeyPair("ES256", { extractable: true });
  const jwk = { ...(await exportJWK(key.publicKey)), kid: "k1" };
  const keyClient = client("app", {
    origin: "preregistered",
    authenticationMethod: "private_key_jwt",
    jwks: { keys: [jwk] },
  });

  const inSeconds = (rig: ClientsRig, seconds: number): number => Math.floor(rig.clock() / 1000) + seconds;
  type Change = { claims?: JWTPayload; header?: object; signer?: Parameters<SignJWT["sign"]>[0] };
  let count = 0;
  async function assertion(
    rig: ClientsRig,
    { claims = {}, header = {}, signer = key.privateKey }: Change = {},
  ) {
    count += 1;
    const now = Math.floor(rig.clock() / 1000);
    const payload = {
      iss: "app",
      sub: "app",
      aud: ISSUER,
      iat: now,
      exp: now + 60,
      jti: `jti-${count}`,
      ...claims,
    };
    return new SignJWT(payload).setProtectedHeader({ alg: "ES256", kid: "k1", ...header }).sign(signer);
  }
  const present = (rig: ClientsRig, client_assertion: string, more: Record<string, string> = {}) =>
    authenticate(rig, { client_assertion, client_assertion_type: JWT_BEARER, ...more });

  test("an assertion for the issuer or the token endpoint, once", async () => {
    const rig = await rigWith(keyClient);
    for (const aud of [ISSUER, TOKEN_ENDPOINT, [ISSUER], [ISSUER, TOKEN_ENDPOINT]]) {
      const good = await assertion(rig, { claims: { aud } });
      expect((await present(rig, good, { client_id: "app" })).id).toBe("app");
      expect(await refusal(present(rig, good))).toMatchObject({
        detail: "client assertion: it was used before",
      });
      expect(await refusal(present(rig.restarted() as ClientsRig, good))).toMatchObject({
        code: "invalid_client",
      });
    }
  });

  describe("of a client that registered itself", () => {
    const stranger: Client = { ...keyClient, origin: "registered" };
    const isRemembered = async (rig: ClientsRig, one: string) =>
      !(await rig.store.useAssertion("app", String(decodeJwt(one).jti), rig.clock()));

    test("is remembered nowhere while nobody has approved the client: it opens nothing", async () => {
      const rig = await rigWith(stranger);
      const good = await assertion(rig);
      for (const _time of [1, 2]) expect((await present(rig, good)).id).toBe("app");
      expect(await isRemembered(rig, good)).toBe(false);
    });

    test("counts once as soon as the client has a grant, whatever became of the grant", async () => {
      const rig = await rigWith(stranger);
      const before = await assertion(rig);
      await present(rig, before);
      await rig.store.approve(sampleApproval({ clientId: "app" }), APPROVED);
      for (const again of [before, await assertion(rig)]) {
        expect((await present(rig, again)).id).toBe("app");
        expect(await refusal(present(rig, again))).toMatchObject({
          detail: "client assertion: it was used before",
        });
      }
      await rig.store.revokeGrant("grant-1", "operator", rig.clock(), REVOKED);
      const after = await assertion(rig);
      await present(rig, after);
      await refusal(present(rig, after));
    });

    test("is not remembered for the grant of another client", async () => {
      const rig = await rigWith(stranger);
      await rig.store.approve(sampleApproval({ clientId: "another" }), APPROVED);
      const good = await assertion(rig);
      await present(rig, good);
      expect(await isRemembered(rig, good)).toBe(false);
    });

    test("is checked all the same", async () => {
      const rig = await rigWith(stranger);
      await refusal(present(rig, await assertion(rig, { signer: other.privateKey })));
      await refusal(present(rig, await assertion(rig, { claims: { jti: "" } })));
      await refusal(present(rig, await assertion(rig, { claims: { exp: inSeconds(rig, -31) } })));
    });
  });

  test("twenty of one and the same at once let one in", async () => {
    const rig = await rigWith(keyClient);
    const good = await assertion(rig);
    const answers = await Promise.allSettled(Array.from({ length: 20 }, () => present(rig, good)));
    expect(answers.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });

  test.each<[string, (rig: ClientsRig) => Change]>([
    ["somebody else's key", () => ({ signer: other.privateKey })],
    ["another issuer", () => ({ claims: { iss: "other" } })],
    ["no issuer", () => ({ claims: { iss: undefined } as never })],
    ["another audience", () => ({ claims: { aud: "https://other.example" } })],
    ["the audience with a slash more", () => ({ claims: { aud: `${ISSUER}/` } })],
    ["an audience beside ours", () => ({ claims: { aud: [ISSUER, "https://other.example"] } })],
    ["no audience", () => ({ claims: { aud: undefined } as never })],
    ["no end", () => ({ claims: { exp: undefined } as never })],
    ["an end that is past", (rig) => ({ claims: { exp: inSeconds(rig, -31) } })],
    ["an end in eleven minutes", (rig) => ({ claims: { exp: inSeconds(rig, 660) } })],
    ["a beginning in the future", (rig) => ({ claims: { nbf: inSeconds(rig, 120) } })],
    ["no jti", () => ({ claims: { jti: undefined } as never })],
    ["an empty jti", () => ({ claims: { jti: "" } })],
    ["a jti that is a number", () => ({ claims: { jti: 7 as never } })],
    ["a jti of 300 characters", () => ({ claims: { jti: "x".repeat(300) } })],
    ["a kid that is not the client's", () => ({ header: { kid: "k2" } })],
    ["a symmetric signature", () => ({ header: { alg: "HS256" }, signer: Buffer.from(JSON.stringify(jwk)) })],
  ])("is refused with %s", async (_what, change) => {
    const rig = await rigWith(keyClient);
    const bad = await assertion(rig, change(rig));
    const error = await refusal(present(rig, bad, { client_id: "app" }));
    expect(error).toMatchObject({
      code: "invalid_client",
      status: 401,
      message: "The client assertion is not valid.",
    });
    expect((await present(rig, await assertion(rig))).id).toBe("app");
  });

  test("is refused without a signature, as text, and with the wrong type", async () => {
    const rig = await rigWith(keyClient);
    const good = await assertion(rig);
    const claims = { iss: "app", aud: ISSUER, jti: "j", exp: inSeconds(rig, 60), sub: "app" };
    await refusal(present(rig, new UnsecuredJWT(claims).encode()));
    await refusal(present(rig, `${good.split(".").slice(0, 2).join(".")}.`));
    for (const text of ["", "x", "a.b.c", "..", good.slice(1), `${good}.x`]) {
      expect(await refusal(present(rig, text))).toMatchObject({ code: "invalid_client" });
    }
    await refusal(authenticate(rig, { client_assertion: good }));
    await refusal(
      present(rig, good, {
        client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:saml2-bearer",
      }),
    );
    expect((await present(rig, good)).id).toBe("app");
  });

  test("is missed where its type stands alone, whatever else proves the client", async () => {
    const rig = await rigWith(keyClient, client("public"), client("post", withSecret("client_secret_post")));
    for (const body of [
      { client_id: "app" },
      { client_id: "public" },
      { client_id: "post", client_secret: SECRET },
    ]) {
      expect(await refusal(authenticate(rig, { client_assertion_type: JWT_BEARER, ...body }))).toMatchObject({
        code: "invalid_client",
        message: `Send client_assertion together with client_assertion_type=${JWT_BEARER}.`,
      });
    }
  });

  test("of one client does not prove another", async () => {
    const rig = await rigWith(
      keyClient,
      client("victim", { ...keyClient, id: "victim", jwks: { keys: [await exportJWK(other.publicKey)] } }),
    );
    await refusal(present(rig, await assertion(rig, { claims: { iss: "victim", sub: "victim" } })));
    expect(await refusal(present(rig, await assertion(rig), { client_id: "victim" }))).toMatchObject({
      code: "invalid_request",
    });
  });

  test("that is forged does not use up the id of a good one", async () => {
    const rig = await rigWith(keyClient);
    await refusal(present(rig, await assertion(rig, { claims: { jti: "mine" }, signer: other.privateKey })));
    expect((await present(rig, await assertion(rig, { claims: { jti: "mine" } }))).id).toBe("app");
  });

  test.each(ASSERTION_ALGORITHMS)("may be signed with %s", async (alg) => {
    const pair = await generateKeyPair(alg, { extractable: true });
    const rig = await rigWith(
      client("app", { ...keyClient, jwks: { keys: [await exportJWK(pair.publicKey)] } as never }),
    );
    const good = await assertion(rig, { header: { alg, kid: undefined }, signer: pair.privateKey });
    expect((await present(rig, good)).id).toBe("app");
  });

  test.each(["ES512", "RS512", "PS384"])(
    "may not be signed with %s, which is not advertised",
    async (alg) => {
      const pair = await generateKeyPair(alg, { extractable: true });
      const jwks = { keys: [await exportJWK(pair.publicKey)] } as never;
      const rig = await rigWith(client("app", { ...keyClient, jwks }));
      await refusal(
        present(rig, await assertion(rig, { header: { alg, kid: undefined }, signer: pair.privateKey })),
      );
    },
  );

  test("without a kid, any of several fitting keys may be the one", async () => {
    const keys = [await exportJWK(other.publicKey), await exportJWK(key.publicKey)];
    const rig = await rigWith(client("app", { ...keyClient, jwks: { keys } as never }));
    expect((await present(rig, await assertion(rig, { header: { kid: undefined } }))).id).toBe("app");
    const stranger = await generateKeyPair("ES256");
    await refusal(
      present(rig, await assertion(rig, { header: { kid: undefined }, signer: stranger.privateKey })),
    );
  });

  test.each([3, 4])(
    "without a kid, or under one that several keys have, three keys are tried: %i",
    async (place) => {
      const others = await Promise.all(
        Array.from({ length: place - 1 }, async () => exportJWK((await generateKeyPair("ES256")).publicKey)),
      );
      for (const kid of [undefined, "k1"]) {
        const keys = [...others, await exportJWK(key.publicKey)].map((one) => ({ ...one, kid }));
        const rig = await rigWith(client("app", { ...keyClient, jwks: { keys } as never }));
        const answer = present(rig, await assertion(rig, { header: { kid } }));
        if (place === 3) expect((await answer).id).toBe("app");
        else {
          const { code, detail } = await refusal(answer);
          expect(code).toBe("invalid_client");
          expect(detail).toContain("more than 3 keys");
        }
      }
    },
  );

  test("with a key that costs too much is refused, and one beside it still counts", async () => {
    const big = await generateKeyPair("RS256", { modulusLength: 4104, extractable: true });
    const odd = { ...(await exportJWK(big.publicKey)), kid: "big" };
    const rig = await rigWith(client("app", { ...keyClient, jwks: { keys: [odd, jwk] } as never }));
    const bad = await assertion(rig, { header: { alg: "RS256", kid: "big" }, signer: big.privateKey });
    expect(await refusal(present(rig, bad))).toMatchObject({ code: "invalid_client" });
    expect((await present(rig, await assertion(rig))).id).toBe("app");
  });

  test("with keys that are no keys is refused, not an error of ours", async () => {
    for (const keys of [
      [],
      [{}],
      [{ kty: "EC", crv: "P-256", kid: "k1" }],
      [{ kty: "EC", crv: "P-256", x: "!", y: "!", kid: "k1" }],
    ]) {
      const rig = await rigWith(client("app", { ...keyClient, jwks: { keys } }));
      expect(await refusal(present(rig, await assertion(rig)))).toMatchObject({ code: "invalid_client" });
    }
  });

  describe("keys at a jwks_uri", () => {
    let origin: Origin;
    beforeAll(async () => {
      origin = await startOrigin();
    });
    afterAll(() => origin.close());

    function serve(keys: readonly object[], status = 200): void {
      origin.answer((_request, response) => {
        response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify({ keys }));
      });
    }
    const asked = (): number => origin.asked.length;
    const rigWithUri = (path: string) =>
      rigWith(client("app", { ...keyClient, jwks: null, jwksUri: `${origin.url}${path}` }));

    test("are fetched once, and again for a new kid, at most twice a minute", async () => {
      const rig = await rigWithUri("/1");
      serve([jwk]);
      const before = asked();
      await Promise.all(Array.from({ length: 20 }, async () => present(rig, await assertion(rig))));
      expect(asked()).toBe(before + 1);
      const rotated = { ...(await exportJWK(other.publicKey)), kid: "k2" };
      serve([jwk, rotated]);
      const newer = () => assertion(rig, { header: { kid: "k2" }, signer: other.privateKey });
      for (let i = 0; i < 20; i += 1) await refusal(present(rig, await newer()));
      expect(asked()).toBe(before + 1);
      rig.pass(30_000);
      expect((await present(rig, await newer())).id).toBe("app");
      expect(asked()).toBe(before + 2);
    });

    test("serve for a day while their origin is down, and then it is an outage, not a bad client", async () => {
      const rig = await rigWithUri("/2");
      serve([jwk]);
      await present(rig, await assertion(rig));
      serve([], 503);
      rig.pass(23 * 3_600_000);
      const before = asked();
      expect((await present(rig, await assertion(rig))).id).toBe("app");
      expect((await present(rig, await assertion(rig))).id).toBe("app");
      expect(asked()).toBe(before + 1);
      rig.pass(2 * 3_600_000);
      expect(await refusal(present(rig, await assertion(rig)))).toMatchObject({
        code: "temporarily_unavailable",
      });
    });

    test("that were never had are an outage, and the origin is left alone", async () => {
      const rig = await rigWithUri("/3");
      serve([], 500);
      const before = asked();
      for (let i = 0; i < 5; i += 1) {
        expect(await refusal(present(rig, await assertion(rig)))).toMatchObject({
          code: "temporarily_unavailable",
          status: 503,
        });
      }
      expect(asked()).toBe(before + 1);
    });

    test("serve, though old, while strangers' slow hosts take up every fetch that they may", async () => {
      const rig = await rigWith();
      const [asked, held] = [new Set<string>(), Promise.withResolvers<void>()];
      const fetchDocument: FetchDocument = async (url) => {
        asked.add(url);
        if (!url.startsWith("https://known.example/")) await held.promise;
        return { text: JSON.stringify({ keys: [jwk] }), headers: new Headers() };
      };
      const clients = createClients({ ...rig, fetchDocument });
      const at = (host: string, more: Partial<Client> = {}) =>
        client(host, {
          ...keyClient,
          id: host,
          origin: "registered",
          jwks: null,
          jwksUri: `https://${host}/jwks`,
          ...more,
        });
      const crowded = { code: "temporarily_unavailable" };
      const ask = (one: Client, askedBy?: string) => clients.keys(one, undefined, askedBy);
      await ask(at("known.example"));
      rig.pass(3_600_000);
      const strangers = Array.from({ length: 8 }, (_, i) => ask(at(`slow-${i}.example`), "203.0.113.7"));
      strangers.push(
        ...Array.from({ length: 8 }, (_, i) => ask(at(`slow-${10 + i}.example`), "203.0.113.8")),
      );
      await expect.poll(() => asked.size).toBe(17);
      expect(await refusal(ask(at("slow-20.example"), "203.0.113.9"))).toMatchObject(crowded);
      expect((await ask(at("known.example"))).keys).toHaveLength(1);
      // The operator's client, and one that a person has approved.
      const operators = ask(at("operators.example", { origin: "preregistered" }));
      await rig.store.approve(sampleApproval({ clientId: "approved.example" }), APPROVED);
      const approved = ask(at("approved.example"));
      await expect.poll(() => asked.size).toBe(19);
      held.resolve();
      await Promise.all([...strangers, operators, approved]);
    });

    test("that cost too much, or are none, are passed over, and those beside them count", async () => {
      const rig = await rigWithUri("/5");
      const big = await generateKeyPair("RS256", { modulusLength: 4104, extractable: true });
      const odd = { ...(await exportJWK(big.publicKey)), kid: "big" };
      serve([null, 7, {}, { kid: null }, { kty: "RSA", kid: "k1" }, odd, jwk] as readonly object[]);
      expect((await present(rig, await assertion(rig))).id).toBe("app");
      const bad = await assertion(rig, { header: { alg: "RS256", kid: "big" }, signer: big.privateKey });
      expect(await refusal(present(rig, bad))).toMatchObject({ code: "invalid_client" });
    });

    test("are a hundred at most: each one is looked at for every assertion", async () => {
      const others = (count: number) =>
        Array.from({ length: count }, (_, i) => ({ kty: "OKP", kid: `other-${i}` }));
      const full = await rigWithUri("/100");
      serve([...others(99), jwk]);
      expect((await present(full, await assertion(full))).id).toBe("app");
      const tooMany = await rigWithUri("/101");
      serve([...others(100), jwk]);
      expect(await refusal(present(tooMany, await assertion(tooMany)))).toMatchObject({
        code: "temporarily_unavailable",
        detail: expect.stringContaining("100"),
      });
    });

    test("symmetric ones are no keys", async () => {
      const rig = await rigWithUri("/4");
      const k = Buffer.from("0123456789abcdef0123456789abcdef");
      serve([{ kty: "oct", k: k.toString("base64url"), kid: "k1" }]);
      await refusal(present(rig, await assertion(rig, { header: { alg: "HS256" }, signer: k })));
    });
  });
});
