import { afterEach, describe, expect, it } from "vitest";
import type { ProviderOptions } from "../../src/config/provider-options.ts";
import { type Claims, openWay, WAYS, type Way } from "../support/ways.ts";

// Who and what a token's claims say, whichever way they come to be known.

const NOW = Date.UTC(2026, 10, 1);
const SECONDS = NOW / 1000;
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function present(way: Way, claims: Claims, options: Partial<ProviderOptions> = {}) {
  const opened = await openWay(way, NOW, options);
  closing.push(opened.issuer.close);
  return opened.present(claims);
}

describe.each(WAYS)("%s", (way) => {
  describe("a person's id is text, or a number that JSON holds exactly", () => {
    it.each([
      ["ada", "ada"],
      [7, "7"],
      [0, "0"],
      [Number.MAX_SAFE_INTEGER, "9007199254740991"],
      ["9007199254740993", "9007199254740993"],
    ])("%j", async (sub, id) => {
      expect(await present(way, { sub })).toMatchObject({ kind: "verified", auth: { person: { id } } });
    });

    // Two of these are one number to JSON: two people would become one.
    it.each([9007199254740992, 2 ** 53 + 2, -(2 ** 53), 1.5, 1e300])("not %d", async (sub) => {
      for (const person of ["sub", ["sub", "email"]]) {
        expect(await present(way, { sub, email: "ada@example.com" }, { claims: { person } })).toMatchObject({
          kind: "refused",
          why: `no person: sub is ${sub}, and an id must be text or a whole number up to ${Number.MAX_SAFE_INTEGER}`,
        });
      }
    });

    it.each([{ id: 1 }, ["ada"], true])("nor %j, though another claim has one", async (sub) => {
      expect(
        await present(way, { sub, email: "ada@example.com" }, { claims: { person: ["sub", "email"] } }),
      ).toMatchObject({ kind: "refused", why: expect.stringMatching(/^no person: sub is (object|boolean)/) });
    });

    it("nor is a client's, of which nothing else is known then", async () => {
      expect(await present(way, { client_id: 9007199254740992 })).toMatchObject({
        kind: "verified",
        auth: { client: { id: "" } },
      });
      expect(await present(way, { client_id: 12 })).toMatchObject({ auth: { client: { id: "12" } } });
    });
  });

  it.each([
    [undefined, true],
    [null, true],
    [true, true],
    ["true", true],
    [false, false],
    ["false", false],
    [0, false],
    ["no", false],
  ])("an address with email_verified %j is the person's: %j", async (email_verified, isTheirs) => {
    const answer = await present(way, { email: "ada@example.com", email_verified });
    expect(answer).toMatchObject({ kind: "verified" });
    expect(answer.kind === "verified" && answer.auth.person.email).toBe(
      isTheirs ? "ada@example.com" : undefined,
    );
  });

  describe("a claim may be nested", () => {
    it("and is found by its path, unless there is one of exactly that name", async () => {
      const claims = { scopes: "realm_access.roles" };
      const nested = { realm_access: { roles: ["todo:read", 7, "todo:write"] } };
      expect(await present(way, nested, { claims })).toMatchObject({
        auth: { scopes: ["todo:read", "todo:write"] },
      });
      expect(await present(way, { ...nested, "realm_access.roles": "mcp" }, { claims })).toMatchObject({
        auth: { scopes: ["mcp"] },
      });
      // Null is absent, also where it has exactly that name.
      expect(await present(way, { ...nested, "realm_access.roles": null }, { claims })).toMatchObject({
        auth: { scopes: ["todo:read", "todo:write"] },
      });
    });

    it("also below a name with dots, as Auth0's have", async () => {
      const claims = { scopes: "https://acme.example/app.roles", person: "https://acme.example/user.id" };
      const named = { "https://acme.example/app": { roles: "mcp" }, "https://acme.example/user.id": "ada-1" };
      expect(await present(way, named, { claims })).toMatchObject({
        auth: { scopes: ["mcp"], person: { id: "ada-1" } },
      });
    });

    it("for the person, the client and the audience too, and a list stays a list of alternatives", async () => {
      const options: Partial<ProviderOptions> = {
        audience: "res-1",
        claims: {
          person: ["user.uid", "sub"],
          client: ["app.id", "client_id"],
          audience: "resource.id",
          scopes: ["rights.here", "scope"],
        },
      };
      const nested = { user: { uid: 12 }, app: { id: "a-1" }, resource: { id: ["res-1"] }, rights: null };
      expect(await present(way, nested, options)).toMatchObject({
        auth: { person: { id: "12" }, client: { id: "a-1" }, audience: "res-1", scopes: ["mcp"] },
      });
      expect(await present(way, { ...nested, user: {}, app: "a-1" }, options)).toMatchObject({
        auth: { person: { id: "ada" }, client: { id: "client" } },
      });
      expect(await present(way, { ...nested, resource: { id: "res-2" } }, options)).toMatchObject({
        kind: "refused",
        why: expect.stringContaining("wrong audience: got res-2"),
      });
    });

    it.each(["constructor.name", "scope.length", "realm_access.0", "realm_access.constructor.name"])(
      "and %s is no path: only members that were sent are looked at",
      async (path) => {
        const claims = { scopes: path };
        expect(await present(way, { realm_access: ["mcp"] }, { claims })).toMatchObject({
          auth: { scopes: [] },
        });
      },
    );
  });

  describe("a claim that is null is not there", () => {
    it.each(["nbf", "jti", "iat"])("%s", async (name) => {
      expect(await present(way, { [name]: null })).toMatchObject({ kind: "verified" });
    });

    it("so that without an audience nothing opens", async () => {
      expect(await present(way, { aud: null })).toMatchObject({
        kind: "refused",
        why: expect.stringContaining("wrong audience: got none"),
      });
      expect(await present(way, { sub: null })).toMatchObject({
        kind: "refused",
        why: expect.stringMatching(/^no person/),
      });
    });
  });

  it.each<[Claims, string]>([
    [{ jti: 7 }, "jti is number"],
    [{ aud: 7 }, "aud is number"],
    [{ aud: ["x", 7] }, "aud is object"],
    [{ iss: ["x"] }, "iss is object"],
    [{ exp: "soon" }, 'exp is "soon"'],
    [{ exp: {} }, "exp is object"],
    [{ nbf: true }, "nbf is boolean"],
    [{ iat: "2026-11-01T00:00:00Z" }, 'iat is "2026-11-01T00:00:00Z"'],
  ])("%j is refused, and the log names the claim", async (claims, what) => {
    const answer = await present(way, claims);
    expect(answer).toMatchObject({ kind: "refused", why: expect.stringContaining(what) });
  });
});

describe.each(["by introspection", "by verify"] as const)("times %s", (way) => {
  it("may be text that is a number", async () => {
    const exp = SECONDS + 40;
    expect(
      await present(way, { exp: `${exp}`, iat: `${SECONDS - 5}`, nbf: `${SECONDS - 5}.5` }),
    ).toMatchObject({ kind: "verified", auth: { expiresAt: exp, issuedAt: SECONDS - 5 }, until: exp });
    expect(await present(way, { exp: `${SECONDS - 31}` })).toMatchObject({ why: "the token has expired" });
    expect(await present(way, { nbf: `${SECONDS + 31}` })).toMatchObject({ why: "nbf is in the future" });
    expect(await present(way, { iat: `${SECONDS + 31}` })).toMatchObject({ why: "iat is in the future" });
  });

  it.each([0, "0", null, undefined])("exp %j is no end that is known: believed for a minute", async (exp) => {
    expect(await present(way, { exp })).toMatchObject({
      kind: "verified",
      auth: { expiresAt: SECONDS + 60 },
      until: SECONDS + 60,
    });
  });

  it.each([1, -1, "-1"])("but exp %j is one", async (exp) => {
    expect(await present(way, { exp })).toMatchObject({ kind: "refused" });
  });

  it("an issuer that is null is the provider's", async () => {
    expect(await present(way, { iss: null })).toMatchObject({ kind: "verified" });
    expect(await present(way, { iss: "https://evil.example" })).toMatchObject({ kind: "refused" });
  });
});

describe("times of a JWT, which are numbers (RFC 7519 §2)", () => {
  it.each<[Claims, RegExp]>([
    [{ exp: `${SECONDS + 60}` }, /exp is "\d+"/],
    [{ exp: null }, /exp is missing/],
    [{ exp: undefined }, /exp is missing/],
    [{ exp: 0 }, /expired/],
    [{ iss: null }, /iss is missing/],
  ])("%j is refused", async (claims, why) => {
    expect(await present("as a JWT", claims)).toMatchObject({
      kind: "refused",
      why: expect.stringMatching(why),
    });
  });
});
