import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { parseAdmit } from "../../config/admit.ts";
import { declaredOptions } from "../../config/declared.ts";
import { namesSignIn } from "../../config/sign-in/environment.ts";
import { googleSignIn } from "../../config/sign-in/presets/google.ts";
import { oidcSignIn } from "../../config/sign-in/presets/oidc.ts";
import { optionsWithVariables } from "../../config/sign-in/sign-in-variables.ts";
import { ConfigurationError } from "../../core/errors.ts";
import { signInFromEnvironment } from "./environment.ts";
import { methodsIn } from "./second-factor.ts";
import { VARIABLE_METHODS } from "./variable-methods.ts";

type Variables = Readonly<Record<string, string>>;

const SECRET = "GOCSPX-do-not-show-me";
const GOOGLE = { SIGN_IN_GOOGLE_CLIENT_ID: "g", SIGN_IN_GOOGLE_CLIENT_SECRET: SECRET };
const OIDC = {
  SIGN_IN: "oidc",
  SIGN_IN_OIDC_ISSUER: "https://id.example.com",
  SIGN_IN_OIDC_CLIENT_ID: "o",
  SIGN_IN_OIDC_CLIENT_SECRET: SECRET,
};
const OKTA = { SIGN_IN: "okta", SIGN_IN_OKTA_DOMAIN: "acme.okta.com", SIGN_IN_OKTA_CLIENT_ID: "k" };
const ENTRA = { SIGN_IN: "entra", SIGN_IN_ENTRA_CLIENT_ID: "e", SIGN_IN_ENTRA_CLIENT_SECRET: SECRET };
const TENANT = "8f4b0c1e-3b52-4a6e-9d2a-6f1f0a7c5e21";
const KEYCLOAK = {
  SIGN_IN: "keycloak",
  SIGN_IN_KEYCLOAK_URL: "http://keycloak.corp:8080",
  SIGN_IN_KEYCLOAK_REALM: "acme",
  SIGN_IN_KEYCLOAK_CLIENT_ID: "k",
  SIGN_IN_KEYCLOAK_CLIENT_SECRET: SECRET,
};

const key = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;

describe("sign-in by environment", () => {
  it("can make each method whose misspelt variables are refused, and no other", () => {
    const names = VARIABLE_METHODS.map(({ name }) => name).join(", ");
    expect(() => signInFromEnvironment({ SIGN_IN: "carrier-pigeon" })).toThrow(`The methods are ${names}.`);
  });

  it("has the methods in the order of SIGN_IN", () => {
    const { signIn, admit } = signInFromEnvironment({
      SIGN_IN: "google, users,github",
      ...GOOGLE,
      SIGN_IN_GITHUB_CLIENT_ID: "h",
      SIGN_IN_GITHUB_CLIENT_SECRET: SECRET,
      SIGN_IN_ADMIT_EMAILS: "*@example.com",
    });
    expect(methodsIn(signIn).map(({ name, label, people }) => ({ name, label, people }))).toEqual([
      { name: "google", label: "Google", people: "public" },
      { name: "users", label: "your password", people: "own" },
      { name: "github", label: "GitHub", people: "public" },
    ]);
    expect(admit).toEqual({ emails: ["*@example.com"] });
  });

  it.each<[string, Variables, object]>([
    [
      "a restricted Google",
      { SIGN_IN: "google", ...GOOGLE, SIGN_IN_GOOGLE_HD: "example.com" },
      { people: "members" },
    ],
    [
      "Google's domains",
      { SIGN_IN: "google", ...GOOGLE, SIGN_IN_GOOGLE_HD: "a.com, b.com" },
      { people: "members" },
    ],
    ["a tenant", { ...ENTRA, SIGN_IN_ENTRA_TENANT: TENANT }, { people: "members", label: "Microsoft" }],
    ["several tenants", { ...ENTRA, SIGN_IN_ENTRA_TENANT: `${TENANT},${TENANT}` }, { people: "members" }],
    ["any company", { ...ENTRA, SIGN_IN_ENTRA_TENANT: "organizations" }, { people: "public" }],
    ["a PEM key", { ...OKTA, SIGN_IN_OKTA_PRIVATE_KEY: pem() }, { name: "okta" }],
    [
      "a PEM key in one line",
      { ...OKTA, SIGN_IN_OKTA_PRIVATE_KEY: pem().replaceAll("\n", "\\n") },
      { name: "okta" },
    ],
    ["a JSON Web Key", { ...OKTA, SIGN_IN_OKTA_PRIVATE_KEY: jwk() }, { name: "okta" }],
    [
      "members",
      { ...OIDC, SIGN_IN_OIDC_MEMBERS: "yes", SIGN_IN_OIDC_NAME: "acme" },
      { people: "members", name: "acme" },
    ],
    [
      "a mail server",
      {
        SIGN_IN: "magic_link",
        SIGN_IN_MAGIC_LINK_SMTP: "smtp://mail.example.com",
        SIGN_IN_MAGIC_LINK_FROM: "no-reply@example.com",
      },
      { name: "magic_link", label: "Email", people: "public", isOneFactor: true },
    ],
    ["mail on the terminal", { SIGN_IN: "magic_link" }, { name: "magic_link" }],
    ["a label", { ...OIDC, SIGN_IN_OIDC_LABEL: "Acme SSO" }, { label: "Acme SSO" }],
    [
      "http in a cluster",
      { ...KEYCLOAK, SIGN_IN_KEYCLOAK_ALLOW_INSECURE_ISSUER: "true" },
      { people: "members" },
    ],
  ])("takes %s", (_what, variables, expected) => {
    expect(signInFromEnvironment(variables).signIn).toEqual([expect.objectContaining(expected)]);
  });

  it("reads each option as its kind", () => {
    const settings = oidcSignIn.parseVariables(
      new Map(
        Object.entries({ issuer: "https://id.example.com", clientId: "o", clientSecret: SECRET }).map(
          ([option, value]) => [option, { variable: option, value }],
        ),
      ),
    );
    expect(settings).toMatchObject({ scopes: ["openid", "profile", "email"], leewaySeconds: 30 });
    const read = (option: string, text: string) => {
      const { variables = {} } =
        optionsWithVariables("oidc", oidcSignIn.options).find(({ path }) => path === option) ?? {};
      return Object.values(variables)[0]?.(text, {});
    };
    expect(read("scopes", "openid email, groups")).toEqual(["openid", "email", "groups"]);
    expect(read("parameters", "organization=org_1, x=a=b")).toEqual({ organization: "org_1", x: "a=b" });
    expect(read("profile", "department,locale")).toEqual(["department", "locale"]);
    expect(read("leewaySeconds", "5")).toBe(5);
    expect(read("endGrants", "on")).toBe(true);
  });

  it("has a variable for every option that text can say", () => {
    const without = declaredOptions({ ...oidcSignIn.options, ...googleSignIn.options })
      .filter(({ fromText }) => fromText === undefined)
      .map(({ path }) => path);
    expect(without).toEqual(["personId", "keepTokens"]);
  });

  it("counts an empty variable as none, as Docker Compose sets it, and leaves Kubernetes its own", () => {
    const variables = {
      SIGN_IN: "users",
      SIGN_IN_GOOGLE_CLIENT_ID: "",
      SIGN_IN_PORT: "tcp://10.0.0.1:80",
      SIGN_IN_SERVICE_HOST: "10.0.0.1",
    };
    expect(signInFromEnvironment(variables).signIn).toHaveLength(1);
  });
});

describe("a mistake in the environment", () => {
  const METHODS =
    "users, magic_link, oidc, google, entra, okta, auth0, keycloak, gitlab, scalekit, workos, github, saml, passkeys, totp";

  it.each<[Variables, string]>([
    [
      {},
      `SIGN_IN is missing; it must list the ways to sign in, such as SIGN_IN=users,google. The methods are ${METHODS}.`,
    ],
    [{ SIGN_IN: " , " }, "SIGN_IN is missing; it must list the ways to sign in"],
    [
      GOOGLE,
      "SIGN_IN is missing, and SIGN_IN_GOOGLE_CLIENT_ID is set; it must list the ways to sign in, such as SIGN_IN=google.",
    ],
    [{ SIGN_IN: "gogle" }, 'SIGN_IN lists "gogle", which is not a method. Did you mean google?'],
    [{ SIGN_IN: "microsoft" }, 'SIGN_IN lists "microsoft", which is not a method. Did you mean entra?'],
    [
      { SIGN_IN: "password" },
      `SIGN_IN lists "password", which needs code: write signIn: [password(checkUser)]. The methods without code are ${METHODS}.`,
    ],
    [{ SIGNIN: "users" }, "SIGNIN is not a variable of Gatehouse. Did you mean SIGN_IN?"],
    [{ SIGN_INN: "users,google" }, "SIGN_INN is not a variable of Gatehouse. Did you mean SIGN_IN?"],
    [{ sign_in: "google" }, "sign_in is not a variable of Gatehouse. Did you mean SIGN_IN?"],
    [
      { SIGN_IN: "users", SIGNIN_GOOGLE_CLIENT_ID: "g" },
      "SIGNIN_GOOGLE_CLIENT_ID is not a variable of Gatehouse. Did you mean SIGN_IN_GOOGLE_CLIENT_ID?",
    ],
    [{ SIGN_INN_GOOGLE_CLIENT_ID: "g" }, "Did you mean SIGN_IN_GOOGLE_CLIENT_ID?"],
    [{ sign_in_auth0_client_id: "a" }, "Did you mean SIGN_IN_AUTH0_CLIENT_ID?"],
    [{ SIGIN_IN_OIDC_ISSUER: "https://id.example.com" }, "Did you mean SIGN_IN_OIDC_ISSUER?"],
    [{ SIGN_IN: "google,google", ...GOOGLE }, "SIGN_IN lists google twice."],
    [
      { SIGN_IN: "users", ...GOOGLE },
      "SIGN_IN_GOOGLE_CLIENT_ID is set, and SIGN_IN does not list google. Write SIGN_IN=users,google, or remove the variable.",
    ],
    [
      { SIGN_IN: "google" },
      "SIGN_IN_GOOGLE_CLIENT_ID is missing; it must be the client ID that the provider gave you.",
    ],
    [
      { SIGN_IN: "google", SIGN_IN_GOOGLE_CLIENT_ID: "g" },
      "SIGN_IN_GOOGLE_CLIENT_SECRET is missing; it must be the client secret that the provider gave you.",
    ],
    [
      { SIGN_IN: "google", ...GOOGLE, SIGN_IN_GOOGLE_HD: "," },
      'SIGN_IN_GOOGLE_HD is an empty list; it must be a Google Workspace domain, such as "example.com", or a list of them.',
    ],
    [
      { SIGN_IN: "google", ...GOOGLE, SIGN_IN_GOOGLE_CLIENTID: "x" },
      "SIGN_IN_GOOGLE_CLIENTID is not a variable of Gatehouse. Did you mean SIGN_IN_GOOGLE_CLIENT_ID?",
    ],
    [
      { SIGN_IN: "google", ...GOOGLE, SIGN_IN_GOGLE_LABEL: "x" },
      "SIGN_IN_GOGLE_LABEL is not a variable of Gatehouse. Did you mean SIGN_IN_GOOGLE_LABEL?",
    ],
    [
      { SIGN_IN: "users", SIGN_IN_AZURE_CLIENT_ID: "x" },
      "SIGN_IN_AZURE_CLIENT_ID is not a variable of Gatehouse. Did you mean SIGN_IN_ENTRA_CLIENT_ID?",
    ],
    [
      { SIGN_IN: "google", ...GOOGLE, SIGN_IN_GOOGLE_GROUPS: "groups" },
      "SIGN_IN_GOOGLE_GROUPS is not a variable of Gatehouse. Those of google are: SIGN_IN_GOOGLE_CLIENT_ID,",
    ],
    [{ SIGN_IN: "users", SIGN_IN_USERS_FILE: "x" }, "users has no variables."],
    [
      { SIGN_IN_METHODS: "google" },
      `SIGN_IN_METHODS is not a variable of Gatehouse. SIGN_IN lists the methods (${METHODS}), and`,
    ],
    [
      { SIGN_IN: "google", ...GOOGLE, SIGN_IN_ADMIT_EMAIL: "*@example.com" },
      "SIGN_IN_ADMIT_EMAIL is not a variable of Gatehouse. Did you mean SIGN_IN_ADMIT_EMAILS?",
    ],
    [
      { ...OKTA, SIGN_IN_OKTA_DOMAIN: "https://acme.okta.com/x" },
      'SIGN_IN_OKTA_DOMAIN is "https://acme.okta.com/x"; it must be a host, such as "acme.okta.com".',
    ],
    [OKTA, "SIGN_IN_OKTA_CLIENT_SECRET is missing; give it, or SIGN_IN_OKTA_PRIVATE_KEY."],
    [
      { ...OKTA, SIGN_IN_OKTA_CLIENT_SECRET: SECRET, SIGN_IN_OKTA_PRIVATE_KEY: pem() },
      "SIGN_IN_OKTA_CLIENT_SECRET and SIGN_IN_OKTA_PRIVATE_KEY are both given. Keep one of them.",
    ],
    [
      { ...OKTA, SIGN_IN_OKTA_PRIVATE_KEY: SECRET },
      "SIGN_IN_OKTA_PRIVATE_KEY is not usable; it must be a private key",
    ],
    [
      { ...OIDC, SIGN_IN_OIDC_ISSUER: "http://id.example.com" },
      'SIGN_IN_OIDC_ISSUER is "http://id.example.com"; it must be an https:// URL ' +
        "(http:// on this computer only, unless SIGN_IN_OIDC_ALLOW_INSECURE_ISSUER is true).",
    ],
    [KEYCLOAK, 'SIGN_IN_KEYCLOAK_URL is "http://keycloak.corp:8080"; it must be an https:// URL'],
    [
      { ...OIDC, SIGN_IN_OIDC_MEMBERS: "maybe" },
      'SIGN_IN_OIDC_MEMBERS is "maybe"; it must be true or false.',
    ],
    [
      { ...OIDC, SIGN_IN_OIDC_SCOPES: "email" },
      'SIGN_IN_OIDC_SCOPES is a list; it must be a list of scopes with "openid"',
    ],
    [
      { ...OIDC, SIGN_IN_OIDC_PARAMETERS: "resource=https://x" },
      'SIGN_IN_OIDC_PARAMETERS names "resource"; it must be none of the parameters that Gatehouse sends itself.',
    ],
    [
      { ...OIDC, SIGN_IN_OIDC_PARAMETERS: "organization" },
      'SIGN_IN_OIDC_PARAMETERS is "organization"; it must be',
    ],
    [
      { ...OIDC, SIGN_IN_OIDC_LEEWAY_SECONDS: "301" },
      "SIGN_IN_OIDC_LEEWAY_SECONDS is 301; it must be a whole number of seconds from 0 to 300.",
    ],
    [
      { ...OIDC, SIGN_IN_OIDC_NAME: "Our SSO" },
      'SIGN_IN_OIDC_NAME is "Our SSO"; it must be lower-case letters, digits and hyphens, such as "google".',
    ],
    [
      { ...ENTRA, SIGN_IN_ENTRA_TENANT: "contoso.com" },
      'SIGN_IN_ENTRA_TENANT is "contoso.com"; it must be the Directory (tenant) ID, a list of them, "organizations" or "any".',
    ],
    [
      { ...ENTRA, SIGN_IN_ENTRA_TENANT: `${TENANT},any` },
      'SIGN_IN_ENTRA_TENANT is "any"; it must be the Directory',
    ],
    [
      {
        SIGN_IN: "github",
        SIGN_IN_GITHUB_CLIENT_ID: "h",
        SIGN_IN_GITHUB_CLIENT_SECRET: SECRET,
        SIGN_IN_GITHUB_GROUPS: "all",
      },
      'SIGN_IN_GITHUB_GROUPS is "all"; it must be "organizations" or "teams".',
    ],
  ])("%j stops the start with one sentence", (variables, sentence) => {
    const error = problemOf(() => signInFromEnvironment(variables));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error.message).toContain(sentence);
    expect(error.message).not.toContain(SECRET);
    expect(error.message).not.toContain("\n");
  });
});

describe("who may come in, by environment", () => {
  const given = (variables: Variables) => {
    const { signIn, admit } = signInFromEnvironment({ SIGN_IN: "google", ...GOOGLE, ...variables });
    // A server reads the environment of its process too, and there it says the same.
    return parseAdmit(admit, methodsIn(signIn), variables);
  };

  it("is what the lists say, and is not taken for something that the code says beside them", () => {
    const { rules } = given({
      SIGN_IN_ADMIT_DOMAINS: "example.com",
      SIGN_IN_DENY_EMAILS: "mallory@example.com",
    });
    expect(rules.isOpen).toBe(false);
    expect(rules.allow.domains).toHaveLength(1);
    expect(rules.deny.emails).toHaveLength(1);
    expect(given({ SIGN_IN_ADMIT: "anyone" }).rules.isOpen).toBe(true);
  });

  it.each<[Variables, string]>([
    [{}, "Anyone can make an account that signs in with google, so say who may come in"],
    [{ SIGN_IN_ADMIT_EMAILS: "," }, "SIGN_IN_ADMIT_EMAILS is an empty list"],
    [{ SIGN_IN_ADMIT_EMAILS: "everyone" }, 'SIGN_IN_ADMIT_EMAILS is "everyone"; it must be an address'],
    [
      { SIGN_IN_ADMIT: "true" },
      'SIGN_IN_ADMIT is "true"; it must be "anyone", or in code true; addresses go into emails (SIGN_IN_ADMIT_EMAILS).',
    ],
    [{ SIGN_IN_ADMIT_ANYONE: "true" }, "To let anyone in, write SIGN_IN_ADMIT=anyone."],
    [{ SIGN_IN_ADMIT_CHECK: "x" }, "admit.check is a function, and needs code."],
    [
      { SIGN_IN_ADMIT_GROUPS: "staff", SIGN_IN_DENY_GROUPS: "suspended" },
      "SIGN_IN_ADMIT_GROUPS and SIGN_IN_DENY_GROUPS would do nothing: google never says a person's groups.",
    ],
    [
      { SIGN_IN_ADMIT: "anyone", SIGN_IN_DENY_EMAILS: " , " },
      "SIGN_IN_DENY_EMAILS is an empty list; it must be left out or have an entry: an empty list keeps no one out.",
    ],
    [{ SIGN_IN_ADMIT: "anyone", SIGN_IN_DENY_DOMAINS: "," }, "SIGN_IN_DENY_DOMAINS is an empty list"],
    [{ SIGN_IN_ADMIT: "anyone", SIGN_IN_DENY_GROUPS: "," }, "SIGN_IN_DENY_GROUPS is an empty list"],
    [{ SIGN_IN_ADMIT: "anyone", SIGN_IN_DENY_CLAIMS: "," }, "an empty list keeps no one out"],
    [
      { SIGN_IN_ADMIT: "anyone", SIGN_IN_DENY: "e@x.org" },
      "SIGN_IN_DENY is not a variable of Gatehouse. The variables are: SIGN_IN_DENY_EMAILS, SIGN_IN_DENY_DOMAINS, SIGN_IN_DENY_GROUPS, SIGN_IN_DENY_CLAIMS.",
    ],
    [{ SIGN_IN_ADMIT: "anyone", SIGN_IN_DENY_EMAIL: "e@x.org" }, "Did you mean SIGN_IN_DENY_EMAILS?"],
    [{ SIGN_IN_ADMIT: "anyone", SIGNIN_DENY_EMAILS: "e@x.org" }, "Did you mean SIGN_IN_DENY_EMAILS?"],
    [{ SIGN_IN_ADMIT: "anyone", sign_in_deny_emails: "e@x.org" }, "Did you mean SIGN_IN_DENY_EMAILS?"],
    [
      { SIGN_IN_ADMIT: "anyone", GATEHOUSE_SIGN_IN_DENY_EMAILS: "e@x.org" },
      "Did you mean SIGN_IN_DENY_EMAILS?",
    ],
    [{ SIGN_IN_ADMIT: "anyone", SIGN_IN_DNEY_EMAILS: "e@x.org" }, "Did you mean SIGN_IN_DENY_EMAILS?"],
  ])("%j stops the start", (variables, sentence) => {
    expect(problemOf(() => given(variables)).message).toContain(sentence);
  });

  it("is read from the environment that was given, not from the one of the process", () => {
    const { signIn, admit } = signInFromEnvironment({ SIGN_IN: "google", ...GOOGLE });
    expect(() => parseAdmit(admit, methodsIn(signIn), { SIGN_IN_ADMIT: "anyone" })).toThrow(
      "say who may come in",
    );
  });
});

it.each([
  "SIGNING_KEY",
  "SIGNATURE",
  "SIGNING",
  "SIGNIN",
  "SIGNIN_URL",
  "SIGNUP_GOOGLE_CLIENT_ID",
  "SIGN_UP_GOOGLE_CLIENT_ID",
  "SIGNING_OKTA_PRIVATE_KEY",
  "SIGN_OUT_URL",
  "CLIENT_ID",
  "GOOGLE_CLIENT_ID",
  "OKTA_DOMAIN",
])("%s may be that of another program", (name) => {
  const { signIn, admit } = signInFromEnvironment({ SIGN_IN: "users", [name]: "x" });
  expect(() => parseAdmit(admit, methodsIn(signIn), { [name]: "x" })).not.toThrow();
});

describe("whether the environment says how people sign in", () => {
  it.each<[Variables, boolean]>([
    [{}, false],
    [{ SIGN_IN: "" }, false],
    [{ SIGN_IN: "users" }, true],
    [{ SIGN_IN_GOGLE_CLIENT_ID: "x" }, true],
    [{ SIGN_IN_ADMIT_EMAILS: "*@example.com" }, false],
    [{ SIGN_IN_PORT: "tcp://10.0.0.1:80" }, false],
  ])("%j: %s", (variables, expected) => {
    expect(namesSignIn(variables)).toBe(expected);
  });
});

function problemOf(act: () => unknown): Error {
  try {
    act();
  } catch (error) {
    return error as Error;
  }
  throw new Error("nothing was refused");
}

function pem(): string {
  return String(key.export({ type: "pkcs8", format: "pem" }));
}

function jwk(): string {
  return JSON.stringify(key.export({ format: "jwk" }));
}
