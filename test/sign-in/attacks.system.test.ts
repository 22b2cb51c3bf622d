import { createHmac } from "node:crypto";
import { generateKeyPair } from "jose";
import { beforeEach, describe, expect, it } from "vitest";
import { oidc } from "../../src/authorization-server/sign-in/index.ts";
import { SECRET } from "../support/forge.ts";
import { openBrowser } from "../support/person.ts";
import type { TestServer } from "../support/server.ts";
import {
  type Changes,
  CLIENT_ID,
  CLIENT_SECRET,
  type IdentityDouble,
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

const credentials = { clientId: CLIENT_ID, clientSecret: CLIENT_SECRET };

let one: IdentityDouble;
let other: IdentityDouble;
let network: Network;
let server: TestServer;

beforeEach(async () => {
  network = openNetwork();
  [one, other] = await Promise.all([startIdentityDouble(), startIdentityDouble()]);
  server = await startSignInServer(
    [
      oidc({ issuer: one.issuer, name: "one", label: "One", ...credentials }),
      oidc({ issuer: other.issuer, name: "other", label: "Other", ...credentials }),
    ],
    network,
  );
});

it("an answer is not used up by a browser that loads it in advance", async () => {
  const begun = await goToProvider(server, "one");
  const callback = await signInThere(begun, network);
  const early = await begun.browser.request(callback.href, { headers: { "sec-purpose": "prefetch" } });
  expect(leadsTo(early)).toBe("page 503");
  await nothingWritten();
  expect(one.exchanges).toEqual([]);
  expect(leadsTo(await begun.browser.request(callback.href))).toBe("/oauth/consent");
});

/** Nobody is known, and nothing of a sign-in is there. */
async function nothingWritten(): Promise<void> {
  expect(await server.store.listPeople({ now: server.now(), limit: 10 })).toEqual([]);
  expect(server.lines.filter(({ name }) => name === "sign_in.ok")).toEqual([]);
}

const identityAt = ({ issuer }: IdentityDouble, subject: string) => ({ method: "oidc", issuer, subject });

describe("an answer that is not for this browser's sign-in ends on a page", () => {
  it("in another browser, which has not begun one (login CSRF, RFC 6749 §10.12)", async () => {
    const callback = await signInThere(await goToProvider(server, "one"), network);
    const victim = openBrowser(server);
    const response = await victim.request(callback.href);
    expect(leadsTo(response)).toBe("page 400");
    expect(await response.text()).toContain("started in another browser");
    expect(reasonIn(server)).toMatch(/^no cookie for it/);
    await nothingWritten();
    expect(one.exchanges).toEqual([]);
  });

  it("in another browser, which has one of its own under way", async () => {
    const callback = await signInThere(await goToProvider(server, "one"), network);
    const victim = await goToProvider(server, "one");
    expect(leadsTo(await victim.browser.request(callback.href))).toBe("page 400");
    await nothingWritten();
  });

  it("in another browser, into which the sign-in's cookie was planted: the request is bound to its own", async () => {
    const begun = await goToProvider(server, "one");
    const callback = await signInThere(begun, network);
    const planted = begun.browser.cookie().match(/__Host-gatehouse-sign-in-[^;]+/)?.[0] ?? "";
    const response = await openBrowser(server).request(callback.href, { headers: { cookie: planted } });
    expect(leadsTo(response)).toBe("page 400");
    expect(reasonIn(server)).toBe("no cookie for it");
    await nothingWritten();
  });

  it("a state that is swapped for that of another sign-in of the same browser: its nonce and verifier are others", async () => {
    const first = await goToProvider(server, "one");
    const second = await goToProvider(server, "one", { browser: first.browser });
    const callback = await signInThere(first, network);
    callback.searchParams.set("state", second.providerUrl.searchParams.get("state") ?? "");
    const response = await first.browser.request(callback.href);
    expect(leadsTo(response)).toBe("/oauth/login one wrong_answer");
    expect(reasonIn(server)).toContain("invalid_grant");
    await nothingWritten();
  });

  it.each(["", "x", "a".repeat(43), `${"a".repeat(42)}%`, "../../.."])(
    "a state that is made up: %j",
    async (state) => {
      const { browser } = await goToProvider(server, "one");
      const response = await browser.request(
        `/oauth/callback/one?${new URLSearchParams({ code: "c", state })}`,
      );
      expect(leadsTo(response)).toBe("page 400");
      await nothingWritten();
    },
  );

  it("a state whose beginning is right, as a program knows it that sees the cookie's name", async () => {
    const begun = await goToProvider(server, "one");
    const callback = await signInThere(begun, network);
    const state = callback.searchParams.get("state") ?? "";
    callback.searchParams.set("state", state.slice(0, 8) + "a".repeat(35));
    expect(leadsTo(await begun.browser.request(callback.href))).toBe("page 400");
    // The sign-in of the person is not over with it.
    callback.searchParams.set("state", state);
    expect(leadsTo(await begun.browser.request(callback.href))).toBe("/oauth/consent");
  });

  it("that is sent twice: the cookie has gone, and the provider takes a code once", async () => {
    const begun = await goToProvider(server, "one");
    const callback = await signInThere(begun, network);
    const cookie = begun.browser.cookie();
    expect(leadsTo(await begun.browser.request(callback.href))).toBe("/oauth/consent");
    expect(leadsTo(await begun.browser.request(callback.href))).toBe("page 400");
    const replayed = await begun.browser.request(callback.href, { headers: { cookie } });
    expect(leadsTo(replayed)).toBe("/oauth/login one wrong_answer");
  });

  it("that comes after ten minutes", async () => {
    const begun = await goToProvider(server, "one");
    const callback = await signInThere(begun, network);
    server.advance(10 * 60);
    expect(leadsTo(await begun.browser.request(callback.href))).toBe("page 400");
    expect(reasonIn(server)).toBe("over time");
    await nothingWritten();
  });

  it("at another server of the same secret, with all that the browser has", async () => {
    const methods = [oidc({ issuer: one.issuer, name: "one", ...credentials })];
    const here = await startSignInServer(methods, network, { secret: SECRET });
    const there = await startSignInServer(methods, network, {
      secret: SECRET,
      publicUrl: "https://other.example",
    });
    const begun = await goToProvider(here, "one");
    const callback = await signInThere(begun, network);
    callback.host = "other.example";
    const headers = { cookie: begun.browser.cookie() };
    expect(leadsTo(await openBrowser(there).request(callback.href, { headers }))).toBe("page 400");
    expect(reasonIn(there)).toBe("its cookie is for another state");
    expect(one.exchanges).toEqual([]);
  });

  it.each(["state", "code", "iss"])("with %s twice", async (name) => {
    const begun = await goToProvider(server, "one");
    const callback = await signInThere(begun, network);
    callback.searchParams.append(name, "x");
    expect(leadsTo(await begun.browser.request(callback.href))).toBe("page 400");
    await nothingWritten();
  });
});

describe("two providers are not mixed up (RFC 9700 §4.4)", () => {
  it("an answer at the other's callback", async () => {
    const begun = await goToProvider(server, "one");
    const callback = await signInThere(begun, network);
    callback.pathname = "/oauth/callback/other";
    expect(leadsTo(await begun.browser.request(callback.href))).toBe("page 400");
    expect(reasonIn(server)).toBe("it began with one, and came back to other");
    expect(other.exchanges).toEqual([]);
    await nothingWritten();
  });

  it("an answer whose iss is the other one's (RFC 9207): no code goes anywhere", async () => {
    one.say({ answer: { iss: other.issuer } });
    const { response } = await signInAt(server, "one", network);
    expect(leadsTo(response)).toBe("/oauth/login one wrong_answer");
    expect(one.exchanges).toEqual([]);
    await nothingWritten();
  });

  it("an answer without iss, where the provider says that it sends one", async () => {
    one.say({
      metadata: { authorization_response_iss_parameter_supported: true },
      answer: { iss: undefined },
    });
    const { response } = await signInAt(server, "one", network);
    expect(leadsTo(response)).toBe("/oauth/login one wrong_answer");
    await nothingWritten();
  });

  it("equal subjects of two providers are two people", async () => {
    await signInAt(server, "one", network);
    await signInAt(server, "other", network);
    const people = await server.store.listPeople({ now: server.now(), limit: 10 });
    expect(new Set(people.map(({ person }) => person.id)).size).toBe(2);
  });
});

describe("an ID token that proves no one (OpenID Connect Core 1.0 §3.1.3.7)", () => {
  const seconds = Math.floor(Date.now() / 1000);
  it.each<[string, Changes]>([
    ["of another issuer", { iss: "https://elsewhere.example" }],
    ["without an issuer", { iss: undefined }],
    ["for another client", { aud: "another" }],
    ["for us and another, issued to that one", { aud: [CLIENT_ID, "another"], azp: "another" }],
    ["for us, issued to another", { azp: "another" }],
    ["for us and another, issued to no one", { aud: [CLIENT_ID, "another"] }],
    ["with another nonce", { nonce: "another" }],
    ["without a nonce", { nonce: undefined }],
    ["that has expired", { exp: seconds - 3600 }],
    ["that never expires", { exp: undefined }],
    ["that is not valid yet", { nbf: seconds + 3600 }],
    ["without a subject", { sub: undefined }],
    ["with an empty subject", { sub: "" }],
    ["with a subject that is a number", { sub: 2 ** 53 }],
  ])("%s", async (_, claims) => {
    one.say({ claims });
    const { response } = await signInAt(server, "one", network);
    expect(leadsTo(response)).toBe("/oauth/login one wrong_answer");
    await nothingWritten();
  });

  it("that is missing", async () => {
    one.say({ idToken: () => undefined as unknown as string });
    expect(leadsTo((await signInAt(server, "one", network)).response)).toBe("/oauth/login one wrong_answer");
    await nothingWritten();
  });

  const unsigned = (alg: string, claims: Changes, sign: (input: string) => string): string => {
    const encoded = [{ alg }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"));
    return `${encoded.join(".")}.${sign(encoded.join("."))}`;
  };

  it.each(["none", "None", "HS256"])("with alg %s, also where the metadata name it", async (alg) => {
    const mac = (input: string) => createHmac("sha256", CLIENT_SECRET).update(input).digest("base64url");
    one.say({
      metadata: { id_token_signing_alg_values_supported: [alg, "ES256"] },
      idToken: (claims) => unsigned(alg, claims, alg === "HS256" ? mac : () => ""),
    });
    const { response } = await signInAt(server, "one", network);
    expect(leadsTo(response)).toBe("/oauth/login one wrong_answer");
    await nothingWritten();
  });

  it("signed by another key under the name of the right one", async () => {
    const { privateKey } = await generateKeyPair("ES256");
    one.say({ idToken: (claims) => one.sign(claims, {}, privateKey) });
    expect(leadsTo((await signInAt(server, "one", network)).response)).toBe("/oauth/login one wrong_answer");
    expect(reasonIn(server)).toBe("the ID token's signature is wrong");
    await nothingWritten();
  });

  it("signed by a key that the provider does not publish", async () => {
    one.say({ header: { kid: "unknown" } });
    expect(leadsTo((await signInAt(server, "one", network)).response)).toBe("/oauth/login one wrong_answer");
    expect(reasonIn(server)).toBe(`the ID token's kid "unknown" is unknown`);
    await nothingWritten();
  });

  it.each(["at+jwt", "application/at+jwt", "logout+jwt", "secevent+jwt"])(
    "of another kind: %s",
    async (typ) => {
      one.say({ header: { typ } });
      expect(leadsTo((await signInAt(server, "one", network)).response)).toBe(
        "/oauth/login one wrong_answer",
      );
      expect(reasonIn(server)).toBe(`the ID token's typ "${typ}" is that of another kind`);
      await nothingWritten();
    },
  );

  it.each(["JWT", "jwt", "application/jwt", undefined])("but %s is its own", async (typ) => {
    one.say({ header: { typ } });
    expect(leadsTo((await signInAt(server, "one", network)).response)).toBe("/oauth/consent");
  });

  it("of another provider, that this one passes on", async () => {
    one.say({ idToken: (claims) => other.sign({ ...claims, iss: other.issuer }) });
    expect(leadsTo((await signInAt(server, "one", network)).response)).toBe("/oauth/login one wrong_answer");
    await nothingWritten();
  });
});

describe("userinfo", () => {
  it("of another person adds nothing to this one, and ends the sign-in (OpenID Connect Core 1.0 §5.3.2)", async () => {
    one.say({ userinfo: { sub: "grace", email: "grace@example.com", email_verified: true } });
    const { response } = await signInAt(server, "one", network);
    expect(leadsTo(response)).toBe("/oauth/login one wrong_answer");
    expect(reasonIn(server)).toMatch(/"sub"/);
    await nothingWritten();
  });

  it("does not verify the address that the ID token says", async () => {
    one.say({
      claims: { email: "victim@example.com" },
      userinfo: { email: "ada@example.com", email_verified: true },
    });
    await signInAt(server, "one", network);
    const [person] = await server.store.listPeople({ now: server.now(), limit: 10 });
    expect(person?.emails).toEqual(["ada@example.com"]);
  });
});

describe("an address that is not verified", () => {
  it.each([false, "false", undefined, 1, "yes", null])("email_verified: %j", async (verified) => {
    one.say({ claims: { email: "victim@example.com", email_verified: verified } });
    await signInAt(server, "one", network);
    const [record] = await server.store.listPeople({ now: server.now(), limit: 10 });
    expect(record?.emails).toEqual([]);
    expect(JSON.stringify(record)).not.toContain("victim");
  });

  it("of an existing person is nothing to another provider's person, and neither is one that is verified", async () => {
    one.say({ claims: { sub: "victim", email: "victim@example.com", email_verified: true } });
    await signInAt(server, "one", network);
    const [victim] = await server.store.listPeople({ now: server.now(), limit: 10 });
    for (const email_verified of [false, true]) {
      other.say({ claims: { sub: `thief ${email_verified}`, email: "victim@example.com", email_verified } });
      expect(leadsTo((await signInAt(server, "other", network)).response)).toBe("/oauth/consent");
    }
    expect(await server.store.listPeople({ now: server.now(), limit: 10 })).toHaveLength(3);
    expect(await server.store.listIdentities(victim?.person.id ?? "")).toMatchObject([{ subject: "victim" }]);
  });

  it("is not the id of the person who has it, where ids are addresses", async () => {
    const personId = (claims: Readonly<Record<string, unknown>>) => String(claims.email ?? claims.sub);
    const methods = [
      oidc({ issuer: one.issuer, name: "one", personId, ...credentials }),
      oidc({ issuer: other.issuer, name: "other", personId, ...credentials }),
    ];
    server = await startSignInServer(methods, network);
    one.say({ claims: { email: "victim@example.com", email_verified: true } });
    await signInAt(server, "one", network);
    other.say({ claims: { sub: "thief", email: "victim@example.com", email_verified: false } });
    expect(leadsTo((await signInAt(server, "other", network)).response)).toBe("/oauth/consent");
    expect((await server.store.findByIdentity(identityAt(other, "thief")))?.person.id).toBe("thief");
    // And with the address verified there too, it is somebody else's id.
    other.say({ claims: { sub: "second", email: "victim@example.com", email_verified: true } });
    expect(leadsTo((await signInAt(server, "other", network)).response)).toBe("page 403");
    expect(await server.store.listIdentities("victim@example.com")).toMatchObject([{ subject: "ada" }]);
  });

  it("reaches neither personId nor the lists of who may come in", async () => {
    const seen: unknown[] = [];
    const personId = (claims: Readonly<Record<string, unknown>>) => {
      seen.push(claims);
      return String(claims.email ?? claims.sub);
    };
    const double = await startIdentityDouble({
      claims: { email: "victim@example.com", email_verified: false },
    });
    const here = await startSignInServer(
      [oidc({ issuer: double.issuer, personId, ...credentials })],
      network,
    );
    await signInAt(here, "oidc", network);
    expect(JSON.stringify(seen)).not.toContain("victim");
    expect(await here.store.findPerson("victim@example.com")).toBeUndefined();
    expect(await here.store.findPerson("ada")).toBeDefined();
  });
});

describe("an id that personId says", () => {
  it("and that someone else has is refused: nothing is written", async () => {
    const personId = () => "the-boss";
    const boss = oidc({ issuer: one.issuer, name: "one", personId, ...credentials });
    const thief = oidc({ issuer: other.issuer, name: "other", personId, ...credentials });
    const here = await startSignInServer([boss, thief], network);
    expect(leadsTo((await signInAt(here, "one", network)).response)).toBe("/oauth/consent");
    const { response } = await signInAt(here, "other", network);
    expect(leadsTo(response)).toBe("page 403");
    expect(await here.store.listIdentities("the-boss")).toMatchObject([{ issuer: one.issuer }]);
  });

  it.each<[string, () => unknown]>([
    ["nothing", () => undefined],
    ["an empty text", () => ""],
    ["a number", () => 7],
    ["a promise", async () => "ada"],
    ["a text that is too long", () => "a".repeat(256)],
    [
      "an error",
      () => {
        throw new Error("no id");
      },
    ],
  ])("is refused where it is %s: no other id takes its place", async (_, personId) => {
    const method = oidc({ issuer: one.issuer, personId: personId as () => string, ...credentials });
    server = await startSignInServer([method], network);
    expect(leadsTo((await signInAt(server, "oidc", network)).response)).toBe(
      "/oauth/login oidc unusable_account",
    );
    await nothingWritten();
  });
});

describe("a provider that names URLs to which secrets must not go", () => {
  it.each([
    ["authorization_endpoint", "http://idp.example/authorize"],
    ["token_endpoint", "http://idp.example/token"],
    ["token_endpoint", "https://user:password@idp.example/token"],
    ["userinfo_endpoint", "http://idp.example/userinfo"],
    ["jwks_uri", "http://10.0.0.7/jwks"],
    ["jwks_uri", "file:///etc/passwd"],
  ])("%s %s: nothing is asked there", async (name, url) => {
    one.say({ metadata: { [name]: url } });
    const { browser, state, providerUrl } = await goToProvider(server, "one");
    const isAway = providerUrl.pathname !== "/oauth/login";
    const response = isAway
      ? await browser.request((await signInThere({ providerUrl }, network)).href)
      : await browser.request(`/oauth/sign-in/one?${new URLSearchParams({ state })}`);
    expect(leadsTo(response)).toBe("/oauth/login one wrong_answer");
    expect(reasonIn(server)).toMatch(new RegExp(`its metadata names .* as ${name}, which is not an https`));
    expect(reasonIn(server)).not.toContain("password");
    expect(network.asked.filter((asked) => !asked.startsWith(one.issuer))).toEqual([]);
    await nothingWritten();
  });
});

describe("the way on", () => {
  it("is not for a link to say: nothing of it is taken from the query (open redirect)", async () => {
    const elsewhere = {
      redirect_uri: "https://evil.example",
      next: "//evil.example",
      return_to: "https://evil.example",
    };
    const { browser, state } = await goToProvider(server, "one");
    const begun = await browser.request(`/oauth/sign-in/one?${new URLSearchParams({ ...elsewhere, state })}`);
    const providerUrl = new URL(begun.headers.get("location") ?? "");
    expect(providerUrl.origin).toBe(one.issuer);
    expect(providerUrl.searchParams.get("redirect_uri")).toBe("https://mcp.example/oauth/callback/one");
    const callback = await signInThere({ providerUrl }, network);
    for (const [name, value] of Object.entries(elsewhere)) callback.searchParams.set(name, value);
    const response = await browser.request(callback.href);
    expect(new URL(response.headers.get("location") ?? "").origin).toBe("https://mcp.example");
  });

  it("to a provider is no page for those who have not begun: without a sealed request there is no redirect", async () => {
    for (const query of ["", "?state=", "?state=x"]) {
      const response = await openBrowser(server).request(`/oauth/sign-in/one${query}`);
      expect(leadsTo(response)).toBe("page 400");
    }
    const { state } = await goToProvider(server, "one");
    const response = await openBrowser(server).request(
      `/oauth/sign-in/one?${new URLSearchParams({ state })}`,
    );
    expect(leadsTo(response)).toBe("page 403");
  });
});

it("resource, which is for our own tokens, never goes to a provider", async () => {
  await signInAt(server, "one", network);
  expect(one.authorizations).toHaveLength(1);
  expect(one.exchanges).toHaveLength(1);
  expect(one.authorizations[0]?.has("resource")).toBe(false);
  expect(one.exchanges[0]?.body.has("resource")).toBe(false);
});

it("no secret is in the log, whatever goes wrong", async () => {
  one.say({ tokenError: { error: "invalid_client", error_description: "no" } });
  const { response, providerUrl } = await signInAt(server, "one", network);
  await response.text();
  const lines = JSON.stringify(server.lines);
  expect(lines).toContain("invalid_client");
  const exchange = one.exchanges[0]?.body;
  for (const secret of [
    CLIENT_SECRET,
    providerUrl.searchParams.get("state"),
    providerUrl.searchParams.get("nonce"),
    exchange?.get("code"),
    exchange?.get("code_verifier"),
  ]) {
    expect(secret).toBeTruthy();
    expect(lines).not.toContain(secret);
  }
});
