import { generateKeyPairSync } from "node:crypto";
import { decodeJwt, decodeProtectedHeader } from "jose";
import { describe, expect, it } from "vitest";
import { oidc } from "../../src/authorization-server/sign-in/index.ts";
import type { OidcOptions } from "../../src/config/sign-in/oidc-options.ts";
import { codeOf, redeem, tokensOf, whoami } from "../support/client.ts";
import { decide, stateOf } from "../support/person.ts";
import type { TestServer } from "../support/server.ts";
import {
  type Changes,
  CLIENT_ID,
  CLIENT_SECRET,
  type DoubleOptions,
  startIdentityDouble,
} from "../support/sign-in/identity-double.ts";
import {
  goToProvider,
  leadsTo,
  reasonIn,
  signInAt,
  signInThere,
  startSignInServer,
} from "../support/sign-in/journey.ts";
import { type Network, openNetwork } from "../support/sign-in/network.ts";

/** @param answer in place of the provider; undefined where it answers itself */
async function start(
  options: Partial<OidcOptions> = {},
  double: DoubleOptions = {},
  answer: (url: string) => Response | undefined = () => undefined,
) {
  const open = openNetwork();
  const network: Network = { ...open, fetch: async (url, init) => answer(url) ?? open.fetch(url, init) };
  const provider = await startIdentityDouble(double);
  const credentials = options.privateKey ? {} : { clientSecret: CLIENT_SECRET };
  const method = oidc({ issuer: provider.issuer, clientId: CLIENT_ID, ...credentials, ...options });
  const server = await startSignInServer([method], network);
  return { network, provider, server };
}

const ADA = { email: "ada@example.com", email_verified: true, name: "Ada Lovelace" };

async function onlyPerson(server: TestServer) {
  const people = await server.store.listPeople({ now: server.now(), limit: 10 });
  expect(people).toHaveLength(1);
  return people[0];
}

describe("sign-in through an OpenID provider", () => {
  it("leads from an MCP client's request to a tool that knows the person", async () => {
    const { network, server } = await start({}, { claims: { ...ADA, acr: "gold", amr: ["pwd", "otp"] } });
    const { browser, clientId, verifier, response } = await signInAt(server, "oidc", network);
    expect(leadsTo(response)).toBe("/oauth/consent");
    const state = stateOf(response.headers.get("location"));
    const approved = await decide(browser, state, "approve", ["mcp"]);
    const code = codeOf(approved.headers.get("location"));
    const tokens = await tokensOf(redeem(server, clientId, { code, verifier }));
    const { person } = await whoami(server, tokens.access_token);
    expect(person).toEqual({
      id: expect.stringMatching(/^[\w-]{22}$/),
      name: "Ada Lovelace",
      email: "ada@example.com",
      acr: "gold",
      amr: ["pwd", "otp"],
    });
  });

  it("asks with PKCE, nonce and state, new ones each time, and for nothing else", async () => {
    const { network, server, provider } = await start({ parameters: { organization: "org_1" } });
    await signInAt(server, "oidc", network);
    await signInAt(server, "oidc", network);
    const [first, second] = provider.authorizations;
    expect(Object.fromEntries(first ?? [])).toEqual({
      response_type: "code",
      client_id: CLIENT_ID,
      redirect_uri: "https://mcp.example/oauth/callback/oidc",
      scope: "openid profile email",
      state: expect.stringMatching(/^[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: "S256",
      organization: "org_1",
    });
    for (const name of ["state", "nonce", "code_challenge"])
      expect(first?.get(name)).not.toBe(second?.get(name));
  });

  it("asks nothing before the first person comes: a provider that is down does not stop the start", async () => {
    const { network } = await start({ issuer: "https://down.example" });
    expect(network.asked).toEqual([]);
  });

  it("writes nothing before the person is back", async () => {
    const { network, server } = await start();
    const before = await server.store.readAudit({ order: "oldest_first", limit: 100 });
    await signInThere(await goToProvider(server, "oidc"), network);
    expect(await server.store.readAudit({ order: "oldest_first", limit: 100 })).toEqual(before);
  });

  it("finds the same person again, with what the provider says now", async () => {
    const { network, server, provider } = await start(
      { groups: "groups" },
      { claims: { ...ADA, groups: ["staff"] } },
    );
    await signInAt(server, "oidc", network);
    const before = await onlyPerson(server);
    provider.say({ claims: { name: "Ada King", groups: ["staff", "admins"] } });
    await signInAt(server, "oidc", network);
    const after = await onlyPerson(server);
    expect(after?.person.id).toBe(before?.person.id);
    expect(after).toMatchObject({ person: { name: "Ada King" }, groups: ["staff", "admins"] });
  });

  it("goes straight to the provider where it is the only way, and passes on whom the client expects", async () => {
    const { server, provider } = await start();
    const { providerUrl } = await goToProvider(server, "oidc", { params: { login_hint: "ada@example.com" } });
    expect(providerUrl.searchParams.get("login_hint")).toBe("ada@example.com");
    expect(providerUrl.origin).toBe(provider.issuer);
  });
});

describe("a new sign-in, where one is needed", () => {
  it.each([{ prompt: "login" }, { max_age: "0" }])(
    "is asked for, and proved by auth_time: %j",
    async (params) => {
      const { network, server, provider } = await start();
      const { response } = await signInAt(server, "oidc", network, params);
      expect(leadsTo(response)).toBe("/oauth/consent");
      expect(provider.authorizations[0]?.get("prompt")).toBe("login");
      expect(provider.authorizations[0]?.get("max_age")).toBe("0");
    },
  );

  it.each([
    ["old", Math.floor(Date.now() / 1000) - 3600],
    ["missing", undefined],
  ])("is refused where auth_time is %s", async (_, auth_time) => {
    const { network, server } = await start({}, { claims: { auth_time } });
    const { response } = await signInAt(server, "oidc", network, { prompt: "login" });
    expect(leadsTo(response)).toBe("/oauth/login oidc sign_in_is_old");
    expect(reasonIn(server)).toContain("auth_time");
  });

  it("counts within the leeway of the provider's clock", async () => {
    const { network, server } = await start(
      {},
      { claims: { auth_time: Math.floor(Date.now() / 1000) - 25 } },
    );
    const { response } = await signInAt(server, "oidc", network, { prompt: "login" });
    expect(leadsTo(response)).toBe("/oauth/consent");
  });

  it("is not asked for where the client does not", async () => {
    const { network, server, provider } = await start({}, { claims: { auth_time: 1 } });
    expect(leadsTo((await signInAt(server, "oidc", network)).response)).toBe("/oauth/consent");
    expect(provider.authorizations[0]?.has("prompt")).toBe(false);
  });
});

describe("userinfo", () => {
  it("is asked where the ID token lacks an address, and not where it has all", async () => {
    const { network, server, provider } = await start();
    provider.say({ userinfo: ADA });
    await signInAt(server, "oidc", network);
    expect(await onlyPerson(server)).toMatchObject({ emails: [ADA.email], person: { name: ADA.name } });
    expect(provider.asked.get("/userinfo")).toBe(1);
    provider.say({ claims: ADA });
    await signInAt(server, "oidc", network);
    expect(provider.asked.get("/userinfo")).toBe(1);
  });

  it("is not needed: a provider without it is fine", async () => {
    const { network, server, provider } = await start();
    provider.say({ metadata: { userinfo_endpoint: undefined } });
    expect(leadsTo((await signInAt(server, "oidc", network)).response)).toBe("/oauth/consent");
  });
});

describe("what the operator asks for", () => {
  it.each<[Partial<OidcOptions>, object]>([
    [{ emailVerified: "always" }, { emails: ["ada@example.com"] }],
    [{ emailVerified: "never" }, { emails: [] }],
    [{ emailVerified: "claim" }, { emails: [] }],
  ])("%j of an address without email_verified", async (options, expected) => {
    const { network, server } = await start(options, { claims: { email: "ada@example.com" } });
    await signInAt(server, "oidc", network);
    expect(await onlyPerson(server)).toMatchObject(expected);
  });

  it("the claim that tells people apart, further claims, groups at a path, the id", async () => {
    const claims = { uid: "00u1", department: "Sales", realm_access: { roles: ["staff", 7] }, secret: "no" };
    const { network, server } = await start(
      {
        subject: "uid",
        profile: ["department", "id"],
        groups: "realm_access.roles",
        personId: ({ uid }) => `u:${uid}`,
      },
      { claims },
    );
    await signInAt(server, "oidc", network);
    const person = await onlyPerson(server);
    expect(person).toMatchObject({
      person: { id: "u:00u1", department: "Sales" },
      groups: ["staff"],
    });
    expect(JSON.stringify(person)).not.toContain("secret");
    expect(await server.store.listIdentities("u:00u1")).toMatchObject([{ method: "oidc", subject: "00u1" }]);
  });

  it.each<[string, Partial<OidcOptions>, Changes]>([
    ["no subject claim", { subject: "uid" }, {}],
    ["a subject that is a number which JSON rounds", { subject: "uid" }, { uid: 2 ** 53 }],
    ["groups that are elsewhere", { groups: "groups" }, { _claim_names: { groups: "src1" } }],
    ["groups that are too many for a token", { groups: "groups" }, { hasgroups: true }],
    ["more groups than can be kept", { groups: "groups" }, { groups: Array.from({ length: 1001 }, String) }],
    ["a subject that is half a character", {}, { sub: "\ud800x" }],
    ["a subject with NUL", {}, { sub: "a\0b" }],
    ["a blank subject", {}, { sub: " " }],
    ["an id that is half a character", { personId: () => "x\udfff" }, {}],
    ["an id with a control character", { personId: () => "a\u001b[2J" }, {}],
    ["an id that reads backwards", { personId: () => "\u202eada" }, {}],
    ["a blank id", { personId: () => "\u00a0" }, {}],
    ["a profile that is too large", { profile: ["about"] }, { about: "a".repeat(3000) }],
  ])("is refused with %s: nothing is written", async (_, options, claims) => {
    const { network, server } = await start(options, { claims });
    const { response } = await signInAt(server, "oidc", network);
    expect(leadsTo(response)).toBe("/oauth/login oidc unusable_account");
    expect(await server.store.listPeople({ now: server.now(), limit: 10 })).toEqual([]);
  });
});

describe("the client proves itself", () => {
  it.each([
    [undefined, "header"],
    [["client_secret_basic", "client_secret_post"], "header"],
    [["client_secret_post"], "body"],
    [["private_key_jwt", "client_secret_post"], "body"],
  ])("with its secret, as the metadata say: %j", async (methods, where) => {
    const { network, server, provider } = await start();
    provider.say({ metadata: { token_endpoint_auth_methods_supported: methods } });
    expect(leadsTo((await signInAt(server, "oidc", network)).response)).toBe("/oauth/consent");
    const [exchange] = provider.exchanges;
    expect(exchange?.authorization !== undefined).toBe(where === "header");
    expect(exchange?.body.has("client_secret")).toBe(where === "body");
  });

  it("with its key: an assertion for this provider, once", async () => {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const key = privateKey.export({ format: "pem", type: "pkcs8" }).toString();
    const { network, server, provider } = await start({ privateKey: key, keyId: "k1" });
    await signInAt(server, "oidc", network);
    const assertion = provider.exchanges[0]?.body.get("client_assertion") ?? "";
    expect(decodeProtectedHeader(assertion)).toMatchObject({ alg: "ES256", kid: "k1" });
    expect(decodeJwt(assertion)).toMatchObject({ iss: CLIENT_ID, sub: CLIENT_ID, aud: provider.issuer });
    expect(provider.exchanges[0]?.body.has("client_secret")).toBe(false);
  });
});

describe("a provider that does not do its part leads back to the sign-in page, which says so", () => {
  const sentences = {
    no_answer: "did not answer. Try again in a minute.",
    wrong_answer: "did not work. Try again.",
    cancelled: "was cancelled. Try again, or choose another way.",
  };
  it.each<
    [string, Parameters<Awaited<ReturnType<typeof startIdentityDouble>>["say"]>[0], keyof typeof sentences]
  >([
    ["the person cancels", { answer: { code: undefined, error: "access_denied" } }, "cancelled"],
    [
      "it is down, and says so",
      { answer: { code: undefined, error: "temporarily_unavailable" } },
      "no_answer",
    ],
    ["it answers another error", { answer: { code: undefined, error: "invalid_scope" } }, "wrong_answer"],
    ["it answers no code", { answer: { code: undefined } }, "wrong_answer"],
    ["its token endpoint is down", { statuses: { "/token": 503 } }, "no_answer"],
    ["its token endpoint asks to wait", { statuses: { "/token": 429 } }, "no_answer"],
    ["its token endpoint is elsewhere", { statuses: { "/token": 404 } }, "wrong_answer"],
    ["it does not know us any more", { tokenError: { error: "invalid_client" } }, "wrong_answer"],
    ["its keys are down", { statuses: { "/jwks": 500 } }, "no_answer"],
    ["its userinfo endpoint is down", { statuses: { "/userinfo": 500 } }, "no_answer"],
  ])("%s", async (_, said, problem) => {
    const { network, server, provider } = await start();
    provider.say(said);
    const { browser, response } = await signInAt(server, "oidc", network);
    expect(leadsTo(response)).toBe(`/oauth/login oidc ${problem}`);
    const page = await browser.request(response.headers.get("location") ?? "");
    expect(page.status).toBe(problem === "no_answer" ? 503 : 200);
    expect(page.headers.get("retry-after")).toBe(problem === "no_answer" ? "60" : null);
    const text = await page.text();
    expect(text).toContain(sentences[problem]);
    const line = server.lines.findLast(({ name }) => name === "sign_in.broken_off");
    const reference = `Reference ID: ${line?.fields.correlationId}`;
    expect(text.includes(reference)).toBe(problem !== "cancelled");
    expect(text).toContain("/oauth/sign-in/oidc?state=");
    expect(await server.store.listPeople({ now: server.now(), limit: 10 })).toEqual([]);
    // And once it does, the same sign-in goes on from that page.
    provider.say({ answer: {}, statuses: {}, tokenError: undefined as never });
    server.advance(60);
    const [, again = ""] = /href="([^"]*\/oauth\/sign-in\/oidc[^"]*)"/.exec(text) ?? [];
    const begun = await browser.request(again.replaceAll("&amp;", "&"));
    const callback = await signInThere(
      { providerUrl: new URL(begun.headers.get("location") ?? "") },
      network,
    );
    expect(leadsTo(await browser.request(callback.href))).toBe("/oauth/consent");
  });

  it("its metadata can't be had: the person never leaves", async () => {
    const { server, provider } = await start();
    provider.say({ statuses: { "/.well-known/openid-configuration": 500 } });
    const { providerUrl } = await goToProvider(server, "oidc");
    expect(`${providerUrl.pathname} ${providerUrl.searchParams.get("problem")}`).toBe(
      "/oauth/login no_answer",
    );
  });

  it("its metadata are another issuer's (RFC 8414 §3.3)", async () => {
    const { server, provider } = await start();
    provider.say({ metadata: { issuer: "https://elsewhere.example" } });
    const { providerUrl } = await goToProvider(server, "oidc");
    expect(providerUrl.searchParams.get("problem")).toBe("wrong_answer");
    expect(reasonIn(server)).toContain("its issuer is https://elsewhere.example");
  });

  it.each<[string, number, object, string]>([
    ["with Basic", 401, { "www-authenticate": "Basic" }, '401 "invalid_client"'],
    ["without a challenge", 401, {}, '401 "invalid_client"'],
    ["as some do", 400, {}, '400 "invalid_client"'],
  ])("it does not know the client secret, and says so %s: the log says where to look", async (...given) => {
    const [, status, headers, words] = given;
    const { network, server, provider } = await start({}, {}, (url) =>
      url.endsWith("/token")
        ? new Response(JSON.stringify({ error: "invalid_client" }), {
            status,
            headers: { "content-type": "application/json", ...headers },
          })
        : undefined,
    );
    await signInAt(server, "oidc", network);
    expect(provider.exchanges).toEqual([]);
    expect(reasonIn(server)).toBe(
      `the token endpoint answered ${words} (the client secret or key may be wrong or expired, or the client ID that of another client)`,
    );
  });

  it.each<[string, () => boolean]>([
    [
      "isActive throws",
      () => {
        throw new Error("the directory is down");
      },
    ],
    ["isActive gives no answer that can be used", () => "yes" as never],
  ])("ours does not do its part: %s", async (_, isActive) => {
    const network = openNetwork();
    const provider = await startIdentityDouble();
    const credentials = { clientId: CLIENT_ID, clientSecret: CLIENT_SECRET };
    const server = await startSignInServer([oidc({ issuer: provider.issuer, ...credentials })], network, {
      isActive,
    });
    const { browser, response } = await signInAt(server, "oidc", network);
    expect(leadsTo(response)).toBe("/oauth/login oidc server_down");
    const page = await browser.request(response.headers.get("location") ?? "");
    expect([page.status, page.headers.get("retry-after")]).toEqual([503, "60"]);
    const line = server.lines.findLast(({ fields }) => fields.correlationId !== undefined);
    expect(await page.text()).toContain(`Reference ID: ${line?.fields.correlationId}`);
  });

  it("a reference that someone else writes into the URL is not shown", async () => {
    const { network, server, provider } = await start();
    provider.say({ answer: { code: undefined } });
    const { browser, response } = await signInAt(server, "oidc", network);
    const url = new URL(response.headers.get("location") ?? "");
    url.searchParams.set("reference", "Call 555 0100");
    expect(await (await browser.request(url.href)).text()).not.toMatch(/Call 555|Reference ID/);
  });

  it("what it says of an error is in the log, without what could end a line there", async () => {
    const { network, server, provider } = await start();
    const error_description = `AADSTS50105: not assigned\n${"x".repeat(500)}`;
    provider.say({ answer: { code: undefined, error: "access_denied", error_description } });
    await signInAt(server, "oidc", network);
    expect(reasonIn(server)).toMatch(/^the provider answered "access_denied": "AADSTS50105: not assigned\\n/);
    expect(reasonIn(server).length).toBeLessThan(250);
  });
});
