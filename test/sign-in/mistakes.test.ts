import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import * as signIn from "../../src/authorization-server/sign-in/index.ts";
import { ConfigurationError } from "../../src/core/errors.ts";
import { silentLog } from "../../src/platform/logging.ts";
import { createOAuthServer, type SignIn } from "../../src/server/create-oauth-server.ts";
import { ACME } from "../support/sign-in/saml-journey.ts";

const { auth0, entra, github, google, keycloak, oidc, okta, password, saml, users } = signIn;

const SECRET = "do-not-show-me";
const CLIENT = { clientId: "c", clientSecret: SECRET };
const OIDC = { issuer: "https://id.example.com", ...CLIENT, members: true };
const TENANT = "8f4b0c1e-3b52-4a6e-9d2a-6f1f0a7c5e21";
const check = () => null;

/** What is wrong in code that no compiler sees, or that it was told to let through. */
const wrong = (given: unknown) => given as never;

/** Starts a server as a program does. */
async function start(access: () => unknown): Promise<void> {
  const server = createOAuthServer("my-app", access() as SignIn, {
    database: ":memory:",
    port: 0,
    log: silentLog,
    handleSignals: false,
  });
  try {
    await server.listen();
  } finally {
    await server.close();
  }
}

describe("a mistake in the code stops the start with one sentence", () => {
  it.each<[string, () => unknown, string]>([
    ["no method", () => ({ signIn: [] }), "signIn is an empty list; it must be a list of sign-in methods"],
    [
      "a method alone",
      () => ({ signIn: users() }),
      "signIn is an object; it must be a list of sign-in methods",
    ],
    [
      "a name of a method",
      () => ({ signIn: ["users"] }),
      'signIn[0] is "users"; it must be a sign-in method',
    ],
    [
      "one that takes no name twice",
      () => ({ signIn: [users(), users()] }),
      'signIn has two methods with the name "users". Keep one of them.',
    ],
    ["a misspelt signIn", () => ({ signin: [users()] }), "it has signin. Did you mean signIn?"],
    ["a function of a method", () => ({ signIn: [users] }), "signIn[0] is a function: call it, users()."],
    [
      "an option beside signIn",
      () => ({ signIn: [users()], port: 3 }),
      "The second argument has port, which is not one of signIn and admit. Options are the third argument.",
    ],
    [
      "no access",
      () => undefined,
      "The second argument is missing. Give checkUser(username, password), { signIn: [users()] }",
    ],
    [
      "two of one name",
      () => ({ signIn: [oidc(OIDC), oidc(OIDC)] }),
      'signIn has two methods with the name "oidc". Give one of them another name.',
    ],
    [
      "two names by hand",
      () => ({ signIn: [oidc({ ...OIDC, name: "google" }), google(CLIENT)], admit: "anyone" }),
      'signIn has two methods with the name "google".',
    ],
    [
      "two password forms",
      () => ({ signIn: [users(), password(check)] }),
      "signIn has users() and password(), which both take a username and a password. Keep one of them.",
    ],
    [
      "Google and no admit",
      () => ({ signIn: [google(CLIENT)] }),
      "Anyone can make an account that signs in with google",
    ],
    [
      "GitHub and no admit",
      () => ({ signIn: [users(), github(CLIENT)] }),
      "signs in with github, so say who may come in",
    ],
    [
      "any company and no admit",
      () => ({ signIn: [entra({ ...CLIENT, tenant: "organizations" })] }),
      "signs in with entra",
    ],
    [
      "Auth0 and no admit",
      () => ({ signIn: [auth0({ ...CLIENT, domain: "a.auth0.com" })] }),
      "signs in with auth0",
    ],
    [
      "only deny",
      () => ({ signIn: [google(CLIENT)], admit: { deny: { emails: ["eve@a.com"] } } }),
      "so say who may come in",
    ],
    [
      "an empty list",
      () => ({ signIn: [google(CLIENT)], admit: { emails: [] } }),
      "admit.emails is an empty list",
    ],
    [
      "a list that limits no one",
      () => ({ signIn: [users()], admit: { domains: ["example.com"] } }),
      "admit.domains would do nothing",
    ],
    [
      "a misspelled list",
      () => ({ signIn: [google(CLIENT)], admit: { email: ["a@b.com"] } }),
      "admit.email is not an option. Did you mean emails?",
    ],
    [
      "no options",
      () => ({ signIn: [google(wrong(undefined))] }),
      "google: the options are missing; they must be an object",
    ],
    [
      "Google's any domain",
      () => ({ signIn: [google({ ...CLIENT, hd: "*" })] }),
      'google: hd is "*"; it must be',
    ],
    [
      "words for a domain",
      () => ({ signIn: [google({ ...CLIENT, hd: "not a domain" })] }),
      'google: hd is "not a domain"; it must be a Google Workspace domain, such as "example.com"',
    ],
    [
      "the end of an address",
      () => ({ signIn: [google({ ...CLIENT, hd: ["example.com", "@example.com"] })] }),
      "it must be a Google Workspace domain",
    ],
    [
      "Okta's admin console",
      () => ({ signIn: [okta({ ...CLIENT, domain: "https://acme-admin.okta.com" })] }),
      'okta: domain is "https://acme-admin.okta.com"; it must be your Okta domain without "-admin"',
    ],
    [
      "an issuer with a query",
      () => ({ signIn: [oidc({ ...OIDC, issuer: "https://id.example.com/?tenant=1" })] }),
      "it must be the provider's issuer, which has no query and no fragment.",
    ],
    [
      "the algorithm of a secret",
      () => ({ signIn: [oidc({ ...OIDC, algorithm: "none" })] }),
      "oidc: algorithm is for privateKey, and clientSecret is given.",
    ],
    [
      "the key id of a secret",
      () => ({ signIn: [okta({ ...CLIENT, domain: "acme.okta.com", keyId: "k1" })] }),
      "okta: keyId is for privateKey, and clientSecret is given.",
    ],
    [
      "a short RSA key",
      () => {
        const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 1024 });
        return { signIn: [okta({ domain: "acme.okta.com", clientId: "c", privateKey })] };
      },
      "okta: privateKey is an RSA key of 1024 bits, which can be broken; it must have 2048 or more.",
    ],
    [
      "no client ID",
      () => ({ signIn: [google(wrong({}))] }),
      "google: clientId is missing; it must be the client ID",
    ],
    [
      "an empty client ID",
      () => ({ signIn: [google({ clientId: "", clientSecret: SECRET })] }),
      "google: clientId is empty; it must be the client ID that the provider gave you.",
    ],
    [
      "an empty secret",
      () => ({ signIn: [google({ clientId: "c", clientSecret: "" })] }),
      "google: clientSecret is empty; it must be the client secret that the provider gave you.",
    ],
    [
      "no secret and no key",
      () => ({ signIn: [oidc({ ...OIDC, clientSecret: undefined })] }),
      "oidc: clientSecret is missing; give it, or privateKey.",
    ],
    [
      "a secret and a key",
      () => ({ signIn: [okta({ ...CLIENT, domain: "a.okta.com", privateKey: SECRET })] }),
      "okta: clientSecret and privateKey are both given. Keep one of them.",
    ],
    [
      "a key that is none",
      () => ({ signIn: [okta({ clientId: "c", domain: "a.okta.com", privateKey: SECRET })] }),
      "okta: privateKey is not usable; it must be a private key",
    ],
    [
      "an http issuer",
      () => ({ signIn: [oidc({ ...OIDC, issuer: "http://id.example.com" })] }),
      'oidc: issuer is "http://id.example.com"; it must be an https:// URL',
    ],
    [
      "http at Keycloak",
      () => ({ signIn: [keycloak({ ...CLIENT, url: "http://kc.corp", realm: "a" })] }),
      'keycloak: url is "http://kc.corp"; it must be an https:// URL',
    ],
    [
      "the dangerous option by name",
      () => ({ signIn: [oidc(wrong({ ...OIDC, allowInsecureIssuer: true }))] }),
      "oidc: allowInsecureIssuer is a symbol, so that it can be found.",
    ],
    [
      "a tenant by name",
      () => ({ signIn: [entra({ ...CLIENT, tenant: "contoso.com" })] }),
      'entra: tenant is "contoso.com"; it must be the Directory (tenant) ID',
    ],
    [
      "no tenant",
      () => ({ signIn: [entra(wrong(CLIENT))] }),
      "entra: tenant is missing; it must be the Directory (tenant) ID",
    ],
    [
      "tenants, and none",
      () => ({ signIn: [entra({ ...CLIENT, tenant: [] })] }),
      "entra: tenant is an empty list; it must be",
    ],
    [
      "a tenant among others",
      () => ({ signIn: [entra({ ...CLIENT, tenant: [TENANT, "contoso"] })] }),
      'entra: tenant[1] is "contoso"; it must be the Directory (tenant) ID, a GUID',
    ],
    [
      "domains, and none",
      () => ({ signIn: [google({ ...CLIENT, hd: [] })] }),
      "google: hd is an empty list; it must be a Google Workspace domain",
    ],
    [
      "a misspelled option",
      () => ({ signIn: [google(wrong({ ...CLIENT, clientid: "c" }))] }),
      "google: clientid is not an option. Did you mean clientId?",
    ],
    [
      "an option of another provider",
      () => ({ signIn: [google(wrong({ ...CLIENT, tenant: TENANT }))] }),
      "google: tenant is not an option. The options are: clientId,",
    ],
    [
      "groups of Google",
      () => ({ signIn: [google(wrong({ ...CLIENT, groups: "groups" }))] }),
      "google: groups is not an option.",
    ],
    [
      "text for yes",
      () => ({ signIn: [oidc(wrong({ ...OIDC, members: "true" }))] }),
      'oidc: members is "true"; it must be true or false, without quotes.',
    ],
    ...["users", "password", "passkeys", "totp", "upstreams"].flatMap(
      (name): [string, () => unknown, string][] => [
        [
          `the name of ${name}() for a provider`,
          () => ({ signIn: [oidc({ ...OIDC, name })] }),
          `oidc: name is "${name}"; it must be a name other than users, password, passkeys, totp, upstreams.`,
        ],
        [
          `the name of ${name}() for a company`,
          () => ({ signIn: [saml({ ...ACME, name })] }),
          `saml: name is "${name}"; it must be a name other than users, password, passkeys, totp, upstreams.`,
        ],
      ],
    ),
    [
      "a name with a slash",
      () => ({ signIn: [oidc({ ...OIDC, name: "../login" })] }),
      'oidc: name is "../login"; it must be lower-case letters, digits and hyphens',
    ],
    [
      "scopes without openid",
      () => ({ signIn: [oidc({ ...OIDC, scopes: ["email"] })] }),
      'oidc: scopes is a list; it must be a list of scopes with "openid"',
    ],
    [
      "a parameter that is ours",
      () => ({ signIn: [oidc({ ...OIDC, parameters: { redirect_uri: "https://evil.example" } })] }),
      'oidc: parameters names "redirect_uri"; it must be none of the parameters that Gatehouse sends itself.',
    ],
    [
      "no function",
      () => ({ signIn: [oidc(wrong({ ...OIDC, personId: "sub" }))] }),
      'oidc: personId is "sub"; it must be a function.',
    ],
    [
      "no check",
      () => ({ signIn: [password(wrong(undefined))] }),
      "password: checkUser is missing; it must be a function",
    ],
  ])("%s", async (_what, access, sentence) => {
    const error = await start(access).then(
      () => undefined,
      (problem: unknown) => problem,
    );
    expect(error).toBeInstanceOf(ConfigurationError);
    const { message } = error as Error;
    expect(message).toContain(sentence);
    expect(message).not.toContain(SECRET);
    expect(message).not.toContain("\n");
  });
});
