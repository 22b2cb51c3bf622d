import { generateKeyPair } from "jose";
import { beforeEach, describe, expect, it } from "vitest";
import { oidc } from "../../src/authorization-server/sign-in/index.ts";
import type { OidcOptions } from "../../src/config/sign-in/oidc-options.ts";
import {
  authorizeUrl,
  callTool,
  codeOf,
  newPkce,
  postForm,
  redeem,
  refresh,
  tokensOf,
} from "../support/client.ts";
import { type Browser, decide, stateOf } from "../support/person.ts";
import type { TestServer } from "../support/server.ts";
import {
  type Changes,
  CLIENT_ID,
  CLIENT_SECRET,
  type IdentityDouble,
  startIdentityDouble,
} from "../support/sign-in/identity-double.ts";
import { leadsTo, signInAt, startSignInServer } from "../support/sign-in/journey.ts";
import { LOGOUT_EVENTS, type Logout, logoutOf } from "../support/sign-in/logout.ts";
import { type Network, openNetwork } from "../support/sign-in/network.ts";

// OpenID Connect Back-Channel Logout 1.0.

let provider: IdentityDouble;
let network: Network;
let server: TestServer;
let send: Logout["send"];
let claimsOf: Logout["claimsOf"];

async function start(options: Partial<OidcOptions> = {}): Promise<void> {
  const method = oidc({
    issuer: provider.issuer,
    clientId: CLIENT_ID,
    clientSecret: CLIENT_SECRET,
    ...options,
  });
  server = await startSignInServer([method], network);
  ({ send, claimsOf } = logoutOf(provider, () => server));
}

beforeEach(async () => {
  network = openNetwork();
  provider = await startIdentityDouble({ claims: { sid: "session-1" } });
  await start();
});

type SignedIn = {
  readonly browser: Browser;
  readonly clientId: string;
  readonly state: string;
  verifier: string;
};

/** Ada, or who is said, with a session of this name there. */
async function signIn(claims: Changes = {}): Promise<SignedIn> {
  provider.say({ claims });
  const { response, ...there } = await signInAt(server, "oidc", network);
  expect(leadsTo(response)).toBe("/oauth/consent");
  return { ...there, state: stateOf(response.headers.get("location")) };
}

/** Whether the browser's session counts, for another authorization request. */
async function isSignedIn({ browser, clientId }: SignedIn): Promise<boolean> {
  const response = await browser.request(authorizeUrl(clientId, newPkce().challenge));
  return leadsTo(response) === "/oauth/consent";
}

async function connect(person: SignedIn) {
  const approved = await decide(person.browser, person.state, "approve", ["mcp"]);
  const code = codeOf(approved.headers.get("location"));
  const tokens = await tokensOf(redeem(server, person.clientId, { ...person, code }));
  expect((await callTool(server, tokens.access_token)).status).toBe(200);
  return tokens;
}

const audit = () => server.store.readAudit({ order: "oldest_first", limit: 100 });

describe("a logout token ends", () => {
  it("the session that sid names, and no other of the person", async () => {
    const one = await signIn();
    const other = await signIn({ sid: "session-2" });
    const response = await send({ sid: "session-1" });
    expect([response.status, await response.text()]).toEqual([200, ""]);
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect([await isSignedIn(one), await isSignedIn(other)]).toEqual([false, true]);
  });

  it("every session of sub, and none of another person", async () => {
    const one = await signIn();
    const two = await signIn({ sid: "session-2" });
    const grace = await signIn({ sub: "grace", sid: "session-3" });
    expect((await send({ sub: "ada" })).status).toBe(200);
    expect(await Promise.all([one, two, grace].map(isSignedIn))).toEqual([false, false, true]);
  });

  it("of sub and sid together, what sid names", async () => {
    const one = await signIn();
    const other = await signIn({ sid: "session-2" });
    expect((await send({ sub: "ada", sid: "session-1" })).status).toBe(200);
    expect([await isSignedIn(one), await isSignedIn(other)]).toEqual([false, true]);
  });

  it("also a session of which the provider never said the name", async () => {
    const nameless = await signIn({ sid: undefined });
    expect((await send({ sub: "ada", sid: "session-9" })).status).toBe(200);
    expect(await isSignedIn(nameless)).toBe(false);
  });

  it("a consent that is under way in that session", async () => {
    const { browser, state } = await signIn();
    await send({ sid: "session-1" });
    expect((await decide(browser, state, "approve", ["mcp"])).status).toBe(403);
    expect(await server.store.listGrants({})).toEqual([]);
  });

  it("nothing, with 200, where no one is signed in", async () => {
    expect((await send({ sub: "someone", sid: "unknown" })).status).toBe(200);
    expect(server.lines.filter(({ name }) => name === "session.ended_upstream")).toEqual([]);
  });

  it("and leaves who it was, and by which provider, in the audit log", async () => {
    await signIn();
    await send({ sub: "ada" });
    const [person] = await server.store.listPeople({ now: server.now(), limit: 1 });
    expect((await audit()).at(-1)).toMatchObject({
      event: "session.ended_upstream",
      fields: { person: person?.person.id, method: "oidc" },
    });
  });
});

describe("what the person has connected", () => {
  it("stays without the option", async () => {
    const person = await signIn();
    const { access_token, refresh_token } = await connect(person);
    await send({ sub: "ada" });
    expect((await callTool(server, access_token)).status).toBe(200);
    expect((await refresh(server, person.clientId, refresh_token)).status).toBe(200);
  });

  it.each([{ sub: "ada" }, { sid: "session-1" }])("ends with it: %j", async (claims) => {
    await start({ endGrants: true });
    const ada = await signIn();
    const tokens = await connect(ada);
    const grace = await signIn({ sub: "grace", sid: "session-2" });
    const others = await connect(grace);
    expect((await send(claims)).status).toBe(200);
    expect((await callTool(server, tokens.access_token)).status).toBe(401);
    expect((await refresh(server, ada.clientId, tokens.refresh_token)).status).toBe(400);
    expect((await callTool(server, others.access_token)).status).toBe(200);
    const [grant] = await server.store.listGrants({ personId: (await personOf("ada")) ?? "" });
    expect(grant).toMatchObject({ revokedReason: "upstream_logout" });
  });

  it("ends also where the session was over before", async () => {
    await start({ endGrants: true });
    const person = await signIn();
    const { refresh_token } = await connect(person);
    server.advance(13 * 60 * 60);
    expect(await isSignedIn(person)).toBe(false);
    expect((await send({ sub: "ada" })).status).toBe(200);
    expect((await refresh(server, person.clientId, refresh_token)).status).toBe(400);
  });
});

async function personOf(subject: string): Promise<string | undefined> {
  const identity = { method: "oidc", issuer: provider.issuer, subject };
  return (await server.store.findByIdentity(identity))?.person.id;
}

describe("is refused, and nothing is changed:", () => {
  const seconds = () => Math.floor(server.now() / 1000);
  const claimTable: readonly (readonly [string, () => Changes, string])[] = [
    ["another issuer", () => ({ iss: "https://elsewhere.example" }), "wrong issuer"],
    ["no issuer", () => ({ iss: undefined }), "iss"],
    ["another audience", () => ({ aud: "another" }), "wrong audience"],
    ["other audiences", () => ({ aud: ["another", "third"] }), "wrong audience"],
    ["no audience", () => ({ aud: undefined }), "aud"],
    ["no iat", () => ({ iat: undefined }), "iat"],
    ["iat in the future", () => ({ iat: seconds() + 600 }), "it is from the future"],
    ["no exp", () => ({ exp: undefined }), "exp"],
    ["exp in the past", () => ({ exp: seconds() - 60 }), "expired"],
    ["exp in a year", () => ({ exp: seconds() + 365 * 86_400 }), "it lives longer than"],
    ["no jti", () => ({ jti: undefined }), "jti"],
    ["an empty jti", () => ({ jti: "" }), "jti"],
    ["a jti that is too long", () => ({ jti: "j".repeat(256) }), "jti"],
    ["no events", () => ({ events: undefined }), "events"],
    ["events of another kind", () => ({ events: { "https://example.com/other": {} } }), "events"],
    ["events that are a list", () => ({ events: Object.keys(LOGOUT_EVENTS) }), "events"],
    [
      "an event that is no object",
      () => ({ events: { [Object.keys(LOGOUT_EVENTS)[0] ?? ""]: "yes" } }),
      "events",
    ],
    ["a nonce, as an ID token has it", () => ({ nonce: "n" }), "it has a nonce"],
    ["an empty nonce", () => ({ nonce: "" }), "it has a nonce"],
    ["neither sub nor sid", () => ({ sub: undefined, sid: undefined }), "it has neither sub nor sid"],
    ["an empty sub", () => ({ sub: "" }), "sub"],
    ["a sid that is no text", () => ({ sid: 7 }), "sid"],
  ];

  it.each(claimTable)("%s", async (_, changes, reason) => {
    const person = await signIn();
    const before = await audit();
    const claims = claimsOf({ sub: "ada", jti: "the-same", ...changes() });
    await refused(await send(claims), reason);
    expect(await audit()).toEqual(before);
    expect(await isSignedIn(person)).toBe(true);
    // It has not used up the name of the sound one either.
    expect((await send({ sub: "ada", jti: "the-same" })).status).toBe(200);
  });

  const typ = "its typ is that of another kind";
  it.each<[string, Changes, string]>([
    ["the typ of an access token", { typ: "at+jwt" }, typ],
    ["the typ of another kind", { typ: "secevent+jwt" }, typ],
    ["alg none", { alg: "none" }, "not accepted"],
    ["an alg with a shared secret", { alg: "HS256" }, "not accepted"],
    ["a key that the provider does not publish", { kid: "unknown" }, "is unknown"],
  ])("%s", async (_, header, reason) => {
    const person = await signIn();
    const sound = await provider.sign(claimsOf({ sub: "ada" }));
    const [, payload, signature] = sound.split(".");
    const whole = { alg: "ES256", kid: "key-1", ...header };
    const forged = `${Buffer.from(JSON.stringify(whole)).toString("base64url")}.${payload}.${signature}`;
    const token = "alg" in header ? forged : await provider.sign(claimsOf({ sub: "ada" }), header);
    await refused(await post(token), reason);
    expect(await isSignedIn(person)).toBe(true);
  });

  it.each(["logout+jwt", "JWT", undefined])("but not for the typ %j", async (type) => {
    const person = await signIn();
    const token = await provider.sign(claimsOf({ sub: "ada" }), { typ: type });
    expect((await post(token)).status).toBe(200);
    expect(await isSignedIn(person)).toBe(false);
  });

  it("another key under the name of the right one", async () => {
    const person = await signIn();
    const { privateKey } = await generateKeyPair("ES256");
    await refused(
      await post(await provider.sign(claimsOf({ sub: "ada" }), {}, privateKey)),
      "signature is wrong",
    );
    expect(await isSignedIn(person)).toBe(true);
  });

  it("a claim that was changed on the way", async () => {
    const person = await signIn();
    const [header, , signature] = (await provider.sign(claimsOf({ sub: "grace" }))).split(".");
    const payload = Buffer.from(JSON.stringify(claimsOf({ sub: "ada" }))).toString("base64url");
    await refused(await post(`${header}.${payload}.${signature}`), "signature is wrong");
    expect(await isSignedIn(person)).toBe(true);
  });

  it("the ID token of the person, who signs in with it", async () => {
    const person = await signIn();
    const idToken = await provider.sign({ ...claimsOf({ sub: "ada" }), events: undefined, nonce: "n" });
    await refused(await post(idToken), "events");
    expect(await isSignedIn(person)).toBe(true);
  });

  it("a token that was used before: the sessions of later stay", async () => {
    await signIn();
    const token = await provider.sign(claimsOf({ sub: "ada" }));
    expect((await post(token)).status).toBe(200);
    const later = await signIn({ sid: "session-2" });
    await refused(await post(token), "it was used before");
    expect(await isSignedIn(later)).toBe(true);
    // Also at the end of its life.
    server.advance(100);
    await refused(await post(token), "it was used before");
  });

  it("a token without the claim that tells people apart, and without sid", async () => {
    await start({ subject: "uid" });
    const person = await signIn({ uid: "00u1" });
    await refused(await send({ sub: "ada" }), "it has neither sid nor uid");
    expect(await isSignedIn(person)).toBe(true);
    expect((await send({ sub: "ada", uid: "00u1" })).status).toBe(200);
    expect(await isSignedIn(person)).toBe(false);
  });

  it.each([
    ["uid", { uid: 42 }],
    ["user.id", { user: { id: 42 } }],
  ])("but not a claim that is a number, or in another: %s", async (subject, claims) => {
    await start({ subject });
    const person = await signIn(claims);
    expect((await send({ sub: "ada", ...claims })).status).toBe(200);
    expect(await isSignedIn(person)).toBe(false);
  });

  it.each(["", "x", "a.b.c", "a".repeat(5000)])("what is no token: %j", async (token) => {
    await refused(await post(token), "");
  });

  it("no token at all, one that is repeated, or one by GET", async () => {
    expect((await postForm(server, "/oauth/logout/oidc", {})).status).toBe(400);
    const token = await provider.sign(claimsOf({ sub: "ada" }));
    const twice = new Request("https://mcp.example/oauth/logout/oidc", {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: `logout_token=${token}&logout_token=${token}`,
    });
    expect((await server.fetch(twice)).status).toBe(400);
    const get = new Request(`https://mcp.example/oauth/logout/oidc?logout_token=${token}`);
    expect((await server.fetch(get)).status).toBe(405);
  });

  it("a provider whose keys can't be had: 503, and the same token does later", async () => {
    provider.say({ statuses: { "/jwks": 500 } });
    const token = await provider.sign(claimsOf({ sub: "ada" }));
    const response = await post(token);
    expect(response.status).toBe(503);
    expect(response.headers.get("retry-after")).toBe("60");
    provider.say({ statuses: {} });
    server.advance(60);
    expect((await post(token)).status).toBe(200);
  });
});

const post = (token: string) => postForm(server, "/oauth/logout/oidc", { logout_token: token });

/** @param reason for the log alone */
async function refused(response: Response, reason: string): Promise<void> {
  expect(response.status).toBe(400);
  expect(response.headers.get("cache-control")).toBe("no-store");
  const body = await response.json();
  expect(body).toMatchObject({ error: "invalid_request" });
  const line = server.lines.findLast(({ name }) => name === "request.refused");
  expect(String(line?.fields.reason)).toContain(reason);
  expect(JSON.stringify(body)).not.toContain("wrong");
}

it("a logout token of one provider ends nothing of another, though the subjects are equal", async () => {
  const other = await startIdentityDouble({ claims: { sid: "session-1" } });
  const credentials = { clientId: CLIENT_ID, clientSecret: CLIENT_SECRET };
  server = await startSignInServer(
    [
      oidc({ issuer: provider.issuer, ...credentials }),
      oidc({ issuer: other.issuer, name: "other", endGrants: true, ...credentials }),
    ],
    network,
  );
  const person = await signIn();
  const { access_token } = await connect(person);
  const there = logoutOf(other, () => server, "other");
  expect((await there.send({ sub: "ada", sid: "session-1" })).status).toBe(200);
  await refused(
    await postForm(server, "/oauth/logout/other", {
      logout_token: await provider.sign(claimsOf({ sub: "ada" })),
    }),
    "",
  );
  expect(await isSignedIn(person)).toBe(true);
  expect((await callTool(server, access_token)).status).toBe(200);
});
