import { afterEach, describe, expect, it } from "vitest";
import type { ProviderOptions } from "../../src/config/provider-options.ts";
import { entra } from "../../src/providers/entra.ts";
import { AUDIENCE } from "../support/issuer.ts";
import { type Claims, openWay, WAYS, type Way } from "../support/ways.ts";

// What an access token must show, whichever way its claims come to be known.

const NOW = Date.UTC(2026, 10, 1);
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function present(
  way: Way,
  claims: Claims,
  header: Claims = {},
  options: Partial<ProviderOptions> = {},
) {
  const opened = await openWay(way, NOW, options);
  closing.push(opened.issuer.close);
  return opened.present(claims, header);
}

/** No kind, and nothing that an access token would show. */
const BARE: Claims = { scope: undefined, client_id: undefined };
const PLAIN = { typ: "JWT" };

describe.each(WAYS)("%s", (way) => {
  describe("a stated kind that is not an access token's refuses, whatever else is there", () => {
    it.each<[Claims, string]>([
      [{ token_use: "refresh_token" }, 'token_use is "refresh_token"'],
      [{ token_use: "refresh" }, 'token_use is "refresh"'],
      [{ token_use: "id" }, 'token_use is "id"'],
      [{ token_type: "refresh_token" }, 'token_type is "refresh_token"'],
      [{ token_type: "DPoP" }, 'token_type is "DPoP"'],
      [{ token_type: "id_token" }, 'token_type is "id_token"'],
      [{ typ: "Refresh" }, 'the claim typ is "Refresh"'],
      [{ typ: "Offline" }, 'the claim typ is "Offline"'],
      [{ typ: "Logout" }, 'the claim typ is "Logout"'],
      [{ typ: "ID" }, 'the claim typ is "ID"'],
      [{ typ: "JWT" }, 'the claim typ is "JWT"'],
      [{ typ: "Bearer", token_use: "refresh" }, 'token_use is "refresh"'],
      [{ token_type: "Bearer", typ: "Refresh" }, 'the claim typ is "Refresh"'],
      [{ typ: 7 }, "the claim typ is number"],
      [{ token_use: ["access"] }, "token_use is object"],
      [{ token_type: false }, "token_type is boolean"],
    ])("%j", async (claims, why) => {
      expect(await present(way, claims, PLAIN)).toMatchObject({
        kind: "refused",
        why: `not an access token: ${why}`,
      });
    });
  });

  describe("an access token's kind is enough by itself", () => {
    it.each<[Claims]>([
      [{ typ: "Bearer" }],
      [{ typ: "bearer" }],
      [{ typ: "at+jwt" }],
      [{ token_use: "access" }],
      [{ token_use: "access_token" }],
      [{ token_type: "Bearer" }],
      [{ token_type: "access_token" }],
      [{ token_type: "access", token_use: null }],
    ])("%j", async (claims) => {
      expect(await present(way, { ...BARE, ...claims }, PLAIN)).toMatchObject({ kind: "verified" });
    });
  });

  describe("what ID tokens have refuses, unless an access token's kind is stated", () => {
    it.each(["nonce", "at_hash", "c_hash"])("%s", async (name) => {
      const sign = { [name]: "x" };
      expect(await present(way, sign, PLAIN)).toMatchObject({
        kind: "refused",
        why: `not an access token: it has ${name}, as ID tokens do, and states no kind`,
      });
      // Keycloak and authentik put it into access tokens too.
      expect(await present(way, { ...sign, typ: "Bearer" }, PLAIN)).toMatchObject({ kind: "verified" });
      expect(await present(way, { ...sign, token_use: "access" }, PLAIN)).toMatchObject({ kind: "verified" });
      expect(await present(way, { [name]: null }, PLAIN)).toMatchObject({ kind: "verified" });
      expect(await present(way, { ...sign, typ: "ID" }, PLAIN)).toMatchObject({ kind: "refused" });
    });
  });

  describe("without a kind, one of the claims of access tokens must be there", () => {
    it.each<[Claims]>([
      [{ scope: "mcp" }],
      [{ scope: "" }],
      [{ scp: ["mcp"] }],
      [{ permissions: [] }],
      [{ client_id: "c" }],
      [{ cid: "c" }],
    ])("%j is enough", async (claims) => {
      expect(await present(way, { ...BARE, ...claims }, PLAIN)).toMatchObject({ kind: "verified" });
    });

    it.each<[Claims]>([[{}], [{ azp: "c" }], [{ roles: ["mcp"] }], [{ scope: null, client_id: null }]])(
      "%j is not",
      async (claims) => {
        expect(await present(way, { ...BARE, ...claims }, PLAIN)).toMatchObject({
          kind: "refused",
          why:
            "not an access token: it states no kind, and none of scope, scp, permissions, client_id, cid is present " +
            "(the option accessTokenClaims names others)",
        });
      },
    );

    it("unless the options name others, which must then be there: one, or one of each list", async () => {
      const one = { accessTokenClaims: ["azp", "uti"] };
      expect(await present(way, { ...BARE, azp: "c" }, PLAIN, one)).toMatchObject({ kind: "verified" });
      expect(await present(way, { typ: "Bearer", scope: "mcp" }, PLAIN, one)).toMatchObject({
        kind: "refused",
        why: "not an access token: none of azp, uti is present",
      });
      const each = { accessTokenClaims: [["azp"], ["realm_access.roles", "scp"]] };
      const roles = { realm_access: { roles: ["mcp"] } };
      expect(await present(way, { ...BARE, azp: "c", ...roles }, PLAIN, each)).toMatchObject({
        kind: "verified",
      });
      for (const [claims, missing] of [
        [{ azp: "c" }, "realm_access.roles, scp"],
        [roles, "azp"],
      ] as const) {
        expect(await present(way, claims, PLAIN, each)).toMatchObject({
          kind: "refused",
          why: `not an access token: none of ${missing} is present`,
        });
      }
    });
  });

  it.each([{ jkt: "x" }, { "x5t#S256": "x" }, {}, "x"])(
    "a token that is bound to a key is no bearer token: cnf %j",
    async (cnf) => {
      expect(await present(way, { cnf })).toMatchObject({
        kind: "refused",
        why: "the token is bound to a key (cnf), and this server does not check the proof of that key",
      });
      expect(await present(way, { cnf: null })).toMatchObject({ kind: "verified" });
    },
  );

  describe("Entra's must name their client, and say what it may do", () => {
    const tenant = "8f4b0c1e-3b52-4a6e-9d2a-6f1f0a7c5e21";
    const clientId = "c2a9d4f6-70b1-4e58-a1de-0b6f6f1d9a33";
    const options = entra({ tenant, clientId, applicationIdUri: AUDIENCE });
    const app = { ...BARE, iss: options.issuer, aud: clientId, azp: "app1", idtyp: "app", sub: "oid" };

    it("idtyp app with roles is let in, without roles it is not", async () => {
      expect(await present(way, { ...app, roles: ["todo:read"] }, PLAIN, options)).toMatchObject({
        kind: "verified",
        auth: { scopes: ["todo:read"], client: { id: "app1" } },
      });
      expect(await present(way, app, PLAIN, options)).toMatchObject({
        kind: "refused",
        why: "not an access token: none of scp, roles is present",
      });
      expect(await present(way, { ...app, azp: undefined, scp: "x" }, PLAIN, options)).toMatchObject({
        kind: "refused",
        why: "not an access token: none of azp, appid is present",
      });
    });
  });
});

describe("the type in the header of a JWT", () => {
  const headed = (header: Claims, claims: Claims) => present("as a JWT", claims, header);

  it.each(["at+jwt", "application/at+jwt", "AT+JWT", "Bearer"])("%s states the kind", async (typ) => {
    expect(await headed({ typ }, { ...BARE, nonce: "n", at_hash: "h" })).toMatchObject({ kind: "verified" });
  });

  it.each(["JWT", "jwt", "application/jwt", undefined, ""])("%j states none", async (typ) => {
    expect(await headed({ typ }, {})).toMatchObject({ kind: "verified" });
    expect(await headed({ typ }, BARE)).toMatchObject({ kind: "refused" });
    expect(await headed({ typ }, { nonce: "n" })).toMatchObject({ kind: "refused" });
  });

  it.each([
    ["logout+jwt", '"logout+jwt"'],
    ["refresh", '"refresh"'],
    ["secevent+jwt", '"secevent+jwt"'],
    ["dpop+jwt", '"dpop+jwt"'],
    [7, "number"],
    [["Refresh"], "object"],
  ])("%j is another kind, and no key is fetched to say so", async (typ, shown) => {
    const { issuer, present: presentHere } = await openWay("as a JWT", NOW);
    closing.push(issuer.close);
    expect(await presentHere({}, { typ })).toMatchObject({
      kind: "refused",
      why: `not an access token: typ is ${shown}`,
    });
    expect(issuer.asked.get("/jwks")).toBeUndefined();
  });
});
