import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import {
  auth0,
  entra,
  github,
  gitlab,
  google,
  keycloak,
  oidc,
  okta,
  type SignInMethod,
  scalekit,
  workos,
} from "../../src/authorization-server/sign-in/index.ts";
import { startGithub } from "../support/sign-in/github-double.ts";
import { CLIENT_ID, CLIENT_SECRET, startIdentityDouble } from "../support/sign-in/identity-double.ts";
import { goToProvider, leadsTo, signInThere, startSignInServer } from "../support/sign-in/journey.ts";
import { type Network, openNetwork } from "../support/sign-in/network.ts";
import { startEntra, startGoogle } from "../support/sign-in/providers.ts";

const credentials = { clientId: CLIENT_ID, clientSecret: CLIENT_SECRET };
const TENANT = "8f4b0c1e-3b52-4a6e-9d2a-6f1f0a7c5e21";
const ENTRA = "https://login.microsoftonline.com";

type Provider = {
  readonly exchanges:
    | Awaited<ReturnType<typeof startIdentityDouble>>["exchanges"]
    | readonly URLSearchParams[];
};

/** A provider with this issuer, whose metadata are where OpenID Connect Discovery 1.0 §4 says. */
const at =
  (issuer: string, claims: Readonly<Record<string, unknown>> = {}) =>
  async (network: Network): Promise<Provider> => {
    const base = issuer.replace(/\/$/, "");
    const double = await startIdentityDouble({
      claims,
      urls: {
        issuer,
        metadata: `${base}/.well-known/openid-configuration`,
        authorize: `${base}/authorize`,
        token: `${base}/token`,
        jwks: `${base}/jwks`,
        userinfo: `${base}/userinfo`,
      },
    });
    network.add(new URL(issuer).origin, double.url);
    return double;
  };

type Row = {
  readonly method: SignInMethod;
  readonly start: (network: Network) => Promise<Provider>;
  /** Where people are sent. */
  readonly to: string;
  /** What is asked beside what is always asked. */
  readonly beside?: Readonly<Record<string, string>>;
  readonly scope?: string;
  /** How they are asked for another account. */
  readonly prompt?: string;
};

const ROWS: readonly Row[] = [
  {
    method: oidc({ issuer: "https://id.example.com/tenant", ...credentials }),
    start: at("https://id.example.com/tenant"),
    to: "https://id.example.com/tenant/authorize",
  },
  {
    method: google({ hd: "example.com", ...credentials }),
    start: (network) => startGoogle(network, { claims: { hd: "example.com" } }),
    to: "https://accounts.google.com/o/oauth2/v2/auth",
    beside: { hd: "example.com" },
    prompt: "select_account",
  },
  {
    method: entra({ tenant: TENANT, ...credentials }),
    start: (network) => startEntra(network, TENANT, { claims: { tid: TENANT, oid: "1" } }),
    to: `${ENTRA}/${TENANT}/oauth2/v2.0/authorize`,
    prompt: "select_account",
  },
  {
    method: okta({ domain: "acme.okta.com", ...credentials }),
    start: at("https://acme.okta.com"),
    to: "https://acme.okta.com/authorize",
  },
  {
    method: okta({ domain: "acme.okta.com", authorizationServerId: "default", name: "sso", ...credentials }),
    start: at("https://acme.okta.com/oauth2/default"),
    to: "https://acme.okta.com/oauth2/default/authorize",
  },
  {
    method: auth0({ domain: "acme.eu.auth0.com", parameters: { organization: "org_1" }, ...credentials }),
    // The slash at its end belongs to the issuer.
    start: at("https://acme.eu.auth0.com/"),
    to: "https://acme.eu.auth0.com/authorize",
    beside: { organization: "org_1" },
    prompt: "select_account",
  },
  {
    method: keycloak({ url: "https://sso.example.com", realm: "acme", ...credentials }),
    start: at("https://sso.example.com/realms/acme"),
    to: "https://sso.example.com/realms/acme/authorize",
  },
  {
    method: gitlab({ scopes: ["openid", "email"], ...credentials }),
    start: at("https://gitlab.com"),
    to: "https://gitlab.com/authorize",
    scope: "openid email",
  },
  {
    method: scalekit({
      environmentUrl: "https://acme.scalekit.com",
      organizationId: "org_1",
      ...credentials,
    }),
    start: at("https://acme.scalekit.com", { oid: "org_1" }),
    to: "https://acme.scalekit.com/authorize",
    beside: { organization_id: "org_1" },
  },
  {
    method: workos({ domain: "acme.authkit.app", ...credentials }),
    start: at("https://acme.authkit.app"),
    to: "https://acme.authkit.app/authorize",
  },
  {
    method: github(credentials),
    start: (network) => startGithub(network),
    to: "https://github.com/login/oauth/authorize",
    scope: "read:user user:email",
    prompt: "select_account",
  },
];

const table = ROWS.map((row) => [`${row.method.label} as ${row.method.name}`, row] as const);

it.each(table)("%s sends people to the provider, and takes them back", async (_, row) => {
  const { method, start, to, beside = {}, scope = "openid profile email" } = row;
  const network = openNetwork();
  const { exchanges } = await start(network);
  const server = await startSignInServer([method], network);
  const there = await goToProvider(server, method.name);
  const { providerUrl } = there;
  expect(`${providerUrl.origin}${providerUrl.pathname}`).toBe(to);
  const redirectUri = `https://mcp.example/oauth/callback/${method.name}`;
  expect(Object.fromEntries(providerUrl.searchParams)).toEqual({
    response_type: "code",
    client_id: CLIENT_ID,
    redirect_uri: redirectUri,
    scope,
    state: expect.stringMatching(/^[\w-]{43}$/),
    ...(method.name !== "github" && { nonce: expect.stringMatching(/^[\w-]{43}$/) }),
    code_challenge: expect.stringMatching(/^[\w-]{43}$/),
    code_challenge_method: "S256",
    ...beside,
  });

  const back = await there.browser.request((await signInThere(there, network)).href);
  expect(leadsTo(back)).toBe("/oauth/consent");
  const [exchange] = exchanges;
  const body = exchange && "body" in exchange ? exchange.body : exchange;
  expect(body?.get("redirect_uri")).toBe(redirectUri);
  const verifier = body?.get("code_verifier") ?? "";
  expect(createHash("sha256").update(verifier).digest("base64url")).toBe(
    providerUrl.searchParams.get("code_challenge"),
  );
  expect(body?.has("resource")).toBe(false);
});

it.each(table)("%s is asked for another account", async (_, { method, start, prompt = "login" }) => {
  const network = openNetwork();
  await start(network);
  const server = await startSignInServer([method], network);
  const { browser, state } = await goToProvider(server, method.name);
  const link = `/oauth/sign-in/${method.name}?${new URLSearchParams({ state, choose: "" })}`;
  const location = (await browser.request(link)).headers.get("location") ?? "";
  expect(new URL(location).searchParams.get("prompt")).toBe(prompt);
});

it("the redirect URI has the port of the public URL", async () => {
  const network = openNetwork();
  await startGithub(network);
  const server = await startSignInServer([github(credentials)], network, {
    publicUrl: "https://mcp.example:8443",
  });
  const { providerUrl } = await goToProvider(server, "github");
  expect(providerUrl.searchParams.get("redirect_uri")).toBe("https://mcp.example:8443/oauth/callback/github");
});
