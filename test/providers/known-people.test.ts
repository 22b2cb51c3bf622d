import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { oidc } from "../../src/authorization-server/sign-in/index.ts";
import type { Identity } from "../../src/core/identity.ts";
import type { Person } from "../../src/core/person.ts";
import type { ProviderOptions } from "../../src/index.ts";
import { callTool, codeOf, connect, redeem, tokensOf } from "../support/client.ts";
import { SECRET } from "../support/forge.ts";
import { AUDIENCE, type Issuer, startIssuer } from "../support/issuer.ts";
import { textOf } from "../support/mcp-endpoint.ts";
import { signedIn } from "../support/people.ts";
import { decide, stateOf } from "../support/person.ts";
import { closeServers, startServer, type TestServer, type TestServerParts } from "../support/server.ts";
import { CLIENT_ID, CLIENT_SECRET, startIdentityDouble } from "../support/sign-in/identity-double.ts";
import { signInAt } from "../support/sign-in/journey.ts";
import { openNetwork } from "../support/sign-in/network.ts";
import { sampleEntry } from "../support/store/samples.ts";
import { WAYS } from "../support/ways.ts";

// Whom a provider's token is about, where the server has people of its own; and that a person who was put out stays out.

const NOW = Date.UTC(2026, 10, 1);
const ALIAS = "https://alias.example/";

let issuer: Issuer;
let server: TestServer;
beforeEach(async () => {
  issuer = await startIssuer(() => NOW);
});
afterEach(async () => {
  await closeServers();
  await issuer.close();
});

async function start(options: Partial<ProviderOptions> = {}, parts: TestServerParts = {}): Promise<void> {
  server = await startServer(
    { secret: SECRET },
    { alsoAccept: { issuer: issuer.url, audience: AUDIENCE, personPrefix: "okta:", ...options }, ...parts },
  );
}

/** The first sign-in of somebody here, through the provider unless said. */
const comesHere = (person: Person, identity: Partial<Identity> = {}) =>
  signedIn(server.store, {
    person,
    identity: { method: "oidc", issuer: issuer.url, subject: person.id, ...identity },
    now: server.now(),
  });
const disable = (id: string) =>
  server.store.disablePerson(id, server.now(), sampleEntry("person.disabled", { fields: { person: id } }));
const enable = (id: string) => server.store.enablePerson(id, sampleEntry("person.enabled"));

const statusOf = async (token: string) => (await callTool(server, token)).status;
/** The person whom tools get. */
const personOf = async (token: string): Promise<unknown> => {
  const answer = await callTool(server, token);
  expect(answer.status).toBe(200);
  return JSON.parse((await textOf(answer)) ?? "").person;
};
const mint = (claims: Readonly<Record<string, unknown>> = {}) => issuer.mint({ sub: "00u1", ...claims });

describe("the person of a provider's token", () => {
  it("is whom an identity of its issuer and subject proves: the id and the profile are theirs", async () => {
    await start();
    await comesHere({ id: "ada", name: "Ada Lovelace", role: "admin" }, { subject: "00u1" });
    const token = await mint({ name: "Somebody", email: "ada@okta.example", role: "none" });
    expect(await personOf(token)).toEqual({
      id: "ada",
      name: "Ada Lovelace",
      role: "admin",
      // What nobody knows here, the token may add, as it does for those who are not known.
      email: "ada@okta.example",
    });
  });

  it("is found by whatever method they signed in, and by a subject that is a number", async () => {
    await start();
    await comesHere({ id: "ada" }, { method: "something new", subject: "42" });
    expect(await personOf(await mint({ sub: 42 }))).toEqual({ id: "ada" });
  });

  it.each(WAYS)("is found %s", async (way) => {
    const claims = { iss: issuer.url, aud: AUDIENCE, sub: "00u1", client_id: "client", scope: "mcp" };
    const said = { active: true, ...claims, exp: NOW / 1000 + 600 };
    await start({
      ...(way === "by introspection" && { introspection: { clientId: "rs", clientSecret: "s+cret" } }),
      ...(way === "by verify" && { verify: (token: string) => (token === "opaque" ? said : undefined) }),
    });
    issuer.opaque.set("opaque", said);
    await comesHere({ id: "ada" }, { subject: "00u1" });
    const token = way === "as a JWT" ? await mint() : "opaque";
    expect(await personOf(token)).toEqual({ id: "ada" });
    await disable("ada");
    server.guard.invalidatePerson("ada");
    expect(await statusOf(token)).toBe(403);
  });

  it.each([
    ["the token has another spelling of the issuer", () => issuer.url, () => ALIAS],
    ["the identity has it", () => ALIAS, () => issuer.url],
  ])("is found where %s", async (_where, identityIssuer, tokenIssuer) => {
    await start({ issuerAliases: [ALIAS] });
    await comesHere({ id: "ada" }, { issuer: identityIssuer(), subject: "00u1" });
    expect(await personOf(await mint({ iss: tokenIssuer() }))).toEqual({ id: "ada" });
  });

  it.each<[string, Partial<Identity>]>([
    ["another issuer's", { issuer: "https://other.example", subject: "00u1" }],
    ["our own", { method: "users", issuer: "", subject: "00u1" }],
    ["one with the prefix before it", { subject: "okta:00u1" }],
    ["one in another case", { subject: "00U1" }],
  ])("is who the prefix says where the equal subject is %s", async (_whose, identity) => {
    await start();
    await comesHere({ id: "ada", name: "Ada" }, identity);
    expect(await personOf(await mint({ name: "Somebody" }))).toEqual({ id: "okta:00u1", name: "Somebody" });
  });

  it("takes nothing from somebody who has only the same id: anyone may have chosen it", async () => {
    await start();
    const profile = { name: "Somebody", email: "mallory@example.com", role: "admin" };
    await comesHere({ id: "okta:00u1", ...profile }, { method: "users", issuer: "", subject: "okta:00u1" });
    expect(await personOf(await mint({ name: "Ada" }))).toEqual({ id: "okta:00u1", name: "Ada" });
    await start({ samePeople: true, personPrefix: undefined });
    await comesHere({ id: "00u1", ...profile }, { method: "users", issuer: "", subject: "00u1" });
    expect(await personOf(await mint({ name: "Ada" }))).toEqual({ id: "00u1", name: "Ada" });
  });

  it("has the profile that is kept also where the id is the one that the prefix makes", async () => {
    await start();
    await comesHere({ id: "okta:00u1", role: "admin" }, { subject: "00u1" });
    expect(await personOf(await mint())).toEqual({ id: "okta:00u1", role: "admin" });
  });

  it("is found by the claim of subjects alone, whatever claim the id is from", async () => {
    await start({ claims: { person: "login" } });
    await comesHere({ id: "ada" }, { subject: "00u1" });
    expect(await personOf(await mint({ login: "lovelace" }))).toEqual({ id: "ada" });
    // A login that somebody chose, and that is the subject of somebody else.
    expect(await personOf(await mint({ sub: "666", login: "00u1" }))).toEqual({ id: "okta:00u1" });
    expect(await personOf(await mint({ sub: undefined, login: "00u1" }))).toEqual({ id: "okta:00u1" });
  });

  it("is found by the claim that the options name as the subject", async () => {
    await start({ claims: { subject: "oid" } });
    await comesHere({ id: "ada" }, { subject: "00u1" });
    expect(await personOf(await mint({ sub: "pairwise", oid: "00u1" }))).toEqual({ id: "ada" });
    expect(await personOf(await mint({ sub: "00u1", oid: "other" }))).toEqual({ id: "okta:00u1" });
    expect(await personOf(await mint({ sub: "00u1" }))).toEqual({ id: "okta:00u1" });
  });

  it("may be someone whose id begins with another provider's prefix: it is theirs", async () => {
    const other = await startIssuer(() => NOW);
    server = await startServer(
      { secret: SECRET },
      {
        alsoAccept: [
          { issuer: issuer.url, audience: AUDIENCE, personPrefix: "okta:" },
          { issuer: other.url, audience: AUDIENCE, personPrefix: "corp:" },
        ],
      },
    );
    await comesHere({ id: "okta:00u1" }, { subject: "00u1" });
    await server.store.addIdentity(
      {
        method: "oidc",
        issuer: other.url,
        subject: "7",
        personId: "okta:00u1",
        label: "7",
        now: server.now(),
      },
      sampleEntry("identity.linked"),
    );
    expect(await personOf(await other.mint({ sub: "7" }))).toEqual({ id: "okta:00u1" });
    expect(await personOf(await other.mint({ sub: "00u1" }))).toEqual({ id: "corp:00u1" });
    await other.close();
  });
});

describe("a person who is disabled", () => {
  it("has no use of a provider's token: 403 that says why, and no way to another one", async () => {
    await start();
    await disable("okta:00u1");
    const answer = await callTool(server, await mint());
    expect(answer.status).toBe(403);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    const challenge = answer.headers.get("www-authenticate");
    expect(challenge).toContain('error="access_denied"');
    // With either, clients would send the person to sign in, and be answered the same again.
    expect(challenge).not.toMatch(/scope=|insufficient_scope|invalid_token/);
    expect(await answer.json()).toEqual({
      error: "access_denied",
      error_description: "The operator of this server disabled this person. Connecting again does not help.",
    });
    const [line] = server.lines.filter(({ name }) => name === "guard.refused");
    expect(line?.fields).toEqual({
      reason: "the person is disabled",
      issuer: issuer.url,
      client: "client",
      person: "okta:00u1",
    });
    expect(await statusOf(await mint({ sub: "00u2" }))).toBe(200);
    await enable("okta:00u1");
    expect(await statusOf(await mint())).toBe(200);
  });

  it.each([
    ["ada", "under the id here"],
    ["okta:00u1", "under the id that the provider's options make, whoever the person is here"],
  ])("is refused as %s: %s", async (id) => {
    await start();
    await comesHere({ id: "ada" }, { subject: "00u1" });
    const token = await mint();
    expect(await statusOf(token)).toBe(200);
    await disable(id);
    server.guard.invalidatePerson(id);
    expect(await statusOf(token)).toBe(403);
    await enable(id);
    expect(await statusOf(token)).toBe(200);
  });

  it("is refused where an equal id is the same person", async () => {
    await start({ samePeople: true, personPrefix: undefined });
    await comesHere({ id: "00u1" }, { method: "password", issuer: "", subject: "00u1" });
    await disable("00u1");
    expect(await statusOf(await mint())).toBe(403);
  });

  it("is refused under either of two people whom two methods made of one account", async () => {
    await start();
    await comesHere({ id: "ada" }, { method: "oidc", subject: "00u1" });
    await comesHere({ id: "grace" }, { method: "saml", subject: "00u1" });
    await disable("grace");
    expect(await statusOf(await mint())).toBe(403);
  });

  it("is refused where the token names no subject, only an id", async () => {
    await start({ claims: { person: "login" } });
    await disable("okta:lovelace");
    expect(await statusOf(await mint({ sub: undefined, login: "lovelace" }))).toBe(403);
  });

  it("stays out after a link, also with tokens that were verified before it", async () => {
    await start();
    const token = await mint();
    expect(await personOf(token)).toEqual({ id: "okta:00u1" });
    // Their first sign-in here announces nothing; that they are disabled must reach the token all the same.
    await comesHere({ id: "x7" }, { subject: "00u1" });
    await disable("x7");
    server.guard.invalidatePerson("x7");
    expect(await statusOf(token)).toBe(403);
  });
});

describe("an id of our own that begins with a provider's prefix", () => {
  const own = async () => {
    await start({}, { checkUser: () => ({ id: "okta:00u1" }) });
    await comesHere({ id: "okta:00u1" }, { method: "password", issuer: "", subject: "okta:00u1" });
    return (await connect(server)).access_token;
  };
  const link = (identity: Partial<Identity>) =>
    server.store.addIdentity(
      {
        method: "oidc",
        issuer: issuer.url,
        subject: "00u1",
        personId: "okta:00u1",
        label: "ada",
        now: server.now(),
        ...identity,
      },
      sampleEntry("identity.linked"),
    );

  it.each<[string, Partial<Identity> | undefined]>([
    ["nothing proves it", undefined],
    ["they are another person of the provider", { subject: "666" }],
    ["they are that subject of another issuer", { issuer: "https://other.example" }],
  ])("is refused where %s", async (_why, identity) => {
    const token = await own();
    if (identity) await link(identity);
    expect(await statusOf(token)).toBe(401);
    expect(server.lines.at(-1)?.fields.reason).toBe(
      'the person\'s id begins with "okta:", which is the personPrefix of another provider',
    );
  });

  it("is theirs where they signed in through that provider as that person", async () => {
    const token = await own();
    await link({});
    expect(await personOf(token)).toMatchObject({ id: "okta:00u1" });
  });

  it("is theirs where personId made it of the claim that the provider's ids are made of", async () => {
    const network = openNetwork();
    const provider = await startIdentityDouble({ claims: { sub: "00u1", login: "ada@acme.example" } });
    const okta = oidc({
      issuer: provider.issuer,
      clientId: CLIENT_ID,
      clientSecret: CLIENT_SECRET,
      personId: ({ login }) => `okta:${login}`,
    });
    const claims = { person: "login" };
    const accepted = { issuer: provider.issuer, audience: AUDIENCE, personPrefix: "okta:", claims };
    const parts = { signIn: [okta], admit: "anyone", fetch: network.fetch, alsoAccept: accepted } as const;
    server = await startServer({ secret: SECRET }, parts);
    server.advance(Math.floor((Date.now() - server.now()) / 1000));
    const { response, browser, clientId, verifier } = await signInAt(server, "oidc", network);
    const approved = await decide(browser, stateOf(response.headers.get("location")), "approve", ["mcp"]);
    const code = codeOf(approved.headers.get("location"));
    const { access_token } = await tokensOf(redeem(server, clientId, { verifier, code }));
    expect(await personOf(access_token)).toMatchObject({ id: "okta:ada@acme.example" });
  });

  it("is not theirs where checkUser said it, whatever they linked", async () => {
    await start({ claims: { person: "login" } }, { checkUser: () => ({ id: "okta:00u1" }) });
    await comesHere({ id: "okta:00u1" }, { method: "password", issuer: "", subject: "okta:00u1" });
    const token = (await connect(server)).access_token;
    await link({ subject: "666" });
    expect(await statusOf(token)).toBe(401);
  });
});
