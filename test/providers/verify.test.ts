import { afterEach, describe, expect, it } from "vitest";
import { type ProviderOptions, parseProviders } from "../../src/config/provider-options.ts";
import { fetchJson } from "../../src/platform/fetch-json.ts";
import { openProvider } from "../../src/resource-server/provider/provider-verifier.ts";
import { AUDIENCE, type Issuer, startIssuer } from "../support/issuer.ts";

const open: Issuer[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((issuer) => issuer.close()));
});

async function start(options: Partial<ProviderOptions> = {}) {
  const clock = { now: Date.UTC(2026, 10, 1) };
  const issuer = await startIssuer(() => clock.now);
  open.push(issuer);
  const [provider] = parseProviders({ issuer: issuer.url, audience: AUDIENCE, ...options }, AUDIENCE);
  const { verify } = openProvider(provider, { fetchJson, clock: () => clock.now });
  return { issuer, clock, verify, seconds: () => clock.now / 1000 };
}
const jwksAsked = (issuer: Issuer) => issuer.asked.get("/jwks") ?? 0;

describe("a token of the provider", () => {
  it("opens the door, with person, client, scopes and claims", async () => {
    const { issuer, verify } = await start();
    const token = await issuer.mint({ scope: "mcp todo:read", name: "Ada", extra: 1 });
    expect(await verify(token)).toMatchObject({
      kind: "verified",
      auth: {
        person: { id: "ada", name: "Ada" },
        client: { id: "client" },
        scopes: ["mcp", "todo:read"],
        claims: { extra: 1 },
      },
    });
  });

  it.each([
    ["typ JWT", {}, { typ: "JWT" }],
    ["no typ", {}, { typ: undefined }],
    ["several audiences", { aud: ["https://other.example", AUDIENCE] }, {}],
    ["a slash more in aud", { aud: `${AUDIENCE}/` }, {}],
    ["scp as a list", { scope: undefined, scp: ["mcp"] }, {}],
    ["permissions", { scope: undefined, permissions: ["mcp"] }, {}],
    ["azp for the client", { client_id: undefined, azp: "client" }, {}],
    ["cid for the client", { client_id: undefined, cid: "client" }, {}],
    ["a clock that is 29 s ahead", { iat: Date.UTC(2026, 10, 1) / 1000 + 29 }, {}],
  ])("with %s too", async (_name, claims, header) => {
    const { issuer, verify } = await start();
    expect(await verify(await issuer.mint(claims, header))).toMatchObject({
      kind: "verified",
      auth: { scopes: ["mcp"], client: { id: "client" } },
    });
  });
});

it.each([
  ["one of several", { aud: ["https://other.example", "second"] }, "second"],
  [
    "with a slash more, and not the first of them",
    { aud: ["https://other.example/", `${AUDIENCE}/`] },
    AUDIENCE,
  ],
  ["the one that is said first here, where it is for both", { aud: ["second", AUDIENCE] }, AUDIENCE],
])("what a token is for is the accepted audience that is in it: %s", async (_name, claims, audience) => {
  const { issuer, verify } = await start({ audience: [AUDIENCE, "second"] });
  expect(await verify(await issuer.mint(claims))).toMatchObject({ auth: { audience } });
});

it("times are those of the token, and the leeway is not among them", async () => {
  const { issuer, verify, seconds } = await start();
  const [iat, exp] = [seconds() - 5, seconds() + 60];
  expect(await verify(await issuer.mint({ iat, exp }))).toMatchObject({
    auth: { issuedAt: iat, expiresAt: exp },
    until: exp + 30,
  });
});

describe("a token that fails only one check is refused, with a reason for the log", () => {
  const at = Date.UTC(2026, 10, 1) / 1000;
  it.each([
    ["another issuer", { iss: "https://evil.example" }, {}, /wrong issuer: got https:\/\/evil\.example/],
    [
      "another audience",
      { aud: "https://other.example" },
      {},
      /wrong audience: got https:\/\/other\.example, this server is/,
    ],
    ["no audience", { aud: undefined }, {}, /wrong audience: got none/],
    ["an audience that is no text", { aud: [] }, {}, /wrong audience: got none/],
    ["our audiences in one text", { aud: `${AUDIENCE} x` }, {}, /wrong audience/],
    ["no exp", { exp: undefined }, {}, /exp/],
    ["exp as text", { exp: "soon" }, {}, /exp/],
    ["an end that has passed", { exp: at - 31 }, {}, /expired/],
    ["nbf in the future", { nbf: at + 31 }, {}, /nbf/],
    ["iat in the future", { iat: at + 31 }, {}, /iat/],
    ["no person", { sub: undefined }, {}, /no person/],
    ["a nonce, as ID tokens have", { nonce: "n" }, { typ: "JWT" }, /ID token/],
    ["token_use=id, as Cognito's have", { token_use: "id" }, {}, /token_use is "id"/],
    ["another typ", {}, { typ: "logout+jwt" }, /typ/],
    ["another kid", {}, { kid: "nobody" }, /unknown kid "nobody"/],
  ])("%s", async (_name, claims, header, why) => {
    const { issuer, verify } = await start();
    expect(await verify(await issuer.mint(claims, header))).toMatchObject({
      kind: "refused",
      why: expect.stringMatching(why),
    });
  });

  it("is logged with issuer and kid, no longer than a line however long a stranger made it", async () => {
    const { issuer, verify } = await start();
    const refused = await verify(await issuer.mint({}, { kid: "k".repeat(5000) }));
    expect(refused).toMatchObject({ about: { issuer: issuer.url, kid: "k".repeat(100) } });
    expect(JSON.stringify(refused).length).toBeLessThan(500);
  });

  it.each([
    ["no JWT", "opaque"],
    ["alg none", `${btoa('{"alg":"none"}').replaceAll("=", "")}.${btoa("{}").replaceAll("=", "")}.`],
    ["a symmetric alg", `${btoa('{"alg":"HS256","kid":"key-1"}').replaceAll("=", "")}.e30.AAAA`],
  ])("%s", async (_name, token) => {
    const { verify } = await start();
    expect(await verify(token)).toMatchObject({ kind: "refused" });
  });

  it("a signature of somebody else's", async () => {
    const { issuer, verify } = await start();
    await verify(await issuer.mint());
    await issuer.rotate(false);
    expect(await verify(await issuer.mint({}, { kid: "key-1" }))).toMatchObject({
      kind: "refused",
      why: "wrong signature",
    });
  });
});

describe("the provider's keys", () => {
  it("are fetched when the first token needs them, once for all that come together", async () => {
    const { issuer, verify } = await start();
    expect(issuer.asked.size).toBe(0);
    const tokens = await Promise.all(Array.from({ length: 20 }, () => issuer.mint()));
    await Promise.all(tokens.map(verify));
    expect(jwksAsked(issuer)).toBe(1);
  });

  it("are fetched again for an unknown kid, so a rotation needs no restart", async () => {
    const { issuer, clock, verify } = await start();
    await verify(await issuer.mint());
    // At once: providers may rotate right after their keys were fetched.
    await issuer.rotate();
    expect(await verify(await issuer.mint())).toMatchObject({ kind: "verified" });
    expect(jwksAsked(issuer)).toBe(2);
    await issuer.rotate();
    clock.now += 30_000;
    expect(await verify(await issuer.mint())).toMatchObject({ kind: "verified" });
    expect(jwksAsked(issuer)).toBe(3);
  });

  it.each(["one after the other", "all at once"])(
    "but fifty made-up kids are two fetches at the most, %s, before or after a good one",
    async (how) => {
      for (const first of ["a good one", "a made-up one"]) {
        const { issuer, clock, verify } = await start();
        if (first === "a good one") await verify(await issuer.mint());
        const tokens = await Promise.all(
          Array.from({ length: 50 }, (_, i) => issuer.mint({}, { kid: `made-up-${i}` })),
        );
        if (how === "all at once") await Promise.all(tokens.map(verify));
        else for (const token of tokens) await verify(token);
        expect(jwksAsked(issuer)).toBeLessThanOrEqual(2);
        // The budget comes back, and no faster than it says.
        clock.now += 29_000;
        await verify(tokens[0] ?? "");
        expect(jwksAsked(issuer)).toBeLessThanOrEqual(2);
      }
    },
  );

  it("serve on while the provider is down, however stale", async () => {
    const { issuer, clock, verify } = await start();
    await verify(await issuer.mint());
    issuer.down = true;
    clock.now += 7 * 86_400_000;
    expect(await verify(await issuer.mint())).toMatchObject({ kind: "verified" });
  });

  it("that cannot be had are an outage, never a bad token; and then they come back", async () => {
    const { issuer, clock, verify } = await start();
    issuer.down = true;
    await expect(verify(await issuer.mint())).rejects.toMatchObject({ code: "temporarily_unavailable" });
    issuer.down = false;
    clock.now += 6_000;
    expect(await verify(await issuer.mint())).toMatchObject({ kind: "verified" });
  });

  it("come from the provider's own document only (RFC 8414 §3.3)", async () => {
    const { issuer, verify } = await start();
    issuer.metadata.issuer = "https://somebody.example";
    await expect(verify(await issuer.mint())).rejects.toMatchObject({ code: "temporarily_unavailable" });
    expect(jwksAsked(issuer)).toBe(0);
  });

  it("are found where the provider redirects every path that it does not know, and nobody follows", async () => {
    const { issuer, verify } = await start();
    issuer.nowhere = 302;
    expect(await verify(await issuer.mint())).toMatchObject({ kind: "verified" });
    expect(issuer.asked.get("/sign-in")).toBeUndefined();
  });

  it("can be named without discovery", async () => {
    const issuer = await startIssuer();
    open.push(issuer);
    const [provider] = parseProviders(
      { issuer: issuer.url, audience: AUDIENCE, jwksUri: `${issuer.url}/jwks` },
      AUDIENCE,
    );
    const { verify } = openProvider(provider, { fetchJson, clock: Date.now });
    expect(await verify(await issuer.mint())).toMatchObject({ kind: "verified" });
    expect([...issuer.asked.keys()]).toEqual(["/jwks"]);
  });
});

describe("opaque tokens (RFC 7662)", () => {
  const introspection = { clientId: "rs", clientSecret: "s+cret" };
  const active = (issuer: Issuer, seconds: number, more = {}) => ({
    active: true,
    iss: issuer.url,
    aud: AUDIENCE,
    sub: "ada",
    client_id: "client",
    scope: "mcp",
    exp: seconds + 600,
    ...more,
  });

  it("are asked about, once for all that come together", async () => {
    const { issuer, verify, seconds } = await start({ introspection });
    issuer.opaque.set("good", active(issuer, seconds()));
    const answers = await Promise.all([1, 2, 3].map(() => verify("good")));
    expect(answers[0]).toMatchObject({ kind: "verified", auth: { person: { id: "ada" }, scopes: ["mcp"] } });
    expect(issuer.asked.get("/introspect")).toBe(1);
  });

  it.each([
    ["inactive", {}, { active: false }],
    ["for another audience", { aud: "https://other.example" }, undefined],
    ["without an audience", { aud: undefined }, undefined],
    ["over", { exp: 1 }, undefined],
    ["of another issuer", { iss: "https://evil.example" }, undefined],
  ])("are refused where they are %s", async (_name, more, whole) => {
    const { issuer, verify, seconds } = await start({ introspection });
    issuer.opaque.set("bad", whole ?? active(issuer, seconds(), more));
    expect(await verify("bad")).toMatchObject({ kind: "refused" });
  });

  it("are believed for a minute, or as long as is said, and never past their end", async () => {
    for (const [cacheSeconds, lives, believed] of [
      [undefined, 600, 60],
      [300, 600, 300],
      [300, 20, 20],
      [0, 600, 0],
    ] as const) {
      const { issuer, verify, seconds } = await start({ introspection: { ...introspection, cacheSeconds } });
      issuer.opaque.set("good", active(issuer, seconds(), { exp: seconds() + lives }));
      expect(await verify("good")).toMatchObject({ kind: "verified", until: seconds() + believed });
    }
  });

  it("are an outage where our own credentials are wrong or the provider is down", async () => {
    const wrong = await start({ introspection: { ...introspection, clientSecret: "wrong" } });
    await expect(wrong.verify("any")).rejects.toMatchObject({
      detail: expect.stringContaining("client id and secret"),
    });
    const down = await start({ introspection });
    down.issuer.down = true;
    await expect(down.verify("any")).rejects.toMatchObject({ code: "temporarily_unavailable" });
  });
});

describe("what is said about a provider", () => {
  const parse = (given: unknown) => () => parseProviders(given as ProviderOptions, AUDIENCE);
  it.each([
    [{ issuer: "https://idp.example" }, /The audience is missing\. .*"https:\/\/mcp\.example\/mcp"/],
    [
      { issuer: "http://idp.example", audience: "x" },
      /^issuer is "http:\/\/idp\.example"; it must be an https/,
    ],
    [{ issuer: "idp", audience: "x" }, /^issuer/],
    [{ issuer: "https://idp.example", audience: [] }, /^audience/],
    [
      { issuer: "https://idp.example", audience: "x", jwkUri: 1 },
      /jwkUri is not an option\. Did you mean jwksUri/,
    ],
    [{ issuer: "https://idp.example", audience: "x", leewaySeconds: 9999 }, /^leewaySeconds is 9999/],
    [
      {
        issuer: "https://idp.example",
        audience: "x",
        introspection: { clientId: "a", clientSecret: "b", cacheSeconds: -1 },
      },
      /^introspection\.cacheSeconds is -1; it must be a whole number of seconds from 0 to 3600/,
    ],
    [[], /no provider/],
  ])("%j is refused", (given, message) => {
    expect(parse(given)).toThrow(message);
  });
});
