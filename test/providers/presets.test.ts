import { afterEach, describe, expect, it } from "vitest";
import { type ProviderOptions, parseProviders } from "../../src/config/provider-options.ts";
import { protect } from "../../src/index.ts";
import { fetchJson } from "../../src/platform/fetch-json.ts";
import { silentLog } from "../../src/platform/logging.ts";
import { auth0 } from "../../src/providers/auth0.ts";
import { cognito } from "../../src/providers/cognito.ts";
import { descope } from "../../src/providers/descope.ts";
import { entra } from "../../src/providers/entra.ts";
import { generic } from "../../src/providers/generic.ts";
import { google } from "../../src/providers/google.ts";
import { PRESETS } from "../../src/providers/index.ts";
import { keycloak } from "../../src/providers/keycloak.ts";
import { okta } from "../../src/providers/okta.ts";
import { scalekit } from "../../src/providers/scalekit.ts";
import { supabase } from "../../src/providers/supabase.ts";
import { workos } from "../../src/providers/workos.ts";
import { openProvider } from "../../src/resource-server/provider/provider-verifier.ts";
import { AUDIENCE, type Issuer, startIssuer } from "../support/issuer.ts";

const NOW = Date.UTC(2026, 10, 1);
const SECONDS = NOW / 1000;
const TENANT = "8f4b0c1e-3b52-4a6e-9d2a-6f1f0a7c5e21";
const API = "c2a9d4f6-70b1-4e58-a1de-0b6f6f1d9a33";
const GRAPH = "00000003-0000-0000-c000-000000000000";
const GOOGLE_CLIENT = "1234-abc.apps.googleusercontent.com";

const open: Issuer[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((issuer) => issuer.close()));
});

/** The provider's own strings, but that its documents and keys are on this computer. */
async function start(options: ProviderOptions) {
  const issuer = await startIssuer(() => NOW);
  open.push(issuer);
  issuer.metadata.issuer = options.issuer;
  const here: ProviderOptions = {
    ...options,
    metadataUrl: `${issuer.url}/.well-known/openid-configuration`,
    ...(options.jwksUri !== undefined && { jwksUri: `${issuer.url}/jwks` }),
    ...(options.tokeninfo !== undefined && { tokeninfo: `${issuer.url}/tokeninfo` }),
  };
  const [provider] = parseProviders(here, AUDIENCE);
  const { verify } = openProvider(provider, { fetchJson, clock: () => NOW });
  return { issuer, here, verify };
}

type Claims = Readonly<Record<string, unknown>>;
/** Nothing of the local issuer's own habits. */
const BARE: Claims = { client_id: undefined, scope: undefined, jti: undefined };

type Case = {
  readonly options: ProviderOptions;
  readonly header: Claims;
  readonly token: Claims;
  readonly means: { readonly person: string; readonly client: string; readonly scopes: readonly string[] };
  /** Other shapes that are right too. */
  readonly also?: Readonly<Record<string, Claims>>;
  /** One change each, and why it is refused. */
  readonly not: Readonly<Record<string, readonly [Claims, RegExp]>>;
};

const OKTA = okta({ domain: "acme.okta.com", audience: AUDIENCE });
const AUTH0 = auth0({ domain: "acme.eu.auth0.com", audience: AUDIENCE });
const ENTRA = entra({ tenant: TENANT, clientId: API, applicationIdUri: AUDIENCE });
const COGNITO = cognito({ userPoolId: "eu-central-1_AbCd", audience: AUDIENCE });
const COGNITO_CLIENTS = cognito({
  userPoolId: "eu-central-1_AbCd",
  clientIds: ["app1"],
  resourceServerId: AUDIENCE,
});
const KEYCLOAK = keycloak({ url: "https://sso.example.com/", realm: "acme", audience: AUDIENCE });
const SCALEKIT = scalekit({ environmentUrl: "https://acme.scalekit.com/", resourceId: "res_1" });
const WORKOS = workos({ domain: "https://acme.authkit.app/", audience: AUDIENCE });
const DESCOPE = descope({ projectId: "P1", mcpServerId: "MS1", audience: AUDIENCE });
const SUPABASE = supabase({ projectUrl: "https://abc.supabase.co", audience: AUDIENCE });
const GENERIC = generic({ issuer: "https://idp.example.com", audience: AUDIENCE });

const CASES: Readonly<Record<string, Case>> = {
  okta: {
    options: OKTA,
    header: { typ: undefined },
    token: {
      iss: "https://acme.okta.com/oauth2/default",
      ver: 1,
      aud: AUDIENCE,
      cid: "0oa1",
      uid: "00u1",
      scp: ["openid", "todo:read"],
      sub: "ada@acme.com",
    },
    means: { person: "00u1", client: "0oa1", scopes: ["openid", "todo:read"] },
    not: {
      "of the org authorization server": [{ iss: "https://acme.okta.com" }, /wrong issuer/],
      "for another authorization server's audience": [{ aud: "api://default" }, /wrong audience/],
      "an ID token": [{ aud: "0oa1", nonce: "n", scp: undefined }, /ID token/],
    },
  },
  auth0: {
    options: AUTH0,
    header: { typ: "JWT" },
    token: {
      iss: "https://acme.eu.auth0.com/",
      aud: [AUDIENCE, "https://acme.eu.auth0.com/userinfo"],
      azp: "app1",
      scope: "openid todo:read",
      permissions: ["todo:read", "todo:delete"],
      sub: "auth0|1",
    },
    means: { person: "auth0|1", client: "app1", scopes: ["openid", "todo:read"] },
    also: {
      "in the dialect of RFC 9068": {
        azp: undefined,
        client_id: "app1",
        scope: "openid todo:read",
        permissions: undefined,
      },
      "with permissions only": { scope: undefined, permissions: ["openid", "todo:read"] },
    },
    not: {
      "whose issuer lacks its slash": [{ iss: "https://acme.eu.auth0.com" }, /wrong issuer/],
      "for another API": [{ aud: "https://other.example/api" }, /wrong audience/],
      "for nothing but the profile": [{ aud: "https://acme.eu.auth0.com/userinfo" }, /wrong audience/],
      "an ID token": [{ aud: "app1", scope: undefined, permissions: undefined }, /not an access token/],
    },
  },
  "entra, version 2": {
    options: ENTRA,
    header: { typ: "JWT" },
    token: {
      iss: `https://login.microsoftonline.com/${TENANT}/v2.0`,
      aud: API,
      azp: "app1",
      azpacr: "0",
      scp: "todo:read todo:write",
      sub: "pairwise",
      oid: "oid1",
      tid: TENANT,
      ver: "2.0",
    },
    means: { person: "pairwise", client: "app1", scopes: ["todo:read", "todo:write"] },
    also: {
      "of a person with roles, which are no scopes": { roles: ["Admin"] },
      "of a program, whose roles are its scopes": { scp: undefined, roles: ["todo:read", "todo:write"] },
    },
    not: {
      "of another tenant": [
        { iss: "https://login.microsoftonline.com/00000000-0000-0000-0000-000000000000/v2.0" },
        /wrong issuer/,
      ],
      "for Microsoft Graph": [{ aud: GRAPH }, /wrong audience/],
      "of a program that nobody gave anything to": [
        { idtyp: "app", scp: undefined, roles: undefined },
        /none of scp, roles is present/,
      ],
      "an ID token of the same application": [
        { azp: undefined, azpacr: undefined, scp: undefined, roles: ["todo:read"] },
        /not an access token/,
      ],
    },
  },
  "entra, version 1": {
    options: ENTRA,
    header: { typ: "JWT", x5t: "key-1" },
    token: {
      iss: `https://sts.windows.net/${TENANT}/`,
      aud: AUDIENCE,
      appid: "app1",
      appidacr: "1",
      scp: "todo:read",
      sub: "pairwise",
      unique_name: "ada@acme.com",
      ver: "1.0",
    },
    means: { person: "pairwise", client: "app1", scopes: ["todo:read"] },
    also: { "for the client ID": { aud: API } },
    not: {
      "of another tenant": [
        { iss: "https://sts.windows.net/00000000-0000-0000-0000-000000000000/" },
        /wrong issuer/,
      ],
      "for another API": [{ aud: "api://other" }, /wrong audience/],
      "an ID token of the same application": [
        { aud: API, appid: undefined, appidacr: undefined, scp: undefined },
        /not an access token/,
      ],
    },
  },
  "cognito, by resource": {
    options: COGNITO,
    header: { typ: undefined },
    token: {
      iss: "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbCd",
      aud: AUDIENCE,
      client_id: "app1",
      token_use: "access",
      scope: `openid ${AUDIENCE}/todo:read https://other.example/todo:write`,
      sub: "s1",
      username: "ada",
    },
    // Another server's scope stays another server's.
    means: {
      person: "s1",
      client: "app1",
      scopes: ["openid", "todo:read", "https://other.example/todo:write"],
    },
    not: {
      "of another pool": [
        { iss: "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Other" },
        /wrong issuer/,
      ],
      "for another resource": [{ aud: "https://other.example" }, /wrong audience/],
      "for no resource": [{ aud: undefined }, /wrong audience/],
      "an ID token": [{ token_use: "id", aud: "app1", client_id: undefined }, /token_use is "id"/],
      "a refresh token": [{ token_use: "refresh" }, /token_use is "refresh"/],
    },
  },
  "cognito, by client": {
    options: COGNITO_CLIENTS,
    header: { typ: undefined },
    token: {
      iss: "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbCd",
      aud: undefined,
      client_id: "app1",
      token_use: "access",
      scope: `${AUDIENCE}/todo:read`,
      sub: "s1",
    },
    means: { person: "s1", client: "app1", scopes: ["todo:read"] },
    not: {
      "of another client": [{ client_id: "app2" }, /wrong audience: got app2/],
      "of no client": [{ client_id: undefined }, /wrong audience/],
      "of another client, though for this one": [{ client_id: "app2", aud: "app1" }, /wrong audience/],
      "an ID token": [{ token_use: "id", aud: "app1", client_id: undefined }, /token_use is "id"/],
      "a refresh token": [{ token_use: "refresh" }, /token_use is "refresh"/],
    },
  },
  keycloak: {
    options: KEYCLOAK,
    header: { typ: "JWT" },
    token: {
      iss: "https://sso.example.com/realms/acme",
      aud: [AUDIENCE, "account"],
      azp: "app1",
      typ: "Bearer",
      scope: "openid todo:read",
      sub: "s1",
      realm_access: { roles: ["offline_access"] },
    },
    means: { person: "s1", client: "app1", scopes: ["openid", "todo:read"] },
    also: {
      "with one audience": { aud: AUDIENCE },
      "with a nonce, where the client sent one": { nonce: "n", at_hash: "h" },
    },
    not: {
      "of another realm": [{ iss: "https://sso.example.com/realms/master" }, /wrong issuer/],
      "without the mapper": [{ aud: "account" }, /wrong audience: got account/],
      "without any audience": [{ aud: undefined }, /wrong audience/],
      "an ID token, whose mapper was too generous": [{ typ: "ID" }, /typ is "ID"/],
      "a refresh token": [{ typ: "Refresh" }, /typ is "Refresh"/],
      "a logout token": [{ typ: "Logout" }, /typ is "Logout"/],
    },
  },
  scalekit: {
    options: SCALEKIT,
    header: { typ: "JWT" },
    token: {
      iss: "https://acme.scalekit.com/resources/res_1",
      aud: ["res_1", AUDIENCE],
      client_id: "m2m_1",
      scope: "todo:read",
      sub: "usr_1",
    },
    means: { person: "usr_1", client: "m2m_1", scopes: ["todo:read"] },
    also: {
      "whose issuer is the environment": { iss: "https://acme.scalekit.com" },
      "with a list of scopes": { scope: undefined, scopes: ["todo:read"] },
    },
    not: {
      "of another environment": [{ iss: "https://other.scalekit.com" }, /wrong issuer/],
      "of another resource": [{ iss: "https://acme.scalekit.com/resources/res_2" }, /wrong issuer/],
      "for another resource": [{ aud: ["res_2"] }, /wrong audience: got res_2/],
    },
  },
  workos: {
    options: WORKOS,
    header: { typ: "JWT" },
    token: {
      iss: "https://acme.authkit.app",
      aud: AUDIENCE,
      client_id: "client_1",
      scope: "openid profile",
      sub: "user_1",
      sid: "session_1",
      org_id: "org_1",
    },
    means: { person: "user_1", client: "client_1", scopes: ["openid", "profile"] },
    not: {
      "of a web session": [{ iss: "https://api.workos.com/user_management/client_1" }, /wrong issuer/],
      "for the whole environment": [{ aud: "client_1" }, /wrong audience: got client_1/],
    },
  },
  descope: {
    options: DESCOPE,
    header: { typ: "JWT" },
    token: {
      iss: "https://api.descope.com/v1/apps/agentic/P1/MS1",
      aud: ["TPA1", "P1", AUDIENCE],
      azp: "TPA1",
      scope: "todo:read",
      sub: "U1",
    },
    means: { person: "U1", client: "TPA1", scopes: ["todo:read"] },
    also: { "whose issuer is the project": { iss: "https://api.descope.com/v1/apps/P1" } },
    not: {
      "of another project": [{ iss: "https://api.descope.com/v1/apps/P2" }, /wrong issuer/],
      "of another MCP server": [{ iss: "https://api.descope.com/v1/apps/agentic/P1/MS2" }, /wrong issuer/],
      "for the whole project": [{ aud: ["TPA1", "P1"] }, /wrong audience/],
    },
  },
  supabase: {
    options: SUPABASE,
    header: { typ: "JWT" },
    token: {
      iss: "https://abc.supabase.co/auth/v1",
      aud: AUDIENCE,
      client_id: "c1",
      role: "authenticated",
      session_id: "s",
      email: "ada@acme.com",
      sub: "u1",
    },
    means: { person: "u1", client: "c1", scopes: [] },
    also: {},
    not: {
      "of another project": [{ iss: "https://xyz.supabase.co/auth/v1" }, /wrong issuer/],
      "as they are without the hook": [{ aud: "authenticated" }, /wrong audience: got authenticated/],
      "of a web session": [{ client_id: undefined }, /not an access token/],
    },
  },
  generic: {
    options: GENERIC,
    header: { typ: "at+jwt" },
    token: {
      iss: "https://idp.example.com",
      aud: AUDIENCE,
      client_id: "c1",
      scope: "todo:read",
      sub: "u1",
    },
    means: { person: "u1", client: "c1", scopes: ["todo:read"] },
    not: {
      "of another issuer": [{ iss: "https://idp.example.com/" }, /wrong issuer/],
      "for another server": [{ aud: "https://other.example" }, /wrong audience/],
    },
  },
};

describe.each(Object.entries(CASES))(
  "a token of %s",
  (_name, { options, header, token, means, also, not }) => {
    const meant = {
      kind: "verified",
      auth: { person: { id: means.person }, client: { id: means.client }, scopes: means.scopes },
    };

    it("opens the door", async () => {
      const { issuer, verify } = await start(options);
      expect(await verify(await issuer.mint({ ...BARE, ...token }, header))).toMatchObject(meant);
    });

    it.each(Object.entries(also ?? {}))("opens it too: %s", async (_what, change) => {
      const { issuer, verify } = await start(options);
      expect(await verify(await issuer.mint({ ...BARE, ...token, ...change }, header))).toMatchObject(meant);
    });

    it.each(Object.entries(not))("is refused: %s", async (_what, [change, why]) => {
      const { issuer, verify } = await start(options);
      expect(await verify(await issuer.mint({ ...BARE, ...token, ...change }, header))).toMatchObject({
        kind: "refused",
        why: expect.stringMatching(why),
      });
    });
  },
);

it("there is a token of every preset here", () => {
  const covered = new Set(Object.keys(CASES).map((name) => name.split(",")[0]));
  expect([...PRESETS.keys()].filter((name) => !covered.has(name))).toEqual(["google"]);
});

describe("a token of google", () => {
  const GOOGLE = google({ clientIds: GOOGLE_CLIENT });
  const info = {
    azp: GOOGLE_CLIENT,
    aud: GOOGLE_CLIENT,
    sub: "1084",
    scope: "openid https://www.googleapis.com/auth/userinfo.email",
    exp: String(SECONDS + 3599),
    expires_in: "3599",
    email: "ada@example.com",
    email_verified: "true",
    access_type: "online",
  };
  async function tell(said: object | undefined, token = "ya29.a0Af") {
    const world = await start(GOOGLE);
    if (said) world.issuer.opaque.set(token, said);
    return { ...world, answer: () => world.verify(token) };
  }

  it("opens the door, asked about once for all that come together", async () => {
    const { issuer, answer } = await tell(info);
    const answers = await Promise.all([answer(), answer(), answer()]);
    expect(answers[0]).toMatchObject({
      kind: "verified",
      auth: {
        person: { id: "1084", email: "ada@example.com" },
        client: { id: GOOGLE_CLIENT },
        scopes: info.scope.split(" "),
        issuer: "https://accounts.google.com",
        expiresAt: SECONDS + 3599,
      },
    });
    expect(issuer.asked.get("/tokeninfo")).toBe(1);
  });

  it.each([
    ["unknown", undefined, /not active/],
    ["of another client", { ...info, aud: "other.apps.googleusercontent.com" }, /wrong audience/],
    ["over", { ...info, exp: String(SECONDS - 31) }, /expired/],
    ["of nobody, because openid was not asked for", { ...info, sub: undefined }, /no person/],
  ])("is refused: %s", async (_what, said, why) => {
    const { answer } = await tell(said);
    expect(await answer()).toMatchObject({ kind: "refused", why: expect.stringMatching(why) });
  });

  it("is refused where it is an ID token, and Google is not even asked", async () => {
    const { issuer, verify } = await start(GOOGLE);
    const token = await issuer.mint({ ...BARE, iss: GOOGLE.issuer, aud: GOOGLE_CLIENT, sub: "1084" });
    issuer.opaque.set(token, info);
    expect(await verify(token)).toMatchObject({ kind: "refused" });
    expect(issuer.asked.get("/tokeninfo")).toBeUndefined();
  });

  it("is an outage where Google is down, or answers without an end", async () => {
    const down = await tell(info);
    down.issuer.down = true;
    await expect(down.answer()).rejects.toMatchObject({ code: "temporarily_unavailable" });
    const endless = await tell({ ...info, exp: undefined });
    await expect(endless.answer()).rejects.toMatchObject({ code: "temporarily_unavailable" });
  });

  it("is looked at by the guard as an opaque one", async () => {
    const { issuer, here } = await tell(info);
    const { guard } = protect({ ...here, resource: AUDIENCE, log: silentLog, clock: () => NOW });
    const ask = (token: string) =>
      guard(new Request(AUDIENCE, { headers: { authorization: `Bearer ${token}` } }));
    expect(await ask("ya29.a0Af")).toMatchObject({ person: { id: "1084" } });
    expect(await ask("ya29.other")).toMatchObject({ status: 401 });
    expect(issuer.asked.get("/tokeninfo")).toBe(2);
  });
});

describe("scopes with the server's name before them", () => {
  it("stand so in challenges and documents, and not in the server's own code", async () => {
    const { issuer, here } = await start(ENTRA);
    const { guard, metadata, requireScopes } = protect({
      ...here,
      resource: AUDIENCE,
      supportedScopes: ["todo:read", "todo:write"],
      requiredScopes: ["todo:read"],
      log: silentLog,
      clock: () => NOW,
    });
    const challenge = async (token?: string) => {
      const answer = await guard(
        new Request(AUDIENCE, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }),
      );
      return answer instanceof Response ? answer.headers.get("www-authenticate") : answer;
    };
    expect(await challenge()).toContain(`scope="${AUDIENCE}/todo:read"`);
    const document = await metadata(new Request(new URL("/.well-known/oauth-protected-resource", AUDIENCE)));
    expect(await document?.json()).toMatchObject({ scopes_supported: [`${AUDIENCE}/todo:read`] });

    const { token, header } = CASES["entra, version 2"] as Case;
    const auth = await challenge(await issuer.mint({ ...BARE, ...token, scp: "todo:read" }, header));
    if (auth === null || typeof auth === "string") throw new Error("refused");
    expect(requireScopes(auth, "todo:read")).toBeUndefined();
    expect(requireScopes(auth, "todo:write")?.headers.get("www-authenticate")).toContain(
      `scope="${AUDIENCE}/todo:read ${AUDIENCE}/todo:write"`,
    );
  });
});

describe("the exact strings", () => {
  it.each([
    [
      "okta",
      OKTA,
      {
        issuer: "https://acme.okta.com/oauth2/default",
        metadataUrl: "https://acme.okta.com/oauth2/default/.well-known/oauth-authorization-server",
      },
    ],
    [
      "auth0",
      AUTH0,
      {
        issuer: "https://acme.eu.auth0.com/",
        metadataUrl: "https://acme.eu.auth0.com/.well-known/openid-configuration",
      },
    ],
    [
      "entra",
      entra({ tenant: TENANT.toUpperCase(), clientId: API }),
      {
        issuer: `https://login.microsoftonline.com/${TENANT}/v2.0`,
        issuerAliases: [`https://sts.windows.net/${TENANT}/`],
        audience: [API, `api://${API}`],
        scopePrefix: `api://${API}/`,
        metadataUrl: `https://login.microsoftonline.com/${TENANT}/v2.0/.well-known/openid-configuration`,
      },
    ],
    ["google", google({ clientIds: "a" }), { tokeninfo: "https://oauth2.googleapis.com/tokeninfo" }],
    [
      "cognito in China",
      cognito({ userPoolId: "cn-north-1_AbCd", audience: AUDIENCE }),
      { issuer: "https://cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_AbCd" },
    ],
    [
      "keycloak below a path",
      keycloak({ url: "https://sso.example.com/auth", realm: "acme", audience: AUDIENCE }),
      {
        issuer: "https://sso.example.com/auth/realms/acme",
        metadataUrl: "https://sso.example.com/auth/realms/acme/.well-known/openid-configuration",
      },
    ],
    [
      "scalekit",
      scalekit({ environmentUrl: "https://acme.scalekit.com", resourceId: "res_1", audience: AUDIENCE }),
      {
        issuer: "https://acme.scalekit.com/resources/res_1",
        audience: ["res_1", AUDIENCE],
        jwksUri: "https://acme.scalekit.com/keys",
      },
    ],
    [
      "workos",
      WORKOS,
      { issuer: "https://acme.authkit.app", jwksUri: "https://acme.authkit.app/oauth2/jwks" },
    ],
    ["descope", DESCOPE, { jwksUri: "https://api.descope.com/P1/.well-known/jwks.json" }],
    [
      "supabase",
      SUPABASE,
      {
        issuer: "https://abc.supabase.co/auth/v1",
        jwksUri: "https://abc.supabase.co/auth/v1/.well-known/jwks.json",
        metadataUrl: "https://abc.supabase.co/.well-known/oauth-authorization-server/auth/v1",
      },
    ],
  ])("of %s", (_name, options, expected) => {
    expect(options).toMatchObject(expected);
  });
});

describe("a wrong value is refused with a sentence", () => {
  it.each<readonly [() => unknown, RegExp]>([
    [() => okta({ audience: AUDIENCE } as never), /^domain is missing; it must be a host, such as/],
    [() => okta({ domain: "acme.okta.com/oauth2/default", audience: AUDIENCE }), /^domain is "acme/],
    [() => okta({ domain: "acme.okta.com" } as never), /^audience is missing/],
    [
      () => okta({ domain: "acme.okta.com", audience: AUDIENCE, authorizationServerId: "../x" }),
      /^authorizationServerId is/,
    ],
    [() => okta({ domain: "a.b", audience: AUDIENCE, domian: "x" } as never), /Did you mean domain\?$/],
    [() => okta(undefined as never), /^domain is missing/],
    [() => auth0("acme" as never), /^The values must be an object with domain, audience\.$/],
    [() => entra({ tenant: "common", clientId: API }), /^tenant is "common"; it must be the Directory/],
    [
      () => entra({ tenant: TENANT, clientId: API, applicationIdUri: `${AUDIENCE}/` }),
      /^applicationIdUri is .* without a slash at its end\.$/,
    ],
    [() => google({ clientIds: [] }), /^clientIds is an empty list/],
    [() => cognito({ userPoolId: "AbCd", audience: AUDIENCE }), /^userPoolId is "AbCd"/],
    [() => cognito({ userPoolId: "eu-west-1_A" }), /^The audience is missing/],
    [
      () => cognito({ userPoolId: "eu-west-1_A", audience: AUDIENCE, clientIds: "x" }),
      /^audience and clientIds are both given/,
    ],
    [() => keycloak({ url: "http://sso.example.com", realm: "acme", audience: AUDIENCE }), /^url is "http:/],
    [
      () => keycloak({ url: "https://sso.example.com", realm: "a/b", audience: AUDIENCE }),
      /^realm is "a\/b"/,
    ],
    [() => scalekit({ environmentUrl: "acme", resourceId: "res_1" }), /^environmentUrl is "acme"/],
    [
      () => supabase({ projectUrl: "https://abc.supabase.co", audience: "authenticated" }),
      /^audience is "authenticated"; .* every token of the project/,
    ],
    [() => generic({ issuer: "idp", audience: AUDIENCE }), /^issuer is "idp"/],
  ])("%s", (make, sentence) => {
    expect(make).toThrow(sentence);
    expect(make).toThrow(expect.objectContaining({ name: "ConfigurationError" }));
  });
});
